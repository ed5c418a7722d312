import type { NamedStatement, StatementNamer } from '../source/query-source.interface.js';
import { ClientStatements, namingProblem } from './client-statements.js';
import { sendNamed } from './named-query.js';
import type { PgClient } from './pg.interface.js';
import { textOf } from './statement-text.js';

type Query = PgClient['query'];

/** Who is asked for names, at the moment. */
export interface Naming {
  readonly namer: StatementNamer | undefined;
}

/** Between the hook on a client and pg: gives statements the names that a namer has for them. */
export class ClientNaming {
  /** Found out when it is first asked for. */
  private canName: boolean | undefined;
  private readonly prepared: ClientStatements;

  constructor(
    private readonly client: PgClient,
    private readonly owner: Naming,
  ) {
    this.prepared = ClientStatements.of(client);
  }

  /** What sends statements in pg's place, and to pg in the end. */
  over(original: Query): Query {
    const send = this.send.bind(this, original);
    return function sendWithName(this: PgClient, ...args: unknown[]): unknown {
      return send(this, args);
    };
  }

  /** The pool has given the client up. */
  closed(): void {
    this.canName = false;
    this.owner.namer?.connectionClosed(this.prepared);
  }

  private send(original: Query, client: PgClient, args: unknown[]): unknown {
    const { prepared } = this;
    const { namer } = this.owner;
    const named = namer && this.nameFor(namer, args);
    if (!prepared.hasUnwanted) {
      return named === undefined ? original.apply(client, args) : sendNamed(client, original, named, args);
    }
    return prepared.closeBefore(() =>
      named === undefined ? original.apply(client, args) : sendNamed(client, original, named, args),
    );
  }

  /** Only a text with values is worth a name, and only where nothing is under way is it known what the server has. */
  private nameFor(namer: StatementNamer, args: readonly unknown[]): NamedStatement | undefined {
    this.canName ??= this.findOutWhetherItCanName(namer);
    if (!this.canName) {
      return undefined;
    }
    const config = args[0];
    if (typeof config === 'string' && hasValues(args) && this.prepared.isIdle) {
      return namer.nameFor(config, this.prepared);
    }
    namer.passed(textOf(config), this.prepared);
    return undefined;
  }

  private findOutWhetherItCanName(namer: StatementNamer): boolean {
    const problem = namingProblem(this.client);
    if (problem !== undefined) {
      namer.cannotName(problem);
    }
    return problem === undefined;
  }
}

/** Given as an array, with a callback or with none: any other form is pg's to understand. */
function hasValues(args: readonly unknown[]): boolean {
  const values = args[1];
  const callback = args[2];
  return (
    Array.isArray(values) && values.length > 0 && (callback === undefined || typeof callback === 'function')
  );
}
