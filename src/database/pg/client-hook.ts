import { MethodHook, replaceMethod } from '../../core/replace-method.js';
import { callBackIn } from '../../request-scope/request-scope.js';
import type { NamedStatement, QueryObserver, StatementNamer } from '../query-source.interface.js';
import { Statement } from '../statement.js';
import { ClientStatements, namingProblem } from './client-statements.js';
import { type Callback, sendNamed } from './named-query.js';
import type { PgClient, Submittable } from './pg.interface.js';

type Query = PgClient['query'];

/** What a hook on a client asks of its pool. */
export interface ClientOwner {
  /** Who is told of statements that start now. */
  readonly queryObservers: readonly QueryObserver[];
  /** Who gives statements names. */
  readonly namer: StatementNamer | undefined;
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
  /** Found out when it is first asked for. */
  private canName: boolean | undefined;
  private readonly prepared: ClientStatements;
  private readonly method: MethodHook<PgClient, 'query'>;

  constructor(
    private readonly client: PgClient,
    private readonly owner: ClientOwner,
  ) {
    this.prepared = ClientStatements.of(client);
    const send = this.send.bind(this);
    this.method = new MethodHook(client, 'query', (original) => {
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

  checkedOut(): void {
    this.isCheckedOut = true;
    this.statements = 0;
  }

  released(): void {
    this.isNew = false;
    this.isCheckedOut = false;
  }

  /** The pool has given it up. */
  closed(): void {
    this.canName = false;
    this.owner.namer?.connectionClosed(this.prepared);
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
      return original.apply(client, args);
    }
    const send = (): unknown => this.prepared.send(() => original.apply(client, args));
    const { namer } = this.owner;
    const [config] = args;
    if (submitsItself(config)) {
      namer?.passed(textOf(config), this.prepared);
      return isObservable(config) ? this.submit(config, send) : send();
    }
    const text = textOf(config);
    const named = namer && this.nameFor(namer, text, args);
    const statement = this.start(text);
    const hasCallback = this.wrapCallback(statement, args);
    const result = this.call(
      statement,
      named === undefined
        ? send
        : () => this.prepared.send(() => sendNamed(client, original.bind(client), named, args)),
    );
    return hasCallback ? result : this.follow(statement, result);
  }

  /** Only a text with values is worth a name, and only where nothing is under way is it known what the server has. */
  private nameFor(
    namer: StatementNamer,
    text: string,
    [config, values, callback]: readonly unknown[],
  ): NamedStatement | undefined {
    this.canName ??= this.findOutWhetherItCanName(namer);
    const hasValues = typeof config === 'string' && Array.isArray(values) && values.length > 0;
    const isUsual = callback === undefined || typeof callback === 'function';
    if (this.canName && hasValues && isUsual && this.prepared.isIdle) {
      return namer.nameFor(text, this.prepared);
    }
    namer.passed(text, this.prepared);
    return undefined;
  }

  private findOutWhetherItCanName(namer: StatementNamer): boolean {
    const problem = namingProblem(this.client);
    if (problem !== undefined) {
      namer.cannotName(problem);
    }
    return problem === undefined;
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
   * whose backend was killed emits neither `error` nor `close`).
   */
  private submit(submittable: Submittable, send: () => unknown): unknown {
    const statement = this.start(textOf(submittable));
    const onError = replaceMethod(submittable, 'handleError', (original) => (error, connection) => {
      ended(error);
      return original.call(submittable, error, connection);
    });
    const onReady = replaceMethod(submittable, 'handleReadyForQuery', (original) => (connection) => {
      // A row that could not be read: the query goes on to its end, and fails there.
      ended(submittable._canceledDueToError || undefined);
      return original.call(submittable, connection);
    });
    const ended = (error: unknown): void => {
      onError.restore();
      onReady.restore();
      this.end(statement, error);
    };
    return this.call(statement, send);
  }

  private start(text: string): Statement {
    this.running += 1;
    this.statements += 1;
    return new Statement(text, this.owner.queryObservers);
  }

  private end(statement: Statement, error: unknown): void {
    if (statement.end(error)) {
      this.running -= 1;
    }
  }
}

function submitsItself(config: unknown): config is Partial<Submittable> {
  return typeof (config as Partial<Submittable> | null | undefined)?.submit === 'function';
}

/** `pg-native`'s have no such methods: they pass unobserved. */
function isObservable(config: Partial<Submittable>): config is Submittable {
  return typeof config.handleError === 'function' && typeof config.handleReadyForQuery === 'function';
}

/** A `QueryStream` keeps its text in its cursor. */
function textOf(config: unknown): string {
  if (typeof config === 'string') {
    return config;
  }
  const { text, cursor } = (config ?? {}) as { text?: unknown; cursor?: { text?: unknown } };
  const known = text ?? cursor?.text;
  return typeof known === 'string' ? known : '';
}
