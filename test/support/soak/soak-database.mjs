// The databases of the soaked application, with a tally of its own of what was asked of them.
import { Pool } from 'pg';
import { DataSource } from 'typeorm';

const POOL_SIZE = 4;
const ACQUIRE_TIMEOUT_MS = 1_000;
const QUERY_TIMEOUT_MS = 3_000;

/** What the server says of a statement's name that it does not know, or knows already. */
const NAME_ERRORS = new Set(['26000', '42P05']);

/** TypeORM's errors for what it did not give to the driver: the connection was lost, or the transaction with it. */
const NEVER_SENT = new Set(['QueryRunnerAlreadyReleasedError', 'TransactionNotStartedError']);

export class SoakDatabase {
  tally = {
    queries: 0,
    queryErrors: 0,
    nameErrors: 0,
    acquired: 0,
    notAcquired: 0,
    afterResponses: 0,
    timed: 0,
    floods: 0,
  };

  static async open(url, id) {
    const dataSource = await new DataSource({
      type: 'postgres',
      url,
      logging: false,
      poolSize: POOL_SIZE,
      connectTimeoutMS: ACQUIRE_TIMEOUT_MS,
      applicationName: `soak-${id}`,
      poolErrorHandler: () => {},
      extra: { query_timeout: QUERY_TIMEOUT_MS, idleTimeoutMillis: 2_000 },
    }).initialize();
    const pool = new Pool({
      connectionString: url,
      max: POOL_SIZE,
      connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      application_name: `soak-${id}`,
      idleTimeoutMillis: 2_000,
    });
    pool.on('error', () => {});
    // pg hands a client out without a listener, and TypeORM and `await pool.connect()` add theirs in a later microtask. When the
    // server's farewell comes in the same packet as its readiness, nobody listens, with and without this library.
    for (const one of [pool, dataSource.driver.master]) {
      one.on('connect', (client) => client.on('error', () => {}));
    }
    return new SoakDatabase(dataSource, pool);
  }

  constructor(dataSource, pool) {
    this.dataSource = dataSource;
    this.pool = pool;
  }

  withRunner = async (work) => {
    const runner = this.dataSource.createQueryRunner();
    try {
      await this.acquire(() => runner.connect());
      return await work((text, values, late) => this.send(() => runner.query(text, values), late));
    } finally {
      await runner.release();
    }
  };

  withClient = async (work) => {
    const client = await this.acquire(() => this.pool.connect());
    let failure;
    // A connection that is lost while nobody waits for an answer.
    const lose = (error) => (failure = error);
    client.on('error', lose);
    try {
      return await work((text, values) => this.send(() => client.query(text, values)));
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      client.off('error', lose);
      client.release(failure);
    }
  };

  async transaction(work) {
    const runner = this.dataSource.createQueryRunner();
    try {
      await this.acquire(() => runner.connect());
      await this.send(() => runner.startTransaction());
      try {
        await work((text, values) => this.send(() => runner.query(text, values)));
        await this.send(() => runner.commitTransaction());
      } catch (error) {
        await this.send(() => runner.rollbackTransaction()).catch(() => {});
        throw error;
      }
    } finally {
      await runner.release();
    }
  }

  async close() {
    await this.dataSource.destroy();
    await this.pool.end();
  }

  async acquire(connect) {
    try {
      const connection = await connect();
      this.tally.acquired += 1;
      return connection;
    } catch (error) {
      this.tally.notAcquired += 1;
      throw error;
    }
  }

  /** @param late whether the response of its request has ended before it begins */
  async send(statement, late = false) {
    try {
      const result = await statement();
      this.count(late);
      return result;
    } catch (error) {
      if (!NEVER_SENT.has(error.name)) {
        this.count(late);
        this.tally.queryErrors += 1;
        this.tally.nameErrors += NAME_ERRORS.has(error.code) ? 1 : 0;
      }
      throw error;
    }
  }

  count(late) {
    this.tally.queries += 1;
    this.tally.afterResponses += late ? 1 : 0;
  }
}
