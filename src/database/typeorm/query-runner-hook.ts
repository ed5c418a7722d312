import { MethodHook } from '../../core/tool/method-hook.js';
import { Observers } from '../source/observers.js';
import type { PoolObserver, QueryObserver, QuerySource, WatchedPool } from '../source/query-source.interface.js';
import { Statement } from '../source/statement.js';
import type { DestroyHook } from './destroy-hook.js';
import { isTypeOrmsOwnRead } from './own-call.js';
import { endWithStream, type StreamFailure, withErrorKept } from './row-stream.js';
import type { TypeOrmDriver, TypeOrmQueryRunner } from './typeorm.interface.js';

const parametersIn = (args: readonly unknown[]): unknown => args[1];

/** Types of data sources. */
const MYSQL: ReadonlySet<string> = new Set(['mysql', 'mariadb', 'aurora-mysql']);

/**
 * A data source of any other driver (MySQL, SQLite, …): its statements are seen where its query runners send them. Its
 * pools are its driver's own affair.
 */
export class QueryRunnerDataSourceHook implements QuerySource {
  /** It can be initialised again. */
  readonly hasEnded = false;
  readonly hasPools = false;
  private readonly observers = new Observers<QueryObserver>(() => this.watchOrLeave());
  private readonly runners = new WeakMap<TypeOrmQueryRunner, RunnerHook>();
  private readonly method: MethodHook<TypeOrmDriver, 'createQueryRunner'>;

  constructor(
    private readonly driver: TypeOrmDriver,
    readonly kind: string,
    private readonly destruction: DestroyHook,
  ) {
    this.method = new MethodHook(driver, 'createQueryRunner', (original) => (...args) => {
      const runner = original.apply(driver, args);
      this.watchOrLeaveRunner(runner);
      return runner;
    });
  }

  pools(): readonly WatchedPool[] {
    return [];
  }

  isOwnRead(text: string): boolean {
    return isTypeOrmsOwnRead(text);
  }

  beforeDestroy(work: () => Promise<void>): () => void {
    return this.destruction.add(work);
  }

  observeQueries(observer: QueryObserver): () => void {
    return this.observers.add(observer);
  }

  observePools(_observer: PoolObserver): () => void {
    return () => {};
  }

  /** Only pg's statements can be named. */
  nameStatements(): () => void {
    return () => {};
  }

  private watchOrLeave(): void {
    if (this.observers.list.length > 0) {
      this.method.putIn();
    } else {
      this.method.takeOut();
    }
    this.watchOrLeaveRunner(this.driver.queryRunner);
  }

  /**
   * Drivers with one connection (SQLite) keep their query runner, and hand out the same one again and again. The others'
   * are short-lived: theirs leave by themselves.
   */
  private watchOrLeaveRunner(runner: TypeOrmQueryRunner | undefined): void {
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
    private readonly observers: Observers<QueryObserver>,
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
      // Not every `stream` is asynchronous: that of SQLite throws.
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
