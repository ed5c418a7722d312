import { MethodHook } from '../../core/tool/method-hook.js';
import { callBackIn, type Origin } from '../../request-scope/request-scope.js';
import { nowMs } from '../../core/tool/stopwatch.js';
import type {
  ConnectionUse,
  QueryObserver,
  QuerySource,
  StatementNamer,
} from '../source/query-source.interface.js';
import { Statement } from '../source/statement.js';
import type { Acquire } from './acquire.js';
import { ClientNaming } from './client-naming.js';
import { sendOwnStatement } from './own-statement.js';
import type { PgClient, Submittable } from './pg.interface.js';
import { copiesConfiguration, takesCallback } from './query-of-pg.js';
import { type Callback, hasCallback, parametersIn, replaceCallback, textOf } from './statement-arguments.js';
import { isObservable, observeEnd, submitsItself } from './submittable.js';

type Query = PgClient['query'];

/** The pool of a hooked client. */
export interface ClientOwner {
  /** Whether there are observers. Without any, statements pass at once. */
  readonly isObserved: boolean;
  /** The source of the statements, for their observers. */
  readonly source: QuerySource;
  /** The observers of statements that start now. */
  readonly queryObservers: readonly QueryObserver[];
}

/**
 * The one hook on a client of pg. Reports every statement, in whatever form it is sent, and knows whether its connection is
 * pinned. Where the application awaits the answer, pg gets a callback, and the promise is made here in the same way: a promise
 * that follows pg's would cost more than the rest of the hook.
 */
export class ClientHook {
  /** Whether the pool has not handed out the client yet. */
  isNew = true;
  /** The application's use of the connection. `undefined` while it has none, or an unknown one. */
  use: ConnectionUse | undefined;
  private isInstalled = false;
  private isCheckedOut = false;
  private running = 0;
  /** Statements since the last checkout. */
  private statements = 0;
  private transactionStatus = 'I';
  /** The code that acquired the connection, until the first statement. */
  private origin: Origin | undefined;
  /** Present while the pool has a namer. */
  private naming: ClientNaming | undefined;
  private known: Query | undefined;
  private knownTakesCallback = false;
  private readonly method: MethodHook<PgClient, 'query'>;

  constructor(
    private readonly client: PgClient,
    private readonly owner: ClientOwner,
  ) {
    const send = (receiver: PgClient, args: unknown[]): unknown => this.send(receiver, args);
    this.method = new MethodHook(client, 'query', (): Query => {
      return function query(this: PgClient, ...args: unknown[]): unknown {
        return send(this, args);
      };
    });
  }

  install(isCheckedOut: boolean): void {
    this.isCheckedOut = isCheckedOut;
    this.use = undefined;
    if (!this.isInstalled && this.client.getTransactionStatus === undefined) {
      this.client.connection?.on('readyForQuery', this.onReadyForQuery);
    }
    this.isInstalled = true;
    this.method.putIn();
  }

  /** Returns false when another library's wrapper keeps the hook in the chain of calls. */
  uninstall(): boolean {
    this.client.connection?.removeListener('readyForQuery', this.onReadyForQuery);
    this.isInstalled = false;
    this.use = undefined;
    return this.method.takeOut();
  }

  checkedOut(): void {
    this.isCheckedOut = true;
    this.statements = 0;
    this.use = undefined;
    this.origin = undefined;
  }

  handedOut(acquire: Acquire, atMs: number): void {
    // Again: statements of the pool itself since 'acquire' (`verify`) are not the owner's.
    this.checkedOut();
    this.isNew = false;
    this.origin = acquire.origin;
    acquire.checkedOutAtMs = atMs;
    acquire.processId = this.client.processID ?? null;
    this.use = acquire;
  }

  /** Notes a use whose beginning was not observed. */
  noteEarlierUse(): void {
    if (this.isCheckedOut && this.use === undefined) {
      this.use = {
        checkedOutAtMs: nowMs(),
        beganEarlier: true,
        scope: undefined,
        origin: undefined,
        processId: this.client.processID ?? null,
      };
    }
  }

  /** Returns the use that has ended. */
  released(): ConnectionUse | undefined {
    const { use } = this;
    this.isNew = false;
    this.isCheckedOut = false;
    this.use = undefined;
    return use;
  }

  /** Names statements from now on; stops with `undefined`. */
  setNamer(namer: StatementNamer | undefined): void {
    this.naming = namer && new ClientNaming(this.client, namer);
  }

  /** The pool has removed the client. */
  closed(): void {
    this.naming?.closed();
  }

