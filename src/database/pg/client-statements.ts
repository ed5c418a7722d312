import type { PreparingConnection } from '../source/query-source.interface.js';
import type { PgClient, PgPool } from './pg.interface.js';

const known = new WeakMap<PgClient, ClientStatements>();

interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

/** The prepared statements of a client's connection, as pg keeps them (8.21 to 8.23). */
export class ClientStatements implements PreparingConnection {
  /** Names of prepared statements that are still to be closed on the server. */
  private readonly unwanted = new Set<string>();

  private constructor(private readonly client: PgClient) {}

  /** Returns the same instance for a client throughout its life: its hook may be replaced. */
  static of(client: PgClient): ClientStatements {
    const statements = known.get(client) ?? new ClientStatements(client);
    known.set(client, statements);
    return statements;
  }

  /** Whether a statement would be sent to the server at once: none is under way or waits. */
  get isIdle(): boolean {
    const { readyForQuery, _queryQueue } = this.client;
    return readyForQuery === true && (_queryQueue === undefined || _queryQueue.length === 0);
  }

  get isInTransaction(): boolean {
    return this.client.getTransactionStatus?.() !== 'I';
  }

  get isAtRest(): boolean {
    return this.isIdle && !this.isInTransaction;
  }

  onceAtRest(callback: () => void): () => void {
    const { client } = this;
    const onReadyForQuery = (message: { readonly status?: string } | undefined): void => {
      if (message?.status === 'I' && (client._queryQueue?.length ?? 0) === 0) {
        stop();
        callback();
      }
    };
    const stop = (): void => void client.connection?.removeListener('readyForQuery', onReadyForQuery);
    // Before pg's own listener, which calls the application's callback.
    client.connection?.prependListener('readyForQuery', onReadyForQuery);
    return stop;
  }

  onSetting(callback: (name: string, value: string) => void): () => void {
    const { connection } = this.client;
    const onParameterStatus = (message: ParameterStatus): void =>
      callback(message.parameterName, message.parameterValue);
    connection?.on('parameterStatus', onParameterStatus);
    return () => void connection?.removeListener('parameterStatus', onParameterStatus);
  }

  hasPrepared(name: string): boolean {
    return !this.unwanted.has(name) && this.client.connection?.parsedStatements?.[name] !== undefined;
  }

  close(name: string): void {
    this.unwanted.add(name);
  }

  closeNow = (): void => {
    if (this.isIdle) {
      this.closeUnwanted();
    } else if (this.unwanted.size > 0) {
      this.client.once('drain', this.closeNow);
    }
  };

  /** Whether statements are to be closed before the next one. */
  get hasUnwanted(): boolean {
    return this.unwanted.size > 0;
  }

  /** Closes the unwanted statements and sends the next one, in one packet. */
  closeBefore<T>(send: () => T): T {
    if (!this.isIdle) {
      return send();
    }
    const { stream } = this.client.connection ?? {};
    stream?.cork?.();
    try {
      this.closeUnwanted();
      return send();
    } finally {
      stream?.uncork?.();
    }
  }

  /**
   * Sends Close messages of the protocol: they cost no round trip, and an aborted transaction accepts them, unlike
   * `DEALLOCATE`. To be called on an idle connection: pg records a statement when the server reports it as parsed, and a COPY
   * accepts no such message.
   */
  private closeUnwanted(): void {
    const { connection } = this.client;
    for (const name of this.unwanted) {
      delete connection?.parsedStatements?.[name];
      connection?.close?.({ type: 'S', name });
    }
    this.unwanted.clear();
  }
}

/** The reason why clients of an old pg cannot name statements. */
export const OLD_PG = 'pg is older than 8.21; update it';

/** Whether a pool's clients are of an old pg, without opening one. */
export function isOldPg(clientClass: PgPool['Client']): boolean {
  const prototype = (clientClass as { readonly prototype?: Partial<PgClient> } | undefined)?.prototype;
  return typeof prototype?.query === 'function' && prototype.getTransactionStatus === undefined;
}

/** Returns why a client's statements cannot be named, and what helps; `undefined` when they can. */
export function namingProblem({ connection, getTransactionStatus, pipeline }: PgClient): string | undefined {
  if (typeof connection?.close !== 'function' || connection.parsedStatements === undefined) {
    return 'the driver is not the JavaScript one of pg (pg-native is not supported)';
  }
  if (getTransactionStatus === undefined) {
    return OLD_PG;
  }
  return pipeline === true ? 'the connections are in pipeline mode; remove the option `pipeline`' : undefined;
}
