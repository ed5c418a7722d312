import { InvalidValueError } from '../../core/errors.js';
import { isTableName } from '../../options/sql-table-name.js';
import type { OwnConnection, Row } from '../source/query-source.interface.js';
import type { LoggedQuery, SlowQueryLogStats } from './slow-query-log.interface.js';

const COLUMNS = `(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ended_at timestamptz NOT NULL,
  duration_ms double precision NOT NULL,
  operation text NOT NULL,
  fingerprint text NOT NULL,
  route text,
  failed boolean NOT NULL,
  plan text
)`;

/** The table is missing (PostgreSQL, Appendix A). */
const UNDEFINED_TABLE = '42P01';
/** The table was created by an earlier version. */
const UNDEFINED_COLUMN = '42703';
/** Another process created the table at the same time. */
const ALREADY_THERE = new Set(['42P07', '23505']);

const TOP_FINGERPRINTS = 20;

/**
 * The statements on the table of a slow-query log. The table, or its latest column, is created when a statement finds it
 * missing: an existing one needs no privilege to create it.
 *
 * Values are read as text: the application's type parsers may be active on the connection.
 */
export class SlowQueryTable {
  private readonly name: string;

  /** @throws {@link InvalidValueError} on a name with other characters than letters, digits and `_`. */
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
    await this.query(
      connection,
      `INSERT INTO ${this.name} (ended_at, duration_ms, operation, fingerprint, route, failed, plan)
       SELECT * FROM unnest($1::timestamptz[], $2::float8[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[])`,
      [
        queries.map(({ endedAt }) => endedAt.toISOString()),
        queries.map(({ durationMs }) => durationMs),
        queries.map(({ operation }) => operation),
        queries.map(({ fingerprint }) => storable(fingerprint)),
        queries.map(({ route }) => route && storable(route)),
        queries.map(({ failed }) => failed),
        queries.map(({ plan }) => plan && storable(plan)),
      ],
    );
  }

  recent(connection: OwnConnection, limit: number): Promise<readonly LoggedQuery[]> {
    return this.select(connection, 'logged.ended_at DESC, logged.id DESC', limit);
  }

  slowest(connection: OwnConnection, limit: number): Promise<readonly LoggedQuery[]> {
    return this.select(connection, 'logged.duration_ms DESC, logged.id DESC', limit);
  }

  async stats(connection: OwnConnection): Promise<Omit<SlowQueryLogStats, 'pending' | 'dropped' | 'plans'>> {
    const [total] = await this.query(
      connection,
      `SELECT count(*)::text AS queries, coalesce(avg(duration_ms), 0)::text AS average,
              coalesce(max(duration_ms), 0)::text AS max
       FROM ${this.name}`,
    );
    const top = await this.query(
      connection,
      `SELECT fingerprint, count(*)::text AS queries, sum(duration_ms)::text AS total, max(duration_ms)::text AS max,
              (array_agg(plan ORDER BY ended_at DESC) FILTER (WHERE plan IS NOT NULL))[1] AS plan
       FROM ${this.name} GROUP BY fingerprint ORDER BY sum(duration_ms) DESC LIMIT ${TOP_FINGERPRINTS}`,
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
        plan: (row['plan'] as string | null) ?? undefined,
      })),
    };
  }

  /** Deletes rows that are older than so many days. Returns their number. */
  async cleanUp(connection: OwnConnection, days: number): Promise<number> {
    const [deleted] = await this.query(
      connection,
      `WITH old AS (DELETE FROM ${this.name} WHERE ended_at < now() - make_interval(secs => $1::float8 * 86400) RETURNING 1)
       SELECT count(*)::text AS count FROM old`,
      [days],
    );
    return Number(deleted?.['count']);
  }

  /** @param order - with the table's name: a name alone would mean the column of the result, which is text */
  private async select(
    connection: OwnConnection,
    order: string,
    limit: number,
  ): Promise<readonly LoggedQuery[]> {
    const rows = await this.query(
      connection,
      `SELECT (extract(epoch FROM ended_at) * 1000)::text AS ended_at_ms, duration_ms::text, operation, fingerprint, route,
              failed::text, plan
       FROM ${this.name} AS logged ORDER BY ${order} LIMIT $1`,
      [limit],
    );
    return rows.map(toLoggedQuery);
  }

  private async query(
    connection: OwnConnection,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    try {
      return await connection.query(text, values);
    } catch (error) {
      switch (codeOf(error)) {
        case UNDEFINED_TABLE:
          await this.make(connection);
          break;
        case UNDEFINED_COLUMN:
          await connection.query(`ALTER TABLE ${this.name} ADD COLUMN IF NOT EXISTS plan text`);
          break;
        default:
          throw error;
      }
    }
    return connection.query(text, values);
  }

  private async make(connection: OwnConnection): Promise<void> {
    try {
      await this.create(connection, 'UNLOGGED');
    } catch {
      await this.create(connection, '');
    }
  }

  private async create(connection: OwnConnection, persistence: 'UNLOGGED' | ''): Promise<void> {
    try {
      await connection.query(`CREATE ${persistence} TABLE IF NOT EXISTS ${this.name} ${COLUMNS}`);
    } catch (error) {
      if (!ALREADY_THERE.has(codeOf(error))) {
        throw error;
      }
    }
  }
}

function toLoggedQuery(row: Row): LoggedQuery {
  return {
    endedAt: new Date(Number(row['ended_at_ms'])),
    durationMs: Number(row['duration_ms']),
    operation: String(row['operation']),
    fingerprint: String(row['fingerprint']),
    route: (row['route'] as string | null) ?? undefined,
    failed: row['failed'] === 'true',
    plan: (row['plan'] as string | null) ?? undefined,
  };
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown } | null)?.code);
}

/** Replaces NUL and lone surrogates, which PostgreSQL rejects. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
