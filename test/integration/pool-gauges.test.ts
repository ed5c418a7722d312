import { setImmediate as nextTurn } from 'node:timers/promises';
import { Client, Pool, type PoolConfig } from 'pg';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseMetrics } from '../../src/database/database-metrics.js';
import { querySourceOf } from '../../src/database/drivers/query-source.js';
import { RegistryLease } from '../../src/registry/registry-lease.js';
import { registryOf } from '../../src/registry/default-registry.js';
import { sampleValue } from '../../src/service/sample-value.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { startPostgres } from '../support/postgres.js';
import {
  ABSENT,
  type PoolGauges,
  type PostgresOptions,
  ServerView,
  TYPEORM_VERSIONS,
  uniqueApplicationName,
  until,
  WatchedDatabases,
} from '../support/watched-database.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
let view: ServerView;

beforeAll(async () => {
  server = await startPostgres();
  view = await ServerView.open(server.url);
});

afterAll(async () => {
  await view.close();
  await server.stop();
});

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) {
    await close();
  }
}, 180_000);

async function watch(...args: Parameters<typeof WatchedDatabases.of>): Promise<WatchedDatabases> {
  const watched = await WatchedDatabases.of(...args);
  closing.push(watched.close);
  return watched;
}

/** Gauges of one pool of five, by what is in use. */
const of5 = (parts: { inUse?: number; pinned?: number; idle?: number; open?: number; waiting?: number }) => {
  const { inUse = 0, pinned = 0, idle = 0, open = inUse + idle, waiting = 0 } = parts;
  return { total: 5, available: 5 - inUse, inUse, pinned, open, idle, waiting } satisfies PoolGauges;
};

