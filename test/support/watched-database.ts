import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Client } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { DataSource as DataSource03 } from 'typeorm-0.3';
import { poll } from '../../sample/src/common/poll.js';
import { type HyperMetricsOptions, MetricsService, PoolHealthChecker, PoolTracker } from '../../src/index.js';
import { HyperMetricsTestingModule } from '../../src/testing.js';

/** The versions of TypeORM that are supported. What differs in their types is of no concern to a pool. */
export const TYPEORM_VERSIONS = [
  ['1.x', DataSource],
  ['0.3', DataSource03 as unknown as typeof DataSource],
] as const;

export type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

let names = 0;

/** By which the server tells connections of one test from all others. */
export function uniqueApplicationName(): string {
  names += 1;
  return `hyper-metrics-${process.pid}-${names}`;
}

export const PATIENCE = { timeoutMs: 60_000, intervalMs: 5 };

/** Waits until it is true; fails with what was waited for. */
export async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  if (!(await poll(check, PATIENCE))) {
    throw new Error(`Not in time: ${what}.`);
  }
}

/** The gauges of the pools as one scrape has them; `undefined` are those that it has not. */
export interface PoolGauges {
  readonly total: number | undefined;
  readonly available: number | undefined;
  readonly inUse: number | undefined;
  readonly pinned: number | undefined;
  readonly open: number | undefined;
  readonly idle: number | undefined;
  readonly waiting: number | undefined;
}

export const ABSENT: PoolGauges = {
  total: undefined,
  available: undefined,
  inUse: undefined,
  pinned: undefined,
  open: undefined,
  idle: undefined,
  waiting: undefined,
};

/** One sample by its name, and by its labels sorted by name. */
export type Scrape = (name: string, labels?: Readonly<Record<string, string>>) => number | undefined;

/** The metrics of an application that has nothing but these databases. */
export class WatchedDatabases {
  private constructor(
    readonly metrics: MetricsService,
    readonly checker: PoolHealthChecker,
    readonly tracker: PoolTracker,
    readonly close: () => Promise<void>,
  ) {}

  /** Without health checks, unless they are asked for. */
  static async of(
    dataSources: NonNullable<HyperMetricsOptions['dataSources']>,
    options: Omit<HyperMetricsOptions, 'registry' | 'dataSources'> = {},
  ): Promise<WatchedDatabases> {
    const app = await NestFactory.createApplicationContext(
      HyperMetricsTestingModule.forRoot({ dataSources, healthChecker: false, prefix: 'x_', ...options }),
      { logger: false },
    );
    return new WatchedDatabases(
      app.get(MetricsService),
      app.get(PoolHealthChecker),
      app.get(PoolTracker),
      () => app.close(),
    );
  }

  async scrape(): Promise<Scrape> {
    const text = await this.metrics.collect();
    const samples = new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const space = line.lastIndexOf(' ');
          return [line.slice(0, space), Number(line.slice(space + 1))] as const;
        }),
    );
    return (name, labels = {}) => {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      return samples.get(`x_${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`}`);
    };
  }

  async gauges(): Promise<PoolGauges> {
    const read = await this.scrape();
    return {
      total: read('db_pool_total'),
      available: read('db_pool_available'),
      inUse: read('db_pool_in_use'),
      pinned: read('db_pool_thread_owned'),
      open: read('db_pool_open'),
      idle: read('db_pool_idle'),
      waiting: read('db_pool_waiting'),
    };
  }

  /** How many acquires there were, by result; none of a result is left out. */
  async acquires(): Promise<Readonly<Record<string, number>>> {
    const read = await this.scrape();
    return Object.fromEntries(
      ['idle', 'created', 'waited', 'timeout', 'error']
        .map((result) => [result, read('db_pool_acquire_duration_seconds_count', { result }) ?? -1] as const)
        .filter(([, count]) => count !== 0),
    );
  }

  /** Connections created, closed, and open by their difference. */
  async connections(): Promise<{ readonly created: number; readonly closed: number; readonly left: number }> {
    const read = await this.scrape();
    const created = read('db_pool_connections_created_total') ?? Number.NaN;
    const closed = read('db_pool_connections_closed_total') ?? Number.NaN;
    return { created, closed, left: created - closed };
  }
}

/** What the server says of the connections of an application. */
export interface ServerConnections {
  readonly open: number;
  readonly active: number;
  readonly idle: number;
  readonly inTransaction: number;
  readonly aborted: number;
}

/** A connection of the test's own, to ask the server what it sees. */
export class ServerView {
  private constructor(private readonly client: Client) {}

  static async open(url: string): Promise<ServerView> {
    const client = new Client({ connectionString: url, application_name: 'test-observer' });
    client.on('error', () => {});
    await client.connect();
    return new ServerView(client);
  }

  async connections(applicationName: string): Promise<ServerConnections> {
    const { rows } = await this.client.query<{ state: string; count: number }>(
      `SELECT state, count(*)::int AS count FROM pg_stat_activity
        WHERE application_name = $1 AND backend_type = 'client backend' GROUP BY state`,
      [applicationName],
    );
    const count = (state: string): number => rows.find((row) => row.state === state)?.count ?? 0;
    return {
      open: rows.reduce((sum, row) => sum + row.count, 0),
      active: count('active'),
      idle: count('idle'),
      inTransaction: count('idle in transaction'),
      aborted: count('idle in transaction (aborted)'),
    };
  }

  /** Waits for it: the server tells a client of an error before it says so of itself. */
  async expectConnections(applicationName: string, expected: Partial<ServerConnections>): Promise<void> {
    await until(`the server sees ${JSON.stringify(expected)}`, async () => {
      const seen = { ...(await this.connections(applicationName)) };
      return JSON.stringify({ ...seen, ...expected }) === JSON.stringify(seen);
    });
  }

  /** Waits until so many connections of an application run a statement. */
  async untilActive(applicationName: string, active: number): Promise<void> {
    await until(
      `${active} active connections`,
      async () => (await this.connections(applicationName)).active === active,
    );
  }

  async untilOpen(applicationName: string, open: number): Promise<void> {
    await until(
      `${open} open connections`,
      async () => (await this.connections(applicationName)).open === open,
    );
  }

  async terminate(applicationName: string): Promise<void> {
    await this.client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
      [applicationName],
    );
  }

  /** A statement that runs, `active` as the server sees it, until the test lets it end. */
  async closeGate(): Promise<Gate> {
    gates += 1;
    const key = `${process.pid}, ${gates}`;
    await this.client.query(`SELECT pg_advisory_lock(${key})`);
    return {
      statement: `SELECT pg_advisory_xact_lock_shared(${key})`,
      open: async () => {
        await this.client.query(`SELECT pg_advisory_unlock(${key})`);
      },
    };
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

let gates = 0;

export interface Gate {
  readonly statement: string;
  open(): Promise<void>;
}
