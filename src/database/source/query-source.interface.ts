import type { Origin, RequestScope } from '../../request-scope/request-scope.js';
import type { QueryOperation } from '../sql/query-operation.js';

/** How a pool answered a request for a connection, or why the request failed. */
export type AcquireResult = 'idle' | 'created' | 'waited' | 'timeout' | 'error';

/** A statement of the application. */
export interface ObservedQuery {
  /** The driver's text, without parameters; empty without a text. */
  readonly text: string;
  /** The unit of work that sent it. */
  readonly scope: RequestScope | undefined;
  /** The data source, for statements of all its pools. */
  readonly source: QuerySource;
  /** Whether its strings have the syntax of MySQL and MariaDB. */
  readonly isMySql?: boolean | undefined;
  /** Determined at the first access. */
  readonly operation: QueryOperation;
  /** The text without its values; see `normalizeQuery()`. Determined at the first access. */
  readonly fingerprint: string;
  /** The time of the call of the driver, on the clock of `nowMs()`. */
  readonly startedAtMs: number;
  /** The driver's parameters. The getter may throw. They are data of the application's users and must not be kept. */
  readonly parameters?: unknown;
  /** Set on the first statement on a connection: the code that acquired it, when an N+1 finding may need it. */
  readonly origin?: Origin | undefined;
}

/** A listener for every statement of a source except this library's own. It runs within the application's calls. */
export interface QueryObserver {
  /** Called within the application's call: the stack is the caller's. A result is passed to {@link queryEnded}. */
  queryStarted?(query: ObservedQuery): unknown;
  /** Called exactly once, also for statements that were under way when the observer was removed. */
  queryEnded(query: ObservedQuery, durationMs: number, error: unknown, started?: unknown): void;
  /** Called with an error of another method. Must not throw. */
  failed(error: unknown): void;
}

/** A request of the application for a connection. */
export interface ObservedAcquire {
  /** The unit of work that sent it. */
  readonly scope: RequestScope | undefined;
  /** The time of the call of the pool, on the clock of `nowMs()`. */
  readonly startedAtMs: number;
}

/** A use of a connection by the application, from its checkout to its release. */
export interface ConnectionUse {
  /** The time of the checkout, on the clock of `nowMs()`. */
  readonly checkedOutAtMs: number;
  /** Whether it began before the pool was observed: `checkedOutAtMs` is the beginning of the observation then. */
  readonly beganEarlier: boolean;
  /** The unit of work that requested the connection. */
  readonly scope: RequestScope | undefined;
  /** The code that requested the connection, if an observer needs it. */
  readonly origin: Origin | undefined;
  /** The id of the connection's backend process, as the server reported it. */
  readonly processId: number | null;
}

/** A listener for events of a source's pools of `pg`. It runs within the application's calls. */
export interface PoolObserver {
  /** Called where the application requests a connection: the stack is the caller's. Must not throw. */
  takeOrigin?(): Origin;
  acquired?(result: AcquireResult, durationSeconds: number, acquire: ObservedAcquire): void;
  /** The application has released its connection, or the pool has removed it. */
  released?(use: ConnectionUse, durationSeconds: number): void;
  connectionsOpened?(count: number): void;
  connectionsClosed?(count: number): void;
  /** Called with an error of another method. Must not throw. */
  failed(error: unknown): void;
}

/** The state of a pool at one moment, in numbers of connections. */
export interface PoolState {
  /** The maximum size of the pool. */
  readonly capacity: number;
  /** Checked out, or being opened for a caller. */
  readonly inUse: number;
  readonly idle: number;
  /** Open at the server. */
  readonly open: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
  /** Checked out by an owner that keeps it between statements. */
  readonly pinned: number;
}

/** A probe of a pool's server that is under way. */
export interface Probe {
  /** Rejects when the server is unreachable or refuses the connection. */
  readonly answered: Promise<void>;
  /** Ends the probe at once and closes its connection. */
  abandon(): void;
}