describe.each(TYPEORM_VERSIONS)(
  'the gauges of the pool of a data source of TypeORM %s',
  (_version, DataSourceOf) => {
    let name: string;
    let dataSource: DataSource;
    let watched: WatchedDatabases;

    beforeEach(async () => {
      name = uniqueApplicationName();
      dataSource = new DataSourceOf({
        type: 'postgres',
        url: server.url,
        applicationName: name,
        poolSize: 5,
        extra: { idleTimeoutMillis: 0 },
      } satisfies PostgresOptions);
      watched = await watch([dataSource]);
      await dataSource.initialize();
      closing.push(async () => dataSource.isInitialized && (await dataSource.destroy()));
    });

    it('are those of one idle connection after initialize()', async () => {
      expect(await watched.gauges()).toEqual(of5({ idle: 1 }));
      await view.expectConnections(name, { open: 1, idle: 1 });
    });

    it('are absent before initialize() and after destroy(), and there again after another initialize()', async () => {
      await dataSource.destroy();
      expect(await watched.gauges()).toEqual(ABSENT);
      await view.untilOpen(name, 0);
      await until('it is counted as closed', async () => (await watched.connections()).left === 0);
      expect(await watched.connections()).toEqual({ created: 1, closed: 1, left: 0 });
      await dataSource.initialize();
      expect(await watched.gauges()).toEqual(of5({ idle: 1 }));
      await Promise.all([dataSource.query('SELECT 1'), dataSource.query('SELECT 1')]);
      expect(await watched.gauges()).toEqual(of5({ idle: 2 }));
      await view.expectConnections(name, { open: 2, idle: 2 });
      expect(await watched.connections()).toMatchObject({ left: 2 });
    });

    it('count queries under way as in use, and not as pinned', async () => {
      const gate = await view.closeGate();
      const queries = [1, 2, 3].map(() => dataSource.query(gate.statement));
      await view.untilActive(name, 3);
      expect(await watched.gauges()).toEqual(of5({ inUse: 3 }));
      await view.expectConnections(name, { open: 3, active: 3 });
      await gate.open();
      await Promise.all(queries);
      expect(await watched.gauges()).toEqual(of5({ idle: 3 }));
      await view.expectConnections(name, { open: 3, idle: 3 });
    });

    it('count a query runner as pinned while it keeps a connection: idle, between statements, and no more', async () => {
      const runner = dataSource.createQueryRunner();
      expect(await watched.gauges()).toEqual(of5({ idle: 1 }));
      await runner.connect();
      expect(await watched.gauges()).toEqual(of5({ inUse: 1, pinned: 1 }));
      await view.expectConnections(name, { open: 1, idle: 1 });
      await runner.query('SELECT 1');
      expect(await watched.gauges()).toEqual(of5({ inUse: 1, pinned: 1 }));
      const gate = await view.closeGate();
      const second = runner.query(gate.statement);
      await view.untilActive(name, 1);
      expect(await watched.gauges()).toEqual(of5({ inUse: 1, pinned: 1 }));
      await gate.open();
      await second;
      await runner.release();
      expect(await watched.gauges()).toEqual(of5({ idle: 1 }));
    });

    it('count transactions as pinned, aborted ones too', async () => {
      const [intact, aborted] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      await intact.startTransaction();
      await aborted.startTransaction();
      await expect(aborted.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
      const gate = await view.closeGate();
      const oneShot = dataSource.query(gate.statement);
      await view.expectConnections(name, { open: 3, active: 1, inTransaction: 1, aborted: 1 });
      expect(await watched.gauges()).toEqual(of5({ inUse: 3, pinned: 2 }));
      await aborted.rollbackTransaction();
      await intact.commitTransaction();
      expect(await watched.gauges()).toEqual(of5({ inUse: 3, pinned: 2 }));
      await gate.open();
      await Promise.all([intact.release(), aborted.release(), oneShot]);
      expect(await watched.gauges()).toEqual(of5({ idle: 3 }));
    });

    it('never count single queries as pinned, however often they are read', async () => {
      const work = Array.from({ length: 60 }, (_, index) => index);
      const workers = [1, 2, 3].map(async () => {
        while (work.pop() !== undefined) {
          await dataSource.query('SELECT 1');
        }
      });
      while (work.length > 0) {
        expect((await watched.gauges()).pinned).toBe(0);
        // A scrape that is quick goes by without a turn of the event loop, and the workers would never get their answers.
        await nextTurn();
      }
      await Promise.all(workers);
    });

    it('count the statement that a transaction runs as pinned', async () => {
      const gate = await view.closeGate();
      const transaction = dataSource.transaction((manager) => manager.query(gate.statement));
      await view.untilActive(name, 1);
      expect(await watched.gauges()).toEqual(of5({ inUse: 1, pinned: 1 }));
      await gate.open();
      await transaction;
      expect(await watched.gauges()).toEqual(of5({ idle: 1 }));
    });

    it('count those who wait at an exhausted pool', async () => {
      const runners = Array.from({ length: 5 }, () => dataSource.createQueryRunner());
      await Promise.all(runners.map((runner) => runner.connect()));
      const waiting = [1, 2, 3].map(() => dataSource.query('SELECT 1'));
      expect(await watched.gauges()).toEqual(of5({ inUse: 5, pinned: 5, waiting: 3 }));
      await view.expectConnections(name, { open: 5, idle: 5 });
      await Promise.all(runners.map((runner) => runner.release()));
      await Promise.all(waiting);
      expect(await watched.gauges()).toEqual(of5({ idle: 5 }));
    });

    it('follow connections that the server ends, in use and idle', async () => {
      const runner = dataSource.createQueryRunner();
      await runner.connect();
      await dataSource.query('SELECT 1');
      const failed = dataSource.query('SELECT pg_sleep(10)').catch((error: Error) => error.message);
      await view.untilActive(name, 1);
      await view.terminate(name);
      expect(await failed).toContain('terminating connection');
      await view.untilOpen(name, 0);
      // The query runner gives a connection back that fails.
      await until('no connection', async () => (await watched.gauges()).open === 0);
      expect(await watched.gauges()).toEqual(of5({}));
      await runner.release();
      expect(await watched.connections()).toMatchObject({ left: 0 });
      await dataSource.query('SELECT 1');
      expect(await watched.gauges()).toEqual(of5({ idle: 1 }));
      await view.expectConnections(name, { open: 1 });
    });
  },
);

describe.each(TYPEORM_VERSIONS)(
  'the gauges of replicated data sources of TypeORM %s',
  (_version, DataSourceOf) => {
    it('are sums of primary and replicas, which are told apart in families of their own', async () => {
      const name = uniqueApplicationName();
      const place = { url: server.url };
      const dataSource = new DataSourceOf({
        type: 'postgres',
        replication: { master: place, slaves: [place, place] },
        applicationName: name,
        poolSize: 4,
      } satisfies PostgresOptions);
      const watched = await watch([dataSource], { pools: { perPool: true } });
      await dataSource.initialize();
      closing.push(() => dataSource.destroy());
      const onPrimary = dataSource.createQueryRunner('master');
      await onPrimary.startTransaction();
      const onReplica = dataSource.createQueryRunner('slave');
      await onReplica.connect();
      const oneShot = dataSource.createQueryRunner('master');
      const gate = await view.closeGate();
      const running = oneShot.query(gate.statement);
      await view.untilActive(name, 1);

      const read = await watched.scrape();
      const gauges = await watched.gauges();
      // `initialize()` opened one connection to each.
      expect(gauges).toEqual({ total: 12, available: 9, inUse: 3, pinned: 2, open: 4, idle: 1, waiting: 0 });
      await view.expectConnections(name, { open: 4, active: 1, inTransaction: 1, idle: 2 });
      const byPool = ['primary', 'replica_1', 'replica_2'].map((pool) => {
        const labels = { data_source: 'source_1', pool };
        const connections = (state: string) => read('db_pool_connections_by_pool', { ...labels, state });
        return {
          capacity: read('db_pool_capacity_by_pool', labels),
          waiting: read('db_pool_waiting_by_pool', labels),
          idle: connections('idle'),
          active: connections('active'),
          pinned: connections('pinned'),
        };
      });
      const [primary, ...replicas] = byPool;
      expect(primary).toEqual({ capacity: 4, waiting: 0, idle: 0, active: 1, pinned: 1 });
      expect(replicas).toContainEqual({ capacity: 4, waiting: 0, idle: 0, active: 0, pinned: 1 });
      expect(replicas).toContainEqual({ capacity: 4, waiting: 0, idle: 1, active: 0, pinned: 0 });
      await gate.open();
      await running;
      await Promise.all([oneShot.release(), onPrimary.rollbackTransaction(), onReplica.release()]);
      await onPrimary.release();
    });

    it('give no replica the name of the primary while there is none yet', async () => {
      const name = uniqueApplicationName();
      const network = await FaultyNetwork.to(1);
      closing.push(() => network.close());
      network.blackHole();
      const unreachable = new URL(server.url);
      unreachable.port = String(network.port);
      const dataSource = new DataSourceOf({
        type: 'postgres',
        replication: { master: { url: unreachable.href }, slaves: [{ url: server.url }] },
        applicationName: name,
        connectTimeoutMS: 300,
      } satisfies PostgresOptions);
      const watched = await watch([dataSource], { pools: { perPool: true } });
      const initialised = dataSource.initialize().catch((error: Error) => error.message);
      const driver = dataSource.driver as unknown as { readonly slaves: readonly Pool[] };
      await until('there is a replica', () => driver.slaves.length === 1);
      const text = await watched.metrics.collect();
      expect({ gauges: await watched.gauges(), byPool: text.match(/by_pool\{.*/g) }).toEqual({
        gauges: ABSENT,
        byPool: null,
      });
      expect(await initialised).toContain('timeout');
      // TypeORM leaves it open.
      await driver.slaves[0]?.end();
    });

    it('are sums of several data sources', async () => {
      const names = [uniqueApplicationName(), uniqueApplicationName()];
      const sources = names.map(
        (applicationName) =>
          new DataSourceOf({
            type: 'postgres',
            url: server.url,
            applicationName,
            poolSize: 3,
          } satisfies PostgresOptions),
      );
      const watched = await watch(sources);
      await Promise.all(sources.map((source) => source.initialize()));
      closing.push(() =>
        Promise.all(sources.filter(({ isInitialized }) => isInitialized).map((source) => source.destroy())),
      );
      const gate = await view.closeGate();
      const running = sources[0]?.query(gate.statement);
      await view.untilActive(names[0] ?? '', 1);
      expect(await watched.gauges()).toEqual({
        total: 6,
        available: 5,
        inUse: 1,
        pinned: 0,
        open: 2,
        idle: 1,
        waiting: 0,
      });
      await gate.open();
      await running;
      await sources[1]?.destroy();
      expect(await watched.gauges()).toMatchObject({ total: 3, inUse: 0, open: 1, idle: 1 });
    });
  },
);

describe('the gauges of a plain pool', () => {
  function poolOf(options: PoolConfig = {}): { readonly pool: Pool; readonly name: string } {
    const name = uniqueApplicationName();
    const pool = new Pool({
      connectionString: server.url,
      application_name: name,
      max: 5,
      idleTimeoutMillis: 0,
      ...options,
    });
    pool.on('error', () => {});
    closing.push(async () => pool.ending || (await pool.end()));
    return { pool, name };
  }

  it('are those of an empty one before anybody has used it', async () => {
    const watched = await watch([poolOf().pool]);
    expect(await watched.gauges()).toEqual(of5({}));
  });

  it('are absent from the call of end() on', async () => {
    const { pool, name } = poolOf();
    const watched = await watch([pool]);
    const client = await pool.connect();
    const ended = pool.end();
    expect(await watched.gauges()).toEqual(ABSENT);
    expect(await watched.connections()).toEqual({ created: 1, closed: 0, left: 1 });
    client.release();
    await ended;
    await view.untilOpen(name, 0);
    await until('it is counted as closed', async () => (await watched.connections()).left === 0);
  });

  it('count a connection that is being opened as in use, and as open once the server has it', async () => {
    const { hostname, port, username, pathname, password } = new URL(server.url);
    let letIn = (): void => {};
    const asked = new Promise<string>((resolve) => {
      letIn = () => resolve(password);
    });
    const { pool } = poolOf({
      connectionString: undefined,
      host: hostname,
      port: Number(port),
      user: username,
      database: pathname.slice(1),
      password: () => asked,
    });
    const watched = await watch([pool]);
    const connecting = pool.connect();
    expect(await watched.gauges()).toEqual(of5({ inUse: 1, open: 0 }));
    letIn();
    const client = await connecting;
    expect(await watched.gauges()).toEqual(of5({ inUse: 1, pinned: 1 }));
    client.release();
  });

  it('follow connections that are closed for being idle', async () => {
    // Long enough for a busy machine to look at the idle ones first.
    const { pool, name } = poolOf({ idleTimeoutMillis: 2000 });
    const watched = await watch([pool]);
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT 1')));
    expect(await watched.gauges()).toEqual(of5({ idle: 3 }));
    await view.expectConnections(name, { open: 3, idle: 3 });
    await view.untilOpen(name, 0);
    await until('they are counted as closed', async () => (await watched.gauges()).open === 0);
    expect(await watched.gauges()).toEqual(of5({}));
    expect(await watched.connections()).toEqual({ created: 3, closed: 3, left: 0 });
  });

  it('follow connections that are used up (maxUses)', async () => {
    const { pool, name } = poolOf({ maxUses: 1 });
    const watched = await watch([pool]);
    for (let use = 0; use < 3; use += 1) {
      await pool.query('SELECT 1');
    }
    await view.untilOpen(name, 0);
    await until('they are counted as closed', async () => (await watched.gauges()).open === 0);
    expect(await watched.connections()).toEqual({ created: 3, closed: 3, left: 0 });
    expect(await watched.gauges()).toEqual(of5({}));
  });

  it('follow connections that are too old (maxLifetimeSeconds)', async () => {
    const { pool, name } = poolOf({ maxLifetimeSeconds: 3 });
    const watched = await watch([pool]);
    await pool.query('SELECT 1');
    expect(await watched.gauges()).toEqual(of5({ idle: 1 }));
    await view.untilOpen(name, 0);
    await until('it is counted as closed', async () => (await watched.gauges()).open === 0);
    expect(await watched.gauges()).toEqual(of5({}));
    // Reaping is nobody's acquire.
    expect(await watched.acquires()).toEqual({ created: 1 });
  });

  it('are right from the first scrape on of a pool that was there before', async () => {
    const { pool, name } = poolOf();
    const [transaction, kept] = [await pool.connect(), await pool.connect()];
    await transaction.query('BEGIN');
    await pool.query('SELECT 1');
    await pool.query('SELECT 1');
    const gate = await view.closeGate();
    const running = Promise.all([1, 2].map(() => pool.query(gate.statement)));
    await view.untilActive(name, 2);
    const watched = await watch([pool]);
    expect(await watched.gauges()).toEqual(of5({ inUse: 4, pinned: 2 }));
    await view.expectConnections(name, { open: 4, active: 2, inTransaction: 1, idle: 1 });
    expect(await watched.connections()).toEqual({ created: 4, closed: 0, left: 4 });
    await gate.open();
    await running;
    expect(await watched.gauges()).toEqual(of5({ inUse: 2, pinned: 2, idle: 2 }));
    await transaction.query('ROLLBACK');
    transaction.release();
    kept.release();
    expect(await watched.gauges()).toEqual(of5({ idle: 4 }));
    (await pool.connect()).release(true);
    await view.untilOpen(name, 3);
    await until('it is counted as closed', async () => (await watched.gauges()).open === 3);
    expect(await watched.gauges()).toEqual(of5({ idle: 3 }));
    expect(await watched.connections()).toEqual({ created: 4, closed: 1, left: 3 });
  });

  it('count a connection once that was on its way to its first owner when the pool began to be watched', async () => {
    let finish = (): void => {};
    const prepared = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { pool, name } = poolOf({ onConnect: (): unknown => prepared });
    const connecting = pool.connect();
    await view.untilOpen(name, 1);
    const watched = await watch([pool]);
    finish();
    const client = await connecting;
    expect(await watched.connections()).toEqual({ created: 1, closed: 0, left: 1 });
    expect(await watched.gauges()).toEqual(of5({ inUse: 1, pinned: 1 }));
    client.release();
  });

  it('count who waited already when the pool began to be watched', async () => {
    const { pool } = poolOf({ max: 1 });
    const first = await pool.connect();
    const waiting = pool.connect();
    const watched = await watch([pool]);
    expect(await watched.gauges()).toMatchObject({ total: 1, inUse: 1, pinned: 1, waiting: 1 });
    first.release();
    const second = await waiting;
    expect(await watched.gauges()).toMatchObject({ total: 1, inUse: 1, pinned: 1, waiting: 0 });
    second.release();
    expect(await watched.gauges()).toMatchObject({ inUse: 0, pinned: 0, idle: 1 });
  });

  it('agree with the counters when watching ends and begins again', async () => {
    const application = new RegistryLease(registryOf(new Registry(), 'x_'));
    const metrics = DatabaseMetrics.of(application.registry);
    const read = async (name: string) =>
      sampleValue(await application.gather(), `x_${name}`, {}) ?? Number.NaN;
    const { pool } = poolOf();
    const source = querySourceOf(pool);
    // Keeps the counters: they are removed with their last user.
    const endOther = metrics.watchPools(querySourceOf(poolOf().pool));
    for (let time = 0; time < 3; time += 1) {
      const end = metrics.watchPools(source);
      await Promise.all([pool.query('SELECT 1'), pool.query('SELECT 1')]);
      expect(await read('db_pool_open')).toBe(2);
      const created = await read('db_pool_connections_created_total');
      expect(created - (await read('db_pool_connections_closed_total'))).toBe(2);
      end();
    }
    endOther();
  });

  it('are the same with a pg that does not tell the state of transactions', async () => {
    class OlderClient extends Client {}
    Object.defineProperty(OlderClient.prototype, 'getTransactionStatus', { value: undefined });
    const { pool, name } = poolOf({ Client: OlderClient });
    const watched = await watch([pool]);
    const [intact, aborted] = [await pool.connect(), await pool.connect()];
    await intact.query('BEGIN');
    await aborted.query('BEGIN');
    await expect(aborted.query('SELECT 1 / 0')).rejects.toThrow('division by zero');
    expect(await watched.gauges()).toEqual(of5({ inUse: 2, pinned: 2 }));
    await view.expectConnections(name, { open: 2, inTransaction: 1, aborted: 1 });
    const first = await view.closeGate();
    const inTransaction = intact.query(first.statement);
    await view.untilActive(name, 1);
    expect(await watched.gauges()).toEqual(of5({ inUse: 2, pinned: 2 }));
    await first.open();
    await inTransaction;
    await aborted.query('ROLLBACK');
    aborted.release();
    // Given back within its transaction, and taken for a single statement: this one is not like others.
    intact.release();
    await pool.query('SELECT 1');
    const second = await view.closeGate();
    const oneShots = [1, 2].map(() => pool.query(second.statement));
    await view.untilActive(name, 2);
    expect(await watched.gauges()).toEqual(of5({ inUse: 2, pinned: 1 }));
    await second.open();
    await Promise.all(oneShots);
    expect(await watched.gauges()).toEqual(of5({ idle: 2 }));
  });
});
