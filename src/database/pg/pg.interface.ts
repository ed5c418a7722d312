import type { PoolLike } from '../../options/instrumentable.interface.js';

/** `callback(error, client, release)`, as pools of pg call it. */
export type ConnectCallback = (error: unknown, client?: PgClient, release?: unknown) => void;

type Listener = (...args: never[]) => void;

/** The members of pg's clients that are used, private ones included (`pg` 8.5 to 8.23). */
export interface PgClient {
  query: (...args: unknown[]) => unknown;
  connect(callback: (error?: unknown) => void): void;
  end(callback?: () => void): unknown;
  /** Set by the pool when it hands out the client for the first time. */
  release?: (error?: unknown) => void;
  /** `T` in an intact transaction, `E` in an aborted one; since pg 8.21. */
  getTransactionStatus?: () => string | null;
  /** Whether no statement is under way; missing in `pg-native`. */
  readonly readyForQuery?: boolean | null;
  readonly processID?: number | null;
  /** Whether statements are sent before those ahead of them have ended (since pg 8.22). */
  readonly pipeline?: boolean;
  /** The statements that wait. */
  readonly _queryQueue?: unknown[];
  /** The class of clients, with pg's class of statements; missing in `pg-native`. */
  readonly constructor: {
    readonly Query?: new (text: unknown, values: unknown, callback: unknown) => { name?: string };
  };
  /** The application's class of promises. */
  readonly _Promise?: PromiseConstructor;
  /** Missing in `pg-native`. */
  readonly connection?: {
    /** The server's prepared statements: their texts by name. */
    readonly parsedStatements?: Record<string, string | undefined>;
    close?(message: { readonly type: 'S'; readonly name: string }): void;
    readonly stream?: { destroy(): void; destroySoon?(): void; cork?(): void; uncork?(): void };
    on(event: 'readyForQuery' | 'parameterStatus', listener: Listener): unknown;
    prependListener(event: 'readyForQuery', listener: Listener): unknown;
    removeListener(event: 'readyForQuery' | 'parameterStatus', listener: Listener): unknown;
  };
  on(event: 'error', listener: Listener): unknown;
  /** No statement is under way or waits. */
  once(event: 'drain', listener: Listener): unknown;
  removeListener(event: 'error', listener: Listener): unknown;
}

/** The members of pg's pools that are used, private ones included (`pg-pool` 3.2 to 3.14). */
export interface PgPool extends Omit<PoolLike, 'connect'> {
  connect: (...args: unknown[]) => unknown;
  readonly options: { readonly max?: number };
  readonly ending?: boolean;
  readonly ended?: boolean;
  readonly Client?: new (options: unknown) => PgClient;
  /** Includes clients that are connecting. */
  readonly _clients?: readonly PgClient[];
  readonly _idle?: readonly { readonly client: PgClient }[];
  /** Takes a connection back. */
  _release?: (client: PgClient, ...others: unknown[]) => unknown;
  on(event: 'connect' | 'acquire' | 'remove', listener: (client: PgClient) => void): unknown;
  on(event: 'release', listener: (error: unknown, client: PgClient) => void): unknown;
  removeListener(event: 'connect' | 'acquire' | 'remove' | 'release', listener: Listener): unknown;
}

/** An object that submits itself, such as `Query`, `Cursor` and `QueryStream`. */
export interface Submittable {
  submit(connection: unknown): unknown;
  handleError(...args: unknown[]): unknown;
  handleReadyForQuery(...args: unknown[]): unknown;
  handleDataRow?(...args: unknown[]): unknown;
  handlePortalSuspended?(...args: unknown[]): unknown;
  handleCommandComplete?(...args: unknown[]): unknown;
  handleEmptyQuery?(...args: unknown[]): unknown;
  /** Of a `Query`: the error thrown while a row was read. */
  readonly _canceledDueToError?: unknown;
}
