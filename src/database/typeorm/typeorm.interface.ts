import type { DataSourceLike } from '../../options/instrumentable.interface.js';

/** The members of TypeORM's drivers that are used, private ones included (0.3.20 to 1.1). */
export interface TypeOrmDriver {
  /** The module of pg, in drivers whose pools are pg's (`postgres`, `cockroachdb`). */
  readonly postgres?: unknown;
  /** The pool; missing before `initialize()` and after `destroy()`. */
  readonly master?: unknown;
  /** The pools of replicas. */
  readonly slaves?: readonly unknown[];
  /** In drivers with pools of pg. */
  createPool: (...args: unknown[]) => Promise<unknown>;
  /** The only query runner of drivers with one connection (SQLite); missing until it is created. */
  readonly queryRunner?: TypeOrmQueryRunner;
  createQueryRunner: (...args: unknown[]) => TypeOrmQueryRunner;
}

export interface TypeOrmQueryRunner {
  /** The driver's connection, from the first statement to the release; MySQL's is an event emitter. */
  readonly databaseConnection?: unknown;
  query: (...args: unknown[]) => Promise<unknown>;
  stream: (...args: unknown[]) => Promise<unknown>;
}

export interface TypeOrmDataSource extends DataSourceLike {
  readonly driver: TypeOrmDriver;
  readonly options?: { readonly type?: string };
  destroy: (...args: unknown[]) => Promise<void>;
}
