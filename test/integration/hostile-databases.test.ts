import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Client, Pool, type PoolClient } from 'pg';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  HyperMetricsModule,
  InvalidValueError,
  MetricsService,
  QueryTimer,
  SlowQueryLog,
} from '../../src/index.js';
import { poll } from '../../sample/src/common/poll.js';
import { querySourceOf } from '../../src/database/drivers/query-source.js';
import { startPostgres } from '../support/postgres.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
const pools: Pool[] = [];
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});
afterAll(() => server.stop());

const settings = (): { connectionString: string; max: number } => ({ connectionString: server.url, max: 2 });

/** Ended after the test; the server may stop before the sockets of its connections are closed. */
function keep<P extends Pool>(pool: P): P {
  pools.push(pool.on('error', () => {}));
  return pool;
}

function watch<P extends Pool>(pool: P): { pool: P; timer: QueryTimer } {
  keep(pool);
  return { pool, timer: new QueryTimer(pool).install() };
}

/** Binds every method to the object that it stands for, as pools with row-level security do. */
function wrapped<T extends object>(object: T): T {
  return new Proxy(object, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

describe('a pool of a class of the application’s own', () => {
  it('that hands out its clients wrapped is watched once for each query and connection', async () => {
    class WrappingPool extends Pool {
      // oxlint-disable-next-line typescript/no-explicit-any -- pg declares it with overloads
      override connect(...args: any[]): any {
        const [callback] = args as [((error: unknown, client?: PoolClient, done?: unknown) => void)?];
        return callback === undefined
          ? super.connect().then(wrapped)
          : super.connect((error, client, done) => callback(error, client && wrapped(client), done));
      }
    }
    const { pool, timer } = watch(new WrappingPool(settings()));
    for (let number = 0; number < 200; number += 1) {
      const client = (await pool.connect()) as PoolClient;
      await client.query('SELECT 1');
      client.release();
    }
    await pool.query('SELECT 2');
    expect(timer.getStats()).toMatchObject({ queries: 201, errors: 0, inFlight: 0 });
    expect(querySourceOf(pool).pools()[0]?.state).toMatchObject({ open: 1, inUse: 0 });
    timer.uninstall();
  });

  it('whose connect() takes arguments of its own gets all of them, wherever the callback is', async () => {
    const asked: unknown[][] = [];
    class TenantPool extends Pool {
      // oxlint-disable-next-line typescript/no-explicit-any -- pg declares it with overloads
      override connect(...args: any[]): any {
        asked.push(args.filter((argument) => typeof argument !== 'function'));
        const callback = args.find((argument) => typeof argument === 'function') as (() => void) | undefined;
        return callback === undefined ? super.connect() : super.connect(callback);
      }
    }
    const { pool, timer } = watch(new TenantPool(settings()));
    const connect = pool.connect.bind(pool) as (...args: unknown[]) => Promise<PoolClient>;
    (await connect('acme', 'admin')).release();
    await new Promise((resolve) => {
      void connect({ tenant: 'acme' }, (_: unknown, client: PoolClient) => resolve(client.release()));
    });
    expect(asked).toEqual([['acme', 'admin'], [{ tenant: 'acme' }]]);
    timer.uninstall();
  });

  it('whose clients or itself cannot be changed goes on as without us', async () => {
    class GetterClient extends Client {}
    // oxlint-disable-next-line typescript/unbound-method -- it gets its `this` from the caller
    Object.defineProperty(GetterClient.prototype, 'query', { get: () => Client.prototype.query });
    const getters = watch(new Pool({ ...settings(), Client: GetterClient }));
    expect((await getters.pool.query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }]);
    const sealed = new Pool(settings());
    Object.preventExtensions(sealed);
    expect((await watch(sealed).pool.query('SELECT 1 AS a')).rows).toEqual([{ a: 1 }]);
  });
});

it('what others put on the class after us is called, and no longer when they take it away', async () => {
  const { pool, timer } = watch(new Pool(settings()));
  await pool.query('SELECT 1');
  // oxlint-disable-next-line typescript/unbound-method -- put back below
  const { query } = Client.prototype;
  let seen = 0;
  Object.assign(Client.prototype, {
    query(this: Client, ...args: unknown[]): unknown {
      seen += 1;
      return Reflect.apply(query, this, args);
    },
  });
  await pool.query('SELECT 2');
  Client.prototype.query = query;
  await pool.query('SELECT 3');
  expect(seen).toBe(1);
  expect(timer.getStats().queries).toBe(3);
  timer.uninstall();
});

describe('an application', () => {
  const metrics = () =>
    HyperMetricsModule.forRoot({ registry: new Registry(), healthChecker: false, pools: { perPool: true } });

  it('starts beside providers that throw when they are looked at, and finds its data source behind them', async () => {
    class RequestScoped {
      get isInitialized(): boolean {
        throw new Error('There is no request.');
      }
    }
    @Module({
      providers: [{ provide: 'SCOPED', useValue: new RequestScoped() }],
      imports: [metrics(), TypeOrmModule.forRoot({ type: 'postgres', url: server.url })],
    })
    class ShopModule {}
    const app = await NestFactory.createApplicationContext(ShopModule, { logger: false });
    expect(await app.get(MetricsService).getValue('hyperdjango_db_pool_total')).toBe(10);
    await app.close();
  });

  it('counts a pool once that several of its providers have, and leaves it as it was', async () => {
    const pool = keep(new Pool(settings()));
    const dataSource = await new DataSource({ type: 'postgres', url: server.url, poolSize: 3 }).initialize();
    const { master } = dataSource.driver as unknown as { readonly master: Pool };
    const providers = [
      wrapped(pool),
      pool,
      pool,
      new Proxy(pool, {}),
      dataSource,
      master,
      wrapped(dataSource),
    ];
    @Module({
      providers: providers.map((useValue, index) => ({ provide: `DATABASE_${index}`, useValue })),
      imports: [HyperMetricsModule.forRoot({ registry: new Registry(), pools: { perPool: true } })],
    })
    class ShopModule {}
    const app = await NestFactory.createApplicationContext(ShopModule, { logger: false });
    const service = app.get(MetricsService);
    await pool.query('SELECT 1');
    await wrapped(pool).query('SELECT 1');
    await dataSource.query('SELECT 1');
    expect(await service.getValue('hyperdjango_db_queries_total')).toBe(3);
    expect(await service.getValue('hyperdjango_db_pool_total')).toBe(5);
    expect((await service.collect()).match(/capacity_by_pool\{.*/g)).toEqual([
      'capacity_by_pool{data_source="DATABASE_0",pool="primary"} 2',
      'capacity_by_pool{data_source="DATABASE_4",pool="primary"} 3',
    ]);
    // The first checks are made at the start, one for each pool.
    await expect
      .poll(() => service.getValue('hyperdjango_db_pool_health_checks_total'))
      .toBeGreaterThanOrEqual(2);
    expect(await service.getValue('hyperdjango_db_pool_health_checks_total')).toBe(2);
    await app.close();
    for (const left of [pool, master]) {
      expect(Object.hasOwn(left, 'connect')).toBe(false);
      expect(left.listenerCount('connect') + left.listenerCount('acquire')).toBe(0);
    }
    await dataSource.destroy();
  });

  it('forgets pools that have ended, and those that it is told to forget', async () => {
    @Module({ imports: [metrics()] })
    class TenantsModule {}
    const app = await NestFactory.createApplicationContext(TenantsModule, { logger: false });
    const service = app.get(MetricsService);
    const capacity = (): Promise<number | undefined> => service.getValue('hyperdjango_db_pool_total');
    for (let tenant = 0; tenant < 20; tenant += 1) {
      const pool = new Pool(settings());
      service.instrument(pool, 'tenant');
      await pool.query('SELECT 1');
      await pool.end();
    }
    const pool = keep(new Pool(settings()));
    const forget = service.instrument(pool, 'tenant');
    expect((await service.collect()).match(/capacity_by_pool\{/g)).toHaveLength(1);
    expect(await capacity()).toBe(2);
    forget();
    expect(await capacity()).toBeUndefined();
    expect(() => service.instrument(pool, Symbol('tenant') as never)).toThrow(InvalidValueError);
    await app.close();
  });

  it('leaves a pool that has ended alone, though it is one of its dataSources', async () => {
    const pool = keep(new Pool(settings()));
    @Module({
      imports: [
        HyperMetricsModule.forRoot({ registry: new Registry(), healthChecker: false, dataSources: [pool] }),
      ],
    })
    class PoolModule {}
    const app = await NestFactory.createApplicationContext(PoolModule, { logger: false });
    const service = app.get(MetricsService);
    expect(await service.getValue('hyperdjango_db_pool_total')).toBe(2);
    await pools.pop()?.end();
    for (let scrape = 0; scrape < 3; scrape += 1) await service.collect();
    expect(pool.listenerCount('acquire') + pool.listenerCount('release')).toBe(0);
    expect(await service.getValue('hyperdjango_db_pool_total')).toBeUndefined();
    await app.close();
  });

  const patient = () =>
    HyperMetricsModule.forRoot({
      registry: new Registry(),
      healthChecker: false,
      queryTimer: { thresholdMs: 0, drainTimeoutMs: 5_000, slowQueryLog: { table: 'slow_at_the_end' } },
    });
  const database = () => TypeOrmModule.forRoot({ type: 'postgres', url: server.url });
  @Module({})
  class Around {}
  it.each([
    ['metrics first', () => [patient(), database()]],
    ['metrics last', () => [database(), patient()]],
    ['metrics in a module', () => [{ module: Around, imports: [patient()] }, database()]],
    ['the database in a module', () => [patient(), { module: Around, imports: [database()] }]],
  ])('waits for a query when it closes, and writes it down, whoever closes first: %s', async (_, imports) => {
    @Module({ imports: imports() })
    class ShopModule {}
    const app = await NestFactory.createApplicationContext(ShopModule, { logger: false });
    const slow = app.get(DataSource).query("SELECT pg_sleep(0.3), 'the last one' AS text");
    expect(await poll(() => app.get(QueryTimer).inFlight === 1, { timeoutMs: 60_000, intervalMs: 5 })).toBe(
      true,
    );
    await app.close();
    await expect(slow).resolves.toHaveLength(1);

    const pool = keep(new Pool(settings()));
    const log = new SlowQueryLog(pool, { table: 'slow_at_the_end' });
    expect((await log.slowest(1))[0]?.fingerprint).toBe('SELECT pg_sleep(?), ? AS text');
    await pool.query('DROP TABLE slow_at_the_end');
  });
});
