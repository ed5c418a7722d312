import { MethodHook } from '../../core/tool/method-hook.js';
import { shared, Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import { isTypeOrmsOwnRead } from './own-call.js';
import type { TypeOrmDataSource, TypeOrmDriver } from './typeorm.interface.js';

/** The part of a data source's hook that does not depend on the driver. */
export abstract class DataSourceHook {
  /** A data source can be initialised again. */
  readonly hasEnded = false;
  /** The type of the data source. */
  readonly kind: string;
  protected readonly driver: TypeOrmDriver;
  private readonly destroyWork = new Subscriptions<() => Promise<void>>();

  constructor(dataSource: TypeOrmDataSource) {
    this.driver = dataSource.driver;
    this.kind = dataSource.options?.type ?? 'data source';
    const method = new MethodHook(dataSource, 'destroy', (original) => async (...args) => {
      await Promise.all(this.destroyWork.list.map((work) => work()));
      return original.apply(dataSource, args);
    });
    this.destroyWork.each(
      shared(() => {
        method.putIn();
        return () => void method.takeOut();
      }),
    );
  }

  isOwnRead(text: string): boolean {
    return isTypeOrmsOwnRead(text);
  }

  /** Independent of the order in which Nest closes its modules. */
  beforeDestroy(work: () => Promise<void>): Undo {
    return this.destroyWork.add(work);
  }
}
