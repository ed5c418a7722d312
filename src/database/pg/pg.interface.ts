import type { PoolLike } from '../../options/instrumentable.interface.js';

/** `callback(error, client, release)`, as pools of pg call it. */
export type ConnectCallback = (error: unknown, client?: PgClient, release?: unknown) => void;

type Listener = (...args: never[]) => void;

/** What is used of pg's clients beyond their public types (`pg` 8.5 to 8.23). */
export interface PgClient {
  query: (...args: unknown[]) => unknown;
  connect(callback: (error?: unknown) => void): void;
  end(callback?: () => void): unknown;
  /** Given by the pool to whoever has the client, and there from the first time on. */
  release?: (error?: unknown) => void;
  /** `T` and `E` in a transaction, an intact and an aborted one; since pg 8.21. */
  getTransactionStatus?: () => string | null;
  /** Whether no statement is under way; not in `pg-native`. */
  readonly readyForQuery?: boolean | null;
  readonly processID?: number | null;
  /** Whether statements are sent before those ahead of them have ended (since pg 8.22). */
  readonly pipeline?: boolean;
  /** Statements that wait for the one under way. */
  readonly _queryQueue?: unknown[];
  /** The class of clients, with pg's class of statements; not in `pg-native`. */
  readonly constructor: {
    readonly Query?: new (text: unknown, values: unknown, callback: unknown) => { name?: string };
  };
  /** The class of promises that the application asked for. */
  readonly _Promise?: PromiseConstructor;
  /** Not in `pg-native`. */
  readonly connection?: {
    /** Texts by the names of the statements that the server has. */
    readonly parsedStatements?: Record<string, string | undefined>;
    close?(message: { readonly type: 'S'; readonly name: string }): void;
    readonly stream?: { destroy(): void; destroySoon?(): void; cork?(): void; uncork?(): void };
    on(event: 'readyForQuery' | 'parameterStatus', listener: Listener): unknown;
    prependListener(event: 'readyForQuery', listener: Listener): unknown;
    removeListener(event: 'readyForQuery' | 'parameterStatus', listener: Listener): unknown;
  };
  on(event: 'error', listener: Listener): unknown;
  /** Nothing is under way any more, and nothing waits. */
  once(event: 'drain', listener: Listener): unknown;
  removeListener(event: 'error', listener: Listener): unknown;
}

/** What is used of pg's pools beyond their public types (`pg-pool` 3.6 to 3.14). */
export interface PgPool extends Omit<PoolLike, 'connect'> {
  connect: (...args: unknown[]) => unknown;
  readonly options: { readonly max?: number };
  readonly ending?: boolean;
  readonly ended?: boolean;
  readonly Client?: new (options: unknown) => PgClient;
  /** Those that are connecting included. */
  readonly _clients?: readonly PgClient[];
  readonly _idle?: readonly { readonly client: PgClient }[];
  on(event: 'connect' | 'acquire' | 'remove', listener: (client: PgClient) => void): unknown;
  on(event: 'release', listener: (error: unknown, client: PgClient) => void): unknown;
  removeListener(event: 'connect' | 'acquire' | 'remove' | 'release', listener: Listener): unknown;
}

/** `Query`, `Cursor`, `QueryStream` and the like: objects that submit themselves. */
export interface Submittable {
  submit(connection: unknown): unknown;
  handleError(...args: unknown[]): unknown;
  handleReadyForQuery(...args: unknown[]): unknown;
  handleDataRow?(...args: unknown[]): unknown;
  handlePortalSuspended?(...args: unknown[]): unknown;
  handleCommandComplete?(...args: unknown[]): unknown;
  handleEmptyQuery?(...args: unknown[]): unknown;
  /** Of a `Query`: what reading a row threw. */
  readonly _canceledDueToError?: unknown;
}
