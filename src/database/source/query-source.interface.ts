import type { Origin, RequestScope } from '../../request-scope/request-scope.js';
import type { QueryOperation } from '../sql/query-operation.js';

/** How a connection came to whoever asked a pool for one, or why it did not. */
export type AcquireResult = 'idle' | 'created' | 'waited' | 'timeout' | 'error';

/** One statement that the application sent. */
export interface ObservedQuery {
  /** As the driver got it, without its parameters; empty when the driver was given none. */
  readonly text: string;
  /** The unit of work that sent it. */
  readonly scope: RequestScope | undefined;
  /** Where it was sent to: the data source, whichever of its pools. */
  readonly source: QuerySource;
  /** Whether its text is for MySQL or its kin, which write strings otherwise than others do. */
  readonly isMySql?: boolean | undefined;
  /** What it does; found out when it is first asked for. */
  readonly operation: QueryOperation;
  /** When it was given to the driver, on the clock of `nowMs()`. */
  readonly startedAtMs: number;
  /** As the driver got them; found when they are asked for, which may throw. Values of the application's users: not to be kept. */
  readonly parameters?: unknown;
  /** Of the first statement on a connection: who asked the pool for that, when it may be needed. */
  readonly origin?: Origin | undefined;
}

/** Is told of every statement of a source, this library's own probes excepted. Runs on the application's time. */
export interface QueryObserver {
  /** In the call of the application that sends it: its stack is the caller's. */
  queryStarted?(query: ObservedQuery): void;
  /** Exactly once, and also for statements that were under way when the observer was taken out. */
  queryEnded(query: ObservedQuery, durationMs: number, error: unknown): void;
  /** One of the other methods threw. Must not throw. */
  failed(error: unknown): void;
}

/** Is told of what a source's pools do. Pools of `pg` only. */
export interface PoolObserver {
  acquired(result: AcquireResult, durationSeconds: number): void;
  connectionsOpened(count: number): void;
  connectionsClosed(count: number): void;
  /** One of the other methods threw. Must not throw. */
  failed(error: unknown): void;
}

/** The connections of a pool at one moment. */
export interface PoolState {
  /** The most that the pool may open. */
  readonly capacity: number;
  /** Checked out, or being opened for somebody. */
  readonly inUse: number;
  readonly idle: number;
  /** Those that the server knows. */
  readonly open: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  /** Checked out by an owner that keeps them from one statement to the next. */
  readonly pinned: number;
}

/** A probe of the server behind a pool that has not answered yet. */
export interface Probe {
  /** Rejects when the server cannot be reached or refuses. */
  readonly answered: Promise<void>;
  /** Gives up at once, whatever the server does. Nothing is left behind. */
  abandon(): void;
}

/** A connection whose statements can have names. */
export interface PreparingConnection {
  readonly isInTransaction: boolean;
  /** Whether no transaction is open, and no statement is under way or waits. */
  readonly isAtRest: boolean;
  /** Calls back once, when it is at rest after the next statement, before the application learns of that statement's end. */
  onceAtRest(callback: () => void): () => void;
  /** Calls back for each change of a setting that the server reports. */
  onSetting(callback: (name: string, value: string) => void): () => void;
  /** Whether the server has a statement of that name, as the driver believes, and is not to close it. */
  hasPrepared(name: string): boolean;
  /** Has the server close it just before the next statement, whether it has it or not. */
  close(name: string): void;
  /** Does not wait for the next statement with what is to be closed, only for those under way. */
  closeNow(): void;
}

/** A statement that has a name, or whose end is of interest. */
export interface NamedStatement {
  /** `undefined`: it is sent as it is. */
  readonly name: string | undefined;
  /**
   * It has ended.
   *
   * @returns whether it failed in a way that its name is to blame for, and is to be sent again without
   */
  ended(durationMs: number, error: unknown): boolean;
}

/** Gives statements names. Its methods do not throw. */
export interface StatementNamer {
  /** The connection is idle. `undefined`: it is sent as it is, and nothing is told of it. */
  nameFor(text: string, connection: PreparingConnection): NamedStatement | undefined;
  /** Some statement that can have no name is sent. */
  passed(text: string, connection: PreparingConnection): void;
  connectionClosed(connection: PreparingConnection): void;
  /** Statements of this pool get no names, for this reason. */
  cannotName(reason: string): void;
  /** It is not asked any more. */
  stopped(): void;
}

export type Row = Readonly<Record<string, unknown>>;

/** A connection that is this library's own: what is sent on it, no observer is told of. */
export interface OwnConnection {
  /** The number of its process as the server told it at the connection's start. */
  readonly processId: number | null;
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** A pool of a source. */
export interface WatchedPool {
  readonly state: PoolState;
  /** Whether the application is closing or has closed it. */
  readonly isClosed: boolean;
  /** Asks the server for a sign of life. No observer is told. */
  probe(): Probe;
  /** Does some work on a connection that is not the pool's, which is closed afterwards. Rejects when the time is over. */
  withOwnConnection<T>(timeoutMs: number, work: (connection: OwnConnection) => Promise<T>): Promise<T>;
}

/** A database as the application has it: where its statements and its pools are watched. */
export interface QuerySource {
  /** What it is, for messages: a data source's type, `pool` for a plain one. */
  readonly kind: string;
  /** Whether it has pools that can be read. */
  readonly hasPools: boolean;
  /** Whether it is closed for good: a data source can be initialised again, a pool cannot. */
  readonly hasEnded: boolean;
  /**
   * Whether it sends a read on its own account, as an ORM does that reads back what it has written. To be asked where the read
   * is sent.
   */
  isOwnRead?(text: string): boolean;
  /** Its pools at this moment: none before it is initialised and after it is destroyed. */
  pools(): readonly WatchedPool[];
  /** Watches until the result is called. The same observer twice is told once. */
  observeQueries(observer: QueryObserver): () => void;
  /**
   * Has work done before its owner closes it, which waits for that, until the result is called. Of data sources only: a pool
   * waits for its queries by itself.
   *
   * @param work - must not reject
   */
  beforeDestroy(work: () => Promise<void>): () => void;
  /** Watches until the result is called. The same observer twice is told once. */
  observePools(observer: PoolObserver): () => void;
  /**
   * Has a namer of its own made for each pool and asked for each statement, until the result is called. Where another one is
   * asked already, not before that one is gone.
   */
  nameStatements(namerFor: (pool: WatchedPool) => StatementNamer): () => void;
}
