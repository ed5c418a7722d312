import { InvalidValueError } from '../../core/errors.js';
import { isTableName } from '../../core/table-name.js';
import type { OwnConnection, Row } from '../query-source.interface.js';
import type { LoggedQuery, SlowQueryLogStats } from './slow-query-log.interface.js';

const COLUMNS = `(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ended_at timestamptz NOT NULL,
  duration_ms double precision NOT NULL,
  operation text NOT NULL,
  fingerprint text NOT NULL,
  route text,
  failed boolean NOT NULL
)`;

/** Two processes made it at the same time: it is there (PostgreSQL, Appendix A: 42P07, 23505). */
const ALREADY_THERE = new Set(['42P07', '23505']);

const TOP_FINGERPRINTS = 20;

/** The statements on the table of a slow-query log. */
export class SlowQueryTable {
  private readonly name: string;
  private isMade = false;

  /** @throws {@link InvalidValueError} on a name that would need thought to be quoted. */
  constructor(table: string) {
    if (typeof table !== 'string' || !isTableName(table)) {
      throw new InvalidValueError(
        `table of a SlowQueryLog is ${JSON.stringify(table)}; allowed: a name of letters, digits and "_", with a schema or without.`,
      );
    }
    this.name = table
      .split('.')
      .map((part) => `"${part}"`)
      .join('.');
  }

  async insert(connection: OwnConnection, queries: readonly LoggedQuery[]): Promise<void> {
    await this.make(connection);
    // Until this has succeeded: somebody may have dropped it.
    this.isMade = false;
    await connection.query(
      `INSERT INTO ${this.name} (ended_at, duration_ms, operation, fingerprint, route, failed)
       SELECT * FROM unnest($1::timestamptz[], $2::float8[], $3::text[], $4::text[], $5::text[], $6::boolean[])`,
      [
        queries.map(({ endedAt }) => endedAt),
        queries.map(({ durationMs }) => durationMs),
        queries.map(({ operation }) => operation),
        queries.map(({ fingerprint }) => storable(fingerprint)),
        queries.map(({ route }) => route && storable(route)),
        queries.map(({ failed }) => failed),
      ],
    );
    this.isMade = true;
  }

  recent(connection: OwnConnection, limit: number): Promise<readonly LoggedQuery[]> {
    return this.select(connection, 'ended_at DESC, id DESC', limit);
  }

  slowest(connection: OwnConnection, limit: number): Promise<readonly LoggedQuery[]> {
    return this.select(connection, 'duration_ms DESC, id DESC', limit);
  }

  async stats(connection: OwnConnection): Promise<Omit<SlowQueryLogStats, 'pending' | 'dropped'>> {
    await this.make(connection);
    const [total] = await connection.query(
      `SELECT count(*)::float8 AS queries, coalesce(avg(duration_ms), 0) AS average, coalesce(max(duration_ms), 0) AS max
       FROM ${this.name}`,
    );
    const top = await connection.query(
      `SELECT fingerprint, count(*)::float8 AS queries, sum(duration_ms) AS total, max(duration_ms) AS max
       FROM ${this.name} GROUP BY fingerprint ORDER BY total DESC LIMIT ${TOP_FINGERPRINTS}`,
    );
    return {
      queries: Number(total?.['queries']),
      averageDurationMs: Number(total?.['average']),
      maxDurationMs: Number(total?.['max']),
      fingerprints: top.map((row) => ({
        fingerprint: String(row['fingerprint']),
        queries: Number(row['queries']),
        totalDurationMs: Number(row['total']),
        maxDurationMs: Number(row['max']),
      })),
    };
  }

  /** Answers how many rows were older than that many days. */
  async cleanUp(connection: OwnConnection, days: number): Promise<number> {
    await this.make(connection);
    const [deleted] = await connection.query(
      `WITH old AS (DELETE FROM ${this.name} WHERE ended_at < now() - make_interval(secs => $1::float8 * 86400) RETURNING 1)
       SELECT count(*)::float8 AS count FROM old`,
      [days],
    );
    return Number(deleted?.['count']);
  }

  private async select(
    connection: OwnConnection,
    order: string,
    limit: number,
  ): Promise<readonly LoggedQuery[]> {
    await this.make(connection);
    const rows = await connection.query(
      `SELECT extract(epoch FROM ended_at)::float8 * 1000 AS ended_at_ms, duration_ms, operation, fingerprint, route, failed
       FROM ${this.name} ORDER BY ${order} LIMIT $1`,
      [limit],
    );
    return rows.map(toLoggedQuery);
  }

  private async make(connection: OwnConnection): Promise<void> {
    if (this.isMade) {
      return;
    }
    try {
      await connection.query(`CREATE UNLOGGED TABLE IF NOT EXISTS ${this.name} ${COLUMNS}`);
    } catch (error) {
      if (!ALREADY_THERE.has(String((error as { code?: unknown }).code))) {
        await connection.query(`CREATE TABLE IF NOT EXISTS ${this.name} ${COLUMNS}`);
      }
    }
    this.isMade = true;
  }
}

/** The application's own type parsers may be in force on the connection. */
function toLoggedQuery(row: Row): LoggedQuery {
  return {
    endedAt: new Date(Number(row['ended_at_ms'])),
    durationMs: Number(row['duration_ms']),
    operation: String(row['operation']),
    fingerprint: String(row['fingerprint']),
    route: (row['route'] as string | null) ?? undefined,
    failed: row['failed'] === true,
  };
}

/** PostgreSQL stores no NUL, and no lone surrogates. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