  /**
   * Whether its owner keeps the connection from one statement to the next: in a transaction, or checked out with no
   * statement under way, or for more than one. A single statement (`pool.query()`, a repository's `findOneBy()`) does not
   * pin its connection.
   */
  get isPinned(): boolean {
    return this.isCheckedOut && (this.isInTransaction || !this.isBusy || this.statements > 1);
  }

  /** Sends a statement that is not reported to observers. */
  unobserved(text: string, callback: (error?: unknown) => void): void {
    sendOwnStatement(this.client, this.method.behind.query, text, undefined, callback);
  }

  /** Includes a statement from before the hook was installed, and a probe's. */
  private get isBusy(): boolean {
    return this.running > 0 || (this.statements === 0 && this.client.readyForQuery === false);
  }

  private get isInTransaction(): boolean {
    const status = this.client.getTransactionStatus?.() ?? this.transactionStatus;
    return status === 'T' || status === 'E';
  }

  private readonly onReadyForQuery = (message: { readonly status?: string } | undefined): void => {
    this.transactionStatus = message?.status ?? 'I';
  };

  private send(client: PgClient, args: unknown[]): unknown {
    const original = this.method.behind.query;
    if (!this.isInstalled) {
      this.method.takeOut();
    }
    if (!this.isInstalled || (!this.owner.isObserved && this.naming === undefined)) {
      return original.apply(client, args);
    }
    const config = args[0];
    if (submitsItself(config)) {
      return this.owner.isObserved && isObservable(config)
        ? this.submit(config, client, original, args)
        : this.pass(client, original, args);
    }
    const statement = this.start(textOf(config), args);
    try {
      if (hasCallback(args)) {
        replaceCallback(args, (callback) => this.endingCallback(statement, callback));
        return this.pass(client, original, args);
      }
      return this.takesCallback(original) && (typeof config === 'string' || copiesConfiguration(client))
        ? this.sendForPromise(statement, client, original, args)
        : this.follow(statement, this.pass(client, original, args));
    } catch (error) {
      this.end(statement, error);
      throw error;
    }
  }

  /** Makes the promises that pg makes, with the same stack of an error. */
  private sendForPromise(
    statement: Statement,
    client: PgClient,
    original: Query,
    args: unknown[],
  ): Promise<unknown> {
    let callback: Callback | undefined;
    const answered = new (client._Promise ?? Promise)((resolve, reject) => {
      callback = (error, result): void => {
        this.end(statement, error);
        if (error) {
          reject(error);
        } else {
          resolve(result);
        }
      };
    });
    // Outside of the executor: what pg throws at once must not become a rejection.
    this.pass(client, original, [args[0], args[1], callback]);
    return answered.catch(captureStackAndThrow);
  }

  /** As a rule all statements of a client reach the same function. */
  private takesCallback(original: Query): boolean {
    if (original !== this.known) {
      this.known = original;
      this.knownTakesCallback = takesCallback(original);
    }
    return this.knownTakesCallback;
  }

  private pass(client: PgClient, original: Query, args: unknown[]): unknown {
    const { naming } = this;
    return naming === undefined ? original.apply(client, args) : naming.send(original, client, args);
  }

  private endingCallback(statement: Statement, callback: Callback): Callback {
    const end = this.end.bind(this, statement);
    return function ended(this: unknown, ...args) {
      end(args[0]);
      return callBackIn(statement.scope, callback, this, args);
    };
  }

  /**
   * For a `query` that may only know promises. The application gets the derived promise: a rejection that
   * it does not handle is still reported as unhandled.
   */
  private follow(statement: Statement, result: unknown): unknown {
    if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
      // Not from pg: the end of the statement cannot be observed.
      this.end(statement, undefined);
      return result;
    }
    return (result as PromiseLike<unknown>).then(
      (value) => {
        this.end(statement, undefined);
        return value;
      },
      (error: unknown) => {
        this.end(statement, error);
        throw error;
      },
    );
  }

  private submit(submittable: Submittable, client: PgClient, original: Query, args: unknown[]): unknown {
    const statement = this.start(textOf(submittable), args);
    observeEnd(submittable, statement.scope, (error) => this.end(statement, error));
    try {
      return this.pass(client, original, args);
    } catch (error) {
      this.end(statement, error);
      throw error;
    }
  }

  private start(text: string, args: readonly unknown[]): Statement {
    this.running += 1;
    this.statements += 1;
    const { origin } = this;
    this.origin = undefined;
    return new Statement(text, this.owner.source, this.owner.queryObservers, origin, args, parametersIn);
  }

  private end(statement: Statement, error: unknown): void {
    if (statement.end(error)) {
      this.running -= 1;
    }
  }
}

/** As pg does: the stack leads to the code that awaits the answer. */
function captureStackAndThrow(error: unknown): never {
  Error.captureStackTrace(error as object);
  throw error;
}
