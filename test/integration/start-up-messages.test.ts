import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { type INestApplicationContext, Logger, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client, Pool } from 'pg';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DataSourceLike } from '../../src/options/instrumentable.interface.js';
import { HyperMetricsModule, type HyperMetricsOptions, PoolHealthChecker } from '../../src/index.js';

const log = { log: [] as string[], warn: [] as string[] };
const LOGGER: LoggerService = {
  log: (message: string, context?: string) => void (context === 'HyperMetrics' && log.log.push(message)),
  warn: (message: string, context?: string) => void (context === 'HyperMetrics' && log.warn.push(message)),
  error: () => {},
};

let app: INestApplicationContext | undefined;
const closed: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  log.log = [];
  log.warn = [];
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await Promise.all(closed.splice(0).map((close) => close()));
  Logger.overrideLogger(true);
});

async function start(options: HyperMetricsOptions): Promise<void> {
  app = await NestFactory.createApplicationContext(
    HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, http: false, ...options }),
    { logger: LOGGER },
  );
}

async function sqlite(): Promise<DataSource> {
  const source = await new DataSource({ type: 'sqljs' }).initialize();
  closed.push(() => source.destroy());
  return source;
}

/** Nothing is sent at the start: no server is needed. */
function pool(clientClass = Client): Pool {
  const made = new Pool({ host: '127.0.0.1', port: 1, Client: clientClass });
  closed.push(() => made.end());
  return made;
}

/** As TypeORM makes it, without a server. */
function mongoDb(): DataSourceLike {
  const createQueryRunner = () => ({ query: () => Promise.reject(new Error('No query runner.')) });
  return Object.assign(Object.create(null) as DataSourceLike, {
    isInitialized: false,
    options: { type: 'mongodb' },
    driver: { createQueryRunner },
    createQueryRunner,
    destroy: () => Promise.resolve(),
  });
}

const onLine = (): string | undefined =>
  log.log.find((line) => line.startsWith('Metrics '))?.split('(prefix hyperdjango_): ')[1];

it.each<readonly [string, () => Promise<HyperMetricsOptions>, string]>([
  [
    'a database without a pool of pg',
    async () => ({ dataSources: [await sqlite()] }),
    'process, one database (queries)',
  ],
  [
    'several databases without a pool of pg',
    async () => ({ dataSources: [await sqlite(), await sqlite()] }),
    'process, 2 databases (queries)',
  ],
  ['a pool of pg', async () => ({ dataSources: [pool()] }), 'process, one database (queries, pools, health)'],
  [
    'databases of both kinds',
    async () => ({ dataSources: [await sqlite(), pool()] }),
    'process, 2 databases (queries, pools and health of one)',
  ],
  [
    'databases of both kinds, without checks',
    async () => ({ dataSources: [await sqlite(), pool(), pool()], healthChecker: false }),
    'process, 3 databases (queries, pools of 2)',
  ],
  [
    'a statement cache',
    async () => ({ dataSources: [await sqlite(), pool()], statementCache: true, pools: false }),
    'process, 2 databases (queries, health and statement cache of one)',
  ],
  [
    'a database of which nothing is on',
    async () => ({ dataSources: [await sqlite()], queryTimer: false }),
    'process, one database',
  ],
  ['no database', async () => ({ dataSources: [] }), 'process'],
  [
    'MongoDB, whose commands are not seen',
    async () => ({ dataSources: [await sqlite(), mongoDb()] }),
    'process, one database (queries)',
  ],
])('the line at the start promises what there is: %s', async (_name, options, on) => {
  await start(await options());
  expect(onLine()).toBe(on);
});

it.each<readonly [string, HyperMetricsOptions]>([
  ['README.md', { endpoint: { page: true } }],
  ['docs/troubleshooting.md', {}],
])('the line at the start is the one that %s shows', async (file, options) => {
  const page = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [, shown] = /^\[HyperMetrics\] (Metrics at .+)$/m.exec(page) ?? [];
  const module = HyperMetricsModule.forRoot({ registry: new Registry(), dataSources: [pool()], ...options });
  const listening = await NestFactory.create(module, { logger: LOGGER });
  app = listening;
  await listening.listen(0);
  const { port } = listening.getHttpServer().address() as AddressInfo;

  expect(log.log.map((line) => line.replace(`:${port}/`, ':3000/'))).toContain(shown);
});

