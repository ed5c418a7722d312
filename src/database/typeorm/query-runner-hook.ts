import { MethodHook } from '../../core/tool/method-hook.js';
import { shared, Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import type {
  ConnectionUse,
  PoolObserver,
  QueryObserver,
  QuerySource,
  WatchedPool,
} from '../source/query-source.interface.js';
import { Statement } from '../source/statement.js';
import { DataSourceHook } from './data-source-hook.js';
import { endWithStream, type StreamFailure, withErrorKept } from './row-stream.js';
import type { TypeOrmDataSource, TypeOrmQueryRunner } from './typeorm.interface.js';

const parametersIn = (args: readonly unknown[]): unknown => args[1];

/** Types of data sources whose strings have backslash escapes. */
const MYSQL: ReadonlySet<string> = new Set(['mysql', 'mariadb', 'aurora-mysql']);

/** A data source of any other driver (MySQL, SQLite, …): hooked on its query runners. Its driver's pools are not read. */
export class QueryRunnerDataSourceHook extends DataSourceHook implements QuerySource {
  readonly hasPools = false;
  private readonly observers = new Subscriptions<QueryObserver>();
  private readonly runners = new WeakMap<TypeOrmQueryRunner, RunnerHook>();

  constructor(dataSource: TypeOrmDataSource) {
    super(dataSource);
    const { driver } = this;
    const method = new MethodHook(driver, 'createQueryRunner', (original) => (...args) => {
      const runner = original.apply(driver, args);
      this.hookOrUnhook(runner);
      return runner;
    });
    this.observers.each(
      shared(() => {
        method.putIn();
        this.hookOrUnhook(driver.queryRunner);
        return () => {
          method.takeOut();
          this.hookOrUnhook(driver.queryRunner);
        };
      }),
    );
  }

  pools(): readonly WatchedPool[] {
    return [];
  }

  uses(): readonly ConnectionUse[] {
    return [];
  }

  observeQueries(observer: QueryObserver): Undo {
    return this.observers.add(observer);
  }

  observePools(_observer: PoolObserver): Undo {
    return () => {};
  }

  /** Only pg's statements can be named. */
  nameStatements(): Undo {
    return () => {};
  }

  /**
   * Drivers with one connection (SQLite) keep one query runner and return it again and again. Those of other drivers are
   * short-lived; they unhook themselves at their next statement.
   */
  private hookOrUnhook(runner: TypeOrmQueryRunner | undefined): void {
    if (runner === undefined) {
      return;
    }
    const known = this.runners.get(runner);
    if (this.observers.list.length === 0) {
      known?.takeOut();
    } else {
      const hook = known ?? new RunnerHook(runner, this, this.observers, this.kind);
      this.runners.set(runner, hook);
      hook.putIn();
    }
  }
}

/** The hook on one query runner. */
class RunnerHook {
  private readonly query: MethodHook<TypeOrmQueryRunner, 'query'>;
  private readonly stream: MethodHook<TypeOrmQueryRunner, 'stream'>;

  constructor(
    runner: TypeOrmQueryRunner,
    private readonly source: QuerySource,
    private readonly observers: Subscriptions<QueryObserver>,
    private readonly kind: string,
  ) {
    this.query = new MethodHook(
      runner,
      'query',
      (original) =>
        (...args) =>
          this.send(args, () => original.apply(runner, args), endNow),
    );
    this.stream = new MethodHook(runner, 'stream', (original) => (...args) => {
      const failure: StreamFailure = {};
      const keeping = withErrorKept(this.kind, args, failure);
      return this.send(
        args,
        () => original.apply(runner, keeping ?? args),
        (statement, rows) => endWithStream(statement, rows, keeping && failure, runner.databaseConnection),
      );
    });
  }

  putIn(): void {
    this.query.putIn();
    this.stream.putIn();
  }

  takeOut(): void {
    this.query.takeOut();
    this.stream.takeOut();
  }

  private send<T>(
    args: readonly unknown[],
    run: () => Promise<T>,
    onAnswer: (statement: Statement, answer: T) => void,
  ): Promise<T> {
    if (this.observers.list.length === 0) {
      this.takeOut();
      return run();
    }
    const [text] = args;
    const statement = new Statement(
      typeof text === 'string' ? text : '',
      this.source,
      this.observers.list,
      undefined,
      args,
      parametersIn,
      MYSQL.has(this.kind),
    );
    try {
      return follow(statement, run(), onAnswer);
    } catch (error) {
      // SQLite's `stream` throws synchronously.
      statement.end(error);
      throw error;
    }
  }
}

async function follow<T>(
  statement: Statement,
  answered: Promise<T>,
  onAnswer: (statement: Statement, answer: T) => void,
): Promise<T> {
  try {
    const answer = await answered;
    onAnswer(statement, answer);
    return answer;
  } catch (error) {
    statement.end(error);
    throw error;
  }
}

function endNow(statement: Statement): void {
  statement.end(undefined);
}
