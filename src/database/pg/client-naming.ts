import { nowMs } from '../../core/tool/stopwatch.js';
import type { NamedStatement, StatementNamer } from '../source/query-source.interface.js';
import { ClientStatements, namingProblem } from './client-statements.js';
import type { PgClient } from './pg.interface.js';
import { takesCallback } from './query-of-pg.js';
import { textOf } from './statement-arguments.js';

type Callback = (...args: unknown[]) => unknown;
type Query = PgClient['query'];

const OTHER_QUERY = 'the clients have a `query` method of the application, which may only know promises';

/** Sends the statements of one client under the names that a namer gives them. It exists only while there is a namer. */
export class ClientNaming {
  /** Determined at the first statement. */
  private canName: boolean | undefined;
  private readonly prepared: ClientStatements;

  constructor(
    private readonly client: PgClient,
    private readonly namer: StatementNamer,
  ) {
    this.prepared = ClientStatements.of(client);
  }

  /** The pool has removed the client. */
  closed(): void {
    this.canName = false;
    this.namer.connectionClosed(this.prepared);
  }

  /** Calls pg's `query`. */
  send(query: Query, client: PgClient, args: unknown[]): unknown {
    const { prepared } = this;
    const named = this.nameFor(args, takesCallback(query));
    if (!prepared.hasUnwanted) {
      return named === undefined ? query.apply(client, args) : sendNamed(client, query, named, args);
    }
    return prepared.closeBefore(() =>
      named === undefined ? query.apply(client, args) : sendNamed(client, query, named, args),
    );
  }

  /**
   * Returns a name for a text that is sent with values on an idle connection, where it is known which statements the server
   * has. Tells the namer of every other text.
   */
  private nameFor(args: readonly unknown[], isPgs: boolean): NamedStatement | undefined {
    this.canName ??= this.checkClient();
    if (!this.canName) {
      return undefined;
    }
    if (!isPgs) {
      this.namer.cannotName(OTHER_QUERY);
    }
    const config = args[0];
    if (isPgs && typeof config === 'string' && hasValues(args) && this.prepared.isIdle) {
      return this.namer.nameFor(config, this.prepared);
    }
    this.namer.passed(textOf(config), this.prepared);
    return undefined;
  }

  private checkClient(): boolean {
    const problem = namingProblem(this.client);
    if (problem !== undefined) {
      this.namer.cannotName(problem);
    }
    return problem === undefined;
  }
}

/** True for an array of values, with a callback. Any other form is left to pg. */
function hasValues([, values, callback]: readonly unknown[]): boolean {
  return Array.isArray(values) && values.length > 0 && typeof callback === 'function';
}

/**
 * Sends a text with values under its name, if it has one. If it fails because of the name, it is sent again without one, before
 * the statements that wait on that connection.
 */
function sendNamed(
  client: PgClient,
  query: Query,
  named: NamedStatement,
  [text, values, callback]: readonly unknown[],
): unknown {
  const startedAtMs = nowMs();
  function ended(this: unknown, error: unknown, result: unknown): void {
    if (named.ended(nowMs() - startedAtMs, error ?? undefined)) {
      sendFirst(client, () => query.call(client, text, values, callback));
    } else {
      (callback as Callback).call(this, error, result);
    }
  }
  const { name } = named;
  if (name === undefined) {
    return query.call(client, text, values, ended);
  }
  const { Query } = client.constructor;
  if (typeof Query !== 'function') {
    return query.call(client, { name, text, values }, ended);
  }
  // pg copies a configuration property by property, which takes longer than the rest of this function.
  const statement = new Query(text, values, ended);
  statement.name = name;
  query.call(client, statement);
  // As pg with a callback; for a `Query` it returns the object.
  return undefined;
}

/** Moves the statement to the front of the queue: the waiting statements were sent after its first attempt. */
function sendFirst({ _queryQueue: queue }: PgClient, send: () => unknown): void {
  const waiting = queue?.length ?? 0;
  send();
  if (queue !== undefined && waiting > 0 && queue.length === waiting + 1) {
    queue.unshift(queue.pop());
  }
}