const OTHERS =
  'no effect without a pool of pg, and the application has data sources of another type only (sqljs). ' +
  "Remove unneeded options, or add a pg.Pool or a data source of type 'postgres' or 'cockroachdb'.";

it.each<readonly [string, HyperMetricsOptions]>([
  ['statementCache', { statementCache: true }],
  ['statementCache', { statementCache: { maxEntries: 10 } }],
  ['queryTimer.slowQueryLog', { queryTimer: { slowQueryLog: true } }],
  ['pools.perPool', { pools: { perPool: true } }],
  ['pools.leakThresholdMs', { pools: { leakThresholdMs: 30_000 } }],
  ['healthChecker', { healthChecker: { intervalSeconds: 10 } }],
  ['healthChecker', { healthChecker: { failureThreshold: 3 } }],
  [
    'statementCache, queryTimer.slowQueryLog, pools.perPool, healthChecker',
    {
      statementCache: true,
      queryTimer: { slowQueryLog: true },
      pools: { perPool: true },
      healthChecker: { timeoutMs: 100 },
    },
  ],
])('%s without a pool of pg is warned of at the start', async (names, options) => {
  await start({ ...options, dataSources: [await sqlite(), await sqlite()] });
  expect(log.warn).toEqual([`${names}: ${OTHERS}`]);
});

it('an option that needs a pool is warned of where the list of data sources is empty', async () => {
  await start({ statementCache: true, dataSources: [] });
  expect(log.warn).toEqual([
    expect.stringMatching(/^statementCache: .* the application has no data source\. /),
  ]);
});

it('options that need a pool are warned of, once, where no database was found', async () => {
  await start({
    pools: { leakThresholdMs: 30_000 },
    healthChecker: { intervalSeconds: 10 },
    queryTimer: { slowQueryLog: true },
    statementCache: true,
  });
  expect(log.warn).toEqual([
    'statementCache, queryTimer.slowQueryLog, pools.leakThresholdMs, healthChecker: no effect without a pool of pg, and the ' +
      'application has no data source. Remove unneeded options, or add a pg.Pool or a data source of type ' +
      "'postgres' or 'cockroachdb'. One that is added later is watched from then on.",
  ]);
});

it.each<readonly [string, () => Promise<HyperMetricsOptions>]>([
  ['defaults', async () => ({ dataSources: [await sqlite()] })],
  ['switched-off parts', async () => ({ dataSources: [await sqlite()], pools: false, healthChecker: false })],
  [
    'a pool beside another database',
    async () => ({
      dataSources: [await sqlite(), pool()],
      statementCache: true,
      pools: { perPool: true },
      // Its first check would fail: there is no server.
      healthChecker: false,
    }),
  ],
  ['defaults and no database', async () => ({})],
  ['a module that is switched off', async () => ({ enabled: false, statementCache: true, dataSources: [] })],
])('nothing is warned of with %s', async (_name, options) => {
  await start(await options());
  expect(log.warn).toEqual([]);
});

it('a database without an answer is warned of once', async () => {
  await start({ dataSources: [pool()] });
  const checker = (app as INestApplicationContext).get(PoolHealthChecker);
  await checker.check();
  await checker.check();
  expect(log.warn).toEqual([
    'Health check of the database "source_1" fails: ECONNREFUSED. A line follows when it succeeds again.',
  ]);
});

it('a pg that is too old for the statement cache is warned of at the start, once', async () => {
  class OldClient extends Client {}
  Object.defineProperty(OldClient.prototype, 'getTransactionStatus', { value: undefined });
  await start({
    statementCache: true,
    healthChecker: false,
    dataSources: [pool(OldClient), pool(OldClient), pool()],
  });
  expect(log.warn).toEqual(['The statement cache is inactive: pg is older than 8.21; update it.']);
});