/** A connection whose statements may have names. */
export interface PreparingConnection {
  readonly isInTransaction: boolean;
  /** Whether no transaction is open, and no statement is under way or waits. */
  readonly isAtRest: boolean;
  /** Calls back once, at rest after the next statement, before the application is told that the statement has ended. */
  onceAtRest(callback: () => void): () => void;
  /** Calls back for each change of a setting that the server reports. */
  onSetting(callback: (name: string, value: string) => void): () => void;
  /** Whether the driver's record has a statement of that name that is not to be closed. */
  hasPrepared(name: string): boolean;
  /** Closes the statement right before the next one, whether it exists or not. */
  close(name: string): void;
  /** Closes the statements that are to be closed after those under way, without a next statement. */
  closeNow(): void;
}

/** A statement that has a name, or whose end is reported. */
export interface NamedStatement {
  /** `undefined`: the statement is sent without a name. */
  readonly name: string | undefined;
  /**
   * Called at the end of the statement.
   *
   * @returns true if it failed because of its name: send it again without one
   */
  ended(durationMs: number, error: unknown): boolean;
}

/** Gives statements names. Its methods do not throw. */
export interface StatementNamer {
  /** Called on an idle connection. `undefined`: the statement is sent without a name, and its end is not reported. */
  nameFor(text: string, connection: PreparingConnection): NamedStatement | undefined;
  /** Called for a statement that cannot have a name. */
  passed(text: string, connection: PreparingConnection): void;
  connectionClosed(connection: PreparingConnection): void;
  /** Statements of this pool cannot have names, for this reason. */
  cannotName(reason: string): void;
  /** The namer was removed. */
  stopped(): void;
}

export type Row = Readonly<Record<string, unknown>>;

/** A connection of this library. Its statements are not reported to observers. */
export interface OwnConnection {
  /** The id of its backend process, as the server reported it at the start of the connection. */
  readonly processId: number | null;
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** A pool of a source. */
export interface WatchedPool {
  readonly state: PoolState;
  /** Whether the application is closing or has closed it. */
  readonly isClosed: boolean;
  /** Sends a probe to the server. It is not reported to observers. */
  probe(): Probe;
  /** Opens a connection outside of the pool, and closes it after the work. Rejects at the timeout. */
  withOwnConnection<T>(timeoutMs: number, work: (connection: OwnConnection) => Promise<T>): Promise<T>;
}

/** A data source or a pool of the application: the point where its statements and pools are observed. */
export interface QuerySource {
  /** The type of the data source, or `pool`; for messages. */
  readonly kind: string;
  /** Whether it has pools of pg. */
  readonly hasPools: boolean;
  /** Whether it is closed permanently. A data source can be initialised again, a pool cannot. */
  readonly hasEnded: boolean;
  /** Whether the data source sends a read for itself, as an ORM reads rows back after a write. To be called where the read is sent. */
  isOwnRead?(text: string): boolean;
  /** The present pools; empty before the data source is initialised and after it is destroyed. */
  pools(): readonly WatchedPool[];
  /** The present uses of connections of its pools, closing ones included. Empty unless they are observed. */
  uses(): readonly ConnectionUse[];
  /** Observes until the returned function is called. An observer that is added twice is called once. */
  observeQueries(observer: QueryObserver): () => void;
  /**
   * Runs work before `dataSource.destroy()`, which waits for it, until the returned function is called. Does nothing for a pool: it waits
   * for its queries by itself.
   *
   * @param work - must not reject
   */
  beforeDestroy(work: () => Promise<void>): () => void;
  /** Observes until the returned function is called. An observer that is added twice is called once. */
  observePools(observer: PoolObserver): () => void;
  /**
   * Creates a namer for each pool and calls it for each statement, until the returned function is called. While a pool has an earlier
   * namer, the new one waits.
   */
  nameStatements(namerFor: (pool: WatchedPool) => StatementNamer): () => void;
}
