import { MethodHook } from '../../core/tool/method-hook.js';
import type { TypeOrmDataSource } from './typeorm.interface.js';

/** Has work done before a data source is destroyed, whoever destroys it: which of Nest's modules closes first is its affair. */
export class DestroyHook {
  private readonly work = new Set<() => Promise<void>>();
  private readonly method: MethodHook<TypeOrmDataSource, 'destroy'>;

  constructor(dataSource: TypeOrmDataSource) {
    this.method = new MethodHook(dataSource, 'destroy', (original) => async (...args) => {
      await Promise.all([...this.work].map((work) => work()));
      return original.apply(dataSource, args);
    });
  }

  /** Until the result is called. */
  add(work: () => Promise<void>): () => void {
    const own = (): Promise<void> => work();
    this.work.add(own);
    this.method.putIn();
    return () => {
      this.work.delete(own);
      if (this.work.size === 0) {
        this.method.takeOut();
      }
    };
  }
}
