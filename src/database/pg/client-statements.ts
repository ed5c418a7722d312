import type { PreparingConnection } from '../query-source.interface.js';
import type { PgClient } from './pg.interface.js';

/** The statements that a client's connection has prepared, as pg keeps them (8.21 to 8.23). */
export class ClientStatements implements PreparingConnection {
  constructor(private readonly client: PgClient) {}

  get isIdle(): boolean {
    return this.client.readyForQuery === true;
  }

  get isInTransaction(): boolean {
    return this.client.getTransactionStatus?.() !== 'I';
  }

  hasPrepared(name: string): boolean {
    return this.client.connection?.parsedStatements?.[name] !== undefined;
  }

  close(name: string): void {
    const { connection } = this.client;
    delete connection?.parsedStatements?.[name];
    connection?.close?.({ type: 'S', name });
  }
}

/** Why statements of a client cannot be named; `undefined` when they can. */
export function namingProblem({ connection, getTransactionStatus, pipeline }: PgClient): string | undefined {
  if (typeof connection?.close !== 'function' || connection.parsedStatements === undefined) {
    return 'the driver is not the JavaScript one of pg';
  }
  if (getTransactionStatus === undefined) {
    return 'pg is older than 8.21';
  }
  return pipeline === true ? 'the connections are in pipeline mode' : undefined;
}
