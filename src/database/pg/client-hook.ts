import { MethodHook, replaceMethod } from '../../core/tool/method-hook.js';
import { callBackIn, type Origin } from '../../request-scope/request-scope.js';
import type { QueryObserver, QuerySource } from '../source/query-source.interface.js';
import { Statement } from '../source/statement.js';
import { ClientNaming, type Naming } from './client-naming.js';
import { parametersIn } from './statement-parameters.js';
import type { PgClient, Submittable } from './pg.interface.js';
import { textOf } from './statement-text.js';

type Callback = (...args: unknown[]) => unknown;
type Query = PgClient['query'];

/** What a hook on a client asks of its pool. */
export interface ClientOwner extends Naming {
  /** Whether anybody is told of anything. */
  readonly isObserved: boolean;
  /** Where statements are sent to, as observers see it. */
  readonly source: QuerySource;
  /** Who is told of statements that start now. */
  readonly queryObservers: readonly QueryObserver[];
}

/**
 * The one hook on a client of pg: sees every statement, in whatever form it is sent, and whether its connection is pinned.
 * What the application gets back is what pg returns; of a promise, one that follows it.
 */
export class ClientHook {
  /** Not yet handed to anybody. */
  isNew = true;
  private isInstalled = false;
  private isCheckedOut = false;
  private running = 0;
  /** Since it was handed to its present owner. */
  private statements = 0;
  private transactionStatus = 'I';
  /** Who asked for it, until it sends the first statement. */
  private origin: Origin | undefined;
  private readonly naming: ClientNaming;
  private readonly method: MethodHook<PgClient, 'query'>;

  constructor(
    private readonly client: PgClient,
    private readonly owner: ClientOwner,
  ) {
    const send = this.send.bind(this);
    this.naming = new ClientNaming(client, owner);
    this.method = new MethodHook(client, 'query', (pgQuery) => {
      const original = this.naming.over(pgQuery);
      return function query(this: PgClient, ...args: unknown[]): unknown {
        return send(this, original, args);
      };
    });
  }

  install(isCheckedOut: boolean): void {
    this.isCheckedOut = isCheckedOut;
    if (!this.isInstalled && this.client.getTransactionStatus === undefined) {
      this.client.connection?.on('readyForQuery', this.onReadyForQuery);
    }
    this.isInstalled = true;
    this.method.putIn();
  }

  /** Answers whether nothing of it is left in the way of statements. */
  uninstall(): boolean {
    this.client.connection?.removeListener('readyForQuery', this.onReadyForQuery);
    this.isInstalled = false;
    return this.method.takeOut();
  }

  checkedOut(origin?: Origin): void {
    this.isCheckedOut = true;
    this.statements = 0;
    this.origin = origin;
  }

  released(): void {
    this.isNew = false;
    this.isCheckedOut = false;
  }

  /** The pool has given it up. */
  closed(): void {
    this.naming.closed();
  }

  /**
   * Whether its owner keeps the connection from one statement to the next: in a transaction, or checked out with no
   * statement under way, or for more than one. A single statement (`pool.query()`, a repository's `findOneBy()`) uses
   * its connection and does not pin it.
   */
  get isPinned(): boolean {
    return this.isCheckedOut && (this.isInTransaction || !this.isBusy || this.statements > 1);
  }

  /** Sends a statement that nobody is told of. */
  unobserved(text: string, callback: (error?: unknown) => void): void {
    this.method.original.call(this.client, text, callback);
  }

  /** A statement that we did not see start: one from before we came, or a probe's, which pins nothing. */
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

  private send(client: PgClient, original: Query, args: unknown[]): unknown {
    if (!this.isInstalled) {
      this.method.takeOut();
    }
    if (!this.isInstalled || !this.owner.isObserved) {
      return original.apply(client, args);
    }
    const send = (): unknown => original.apply(client, args);
    const [config] = args;
    if (submitsItself(config)) {
      return isObservable(config) ? this.submit(config, args, send) : send();
    }
    const statement = this.start(textOf(config), args);
    const hasCallback = this.wrapCallback(statement, args);
    const result = this.call(statement, send);
    return hasCallback ? result : this.follow(statement, result);
  }

  private call(statement: Statement, send: () => unknown): unknown {
    try {
      return send();
    } catch (error) {
      this.end(statement, error);
      throw error;
    }
  }

  /** A callback can be the third argument, the second, or in the configuration: in this order, as pg looks for them. */
  private wrapCallback(statement: Statement, args: unknown[]): boolean {
    const position = typeof args[2] === 'function' ? 2 : typeof args[1] === 'function' ? 1 : undefined;
    if (position !== undefined) {
      args[position] = this.endingCallback(statement, args[position] as Callback);
      return true;
    }
    const config = args[0] as { readonly callback?: unknown } | null | undefined;
    if (typeof config !== 'object' || typeof config?.callback !== 'function') {
      return false;
    }
    // The application's object stays as it is. The copy is made as pg makes its own, of frozen objects too.
    args[0] = Object.create(Object.getPrototypeOf(config) as object, {
      ...Object.getOwnPropertyDescriptors(config),
      callback: {
        value: this.endingCallback(statement, config.callback as Callback),
        configurable: true,
        enumerable: true,
        writable: true,
      },
    });
    return true;
  }

  private endingCallback(statement: Statement, callback: Callback): Callback {
    const end = this.end.bind(this, statement);
    return function ended(this: unknown, ...args) {
      end(args[0]);
      return callBackIn(statement.scope, () => callback.apply(this, args));
    };
  }

  /** The promise that follows is the application's, so that a rejection which it forgets is still reported as such. */
  private follow(statement: Statement, result: unknown): unknown {
    if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') {
      // Not pg's own answer: nothing that could tell of the end.
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

  /**
   * These end when the server is ready for the next statement, or with an error: their own events do not tell (a stream
   * whose backend was killed emits neither `error` nor `close`). Their listeners are called in the scope that sent them: that
   * of the socket is whichever opened the connection.
   */
  private submit(submittable: Submittable, sent: readonly unknown[], send: () => unknown): unknown {
    const statement = this.start(textOf(submittable), sent);
    const before: Partial<Record<HandlerName, (first: unknown) => void>> = {
      handleError: (error) => ended(error),
      // A row that could not be read: the query goes on to its end, and fails there.
      handleReadyForQuery: () => ended(submittable._canceledDueToError || undefined),
    };
    const hooks = HANDLERS.filter((name) => typeof submittable[name] === 'function').map((name) =>
      replaceMethod(submittable as Required<Submittable>, name, (original) => (...args: unknown[]) => {
        before[name]?.(args[0]);
        return callBackIn(statement.scope, () => Reflect.apply(original, submittable, args));
      }),
    );
    const ended = (error: unknown): void => {
      hooks.forEach((hook) => hook.takeOut());
      this.end(statement, error);
    };
    return this.call(statement, send);
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

type HandlerName = (typeof HANDLERS)[number];

/** What pg calls of an object that submits itself, as far as it tells its listeners of it. */
const HANDLERS = [
  'handleDataRow',
  'handlePortalSuspended',
  'handleCommandComplete',
  'handleEmptyQuery',
  'handleError',
  'handleReadyForQuery',
] as const;

function submitsItself(config: unknown): config is Partial<Submittable> {
  return (
    typeof config === 'object' && config !== null && 'submit' in config && typeof config.submit === 'function'
  );
}

/** `pg-native`'s have no such methods: they pass unobserved. */
function isObservable(config: Partial<Submittable>): config is Submittable {
  return typeof config.handleError === 'function' && typeof config.handleReadyForQuery === 'function';
}
