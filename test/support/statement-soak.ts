import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { StatementCache, type StatementCacheStats } from '../../src/index.js';
import { aside, disagreements, WarningLog } from './cached-statements.js';
import { openPool } from './open-pool.js';

const WORKERS = 12;
const CONNECTIONS = 6;
const MAX_ENTRIES = 5;
const BAD_SHARE = 0.03;
const ROWS = 200;
/** How often the twin is asked again when its answer is another one. */
const ATTEMPTS = 5;
const ERROR = 'error ';
const SCHEMA_CHANGE_EVERY_MS = 20;

export interface SoakResult {
  readonly queries: number;
  /** Answers that the twin, whose statements have no names, never gave; errors included. */
  readonly wrong: readonly string[];
  /** By their code or message. */
  readonly errors: Readonly<Record<string, number>>;
  /** Connections on which server, driver and cache do not agree in the end. */
  readonly disagreements: readonly unknown[];
  readonly schemaChanges: number;
  readonly stats: StatementCacheStats;
  readonly warnings: readonly string[];
  readonly seconds: number;
}

/** One statement, or some, of a worker. Answers with what the application would see. */
type Run = (pool: Pool, mark: string) => Promise<unknown>;

interface Step {
  readonly run: Run;
  /** Whether it changes nothing, so that it can be sent again. */
  readonly isRead: boolean;
}

const SETUP = [
  'DROP TABLE IF EXISTS soak, soak_steady',
  `CREATE TABLE soak AS SELECT id, id * 3 AS a, 'row ' || id AS name FROM generate_series(1, ${ROWS}) id`,
  'ALTER TABLE soak ADD PRIMARY KEY (id)',
  'CREATE TABLE soak_steady (mark text PRIMARY KEY, n int NOT NULL)',
];

/** Done and undone again and again: columns, types, indexes. */
const SCHEMA_CHANGES = [
  'ALTER TABLE soak ADD extra int',
  'ALTER TABLE soak ALTER a TYPE bigint',
  'CREATE INDEX soak_a ON soak (a)',
  'ALTER TABLE soak DROP COLUMN extra',
  'ALTER TABLE soak ALTER a TYPE int',
  'DROP INDEX soak_a',
];

/** Texts that read a table which changes under them; more of them than a connection may keep. */
const READS = [
  'SELECT * FROM soak WHERE id = $1',
  'SELECT * FROM soak WHERE a = $1',
  ...Array.from({ length: 10 }, (_, n) => `SELECT id, name, a + ${n} AS sum_${n} FROM soak WHERE id = $1`),
  ...Array.from({ length: 10 }, (_, n) => `SELECT count(*)::int AS n_${n} FROM soak WHERE a < $1`),
];

const unsendable = {
  toPostgres(): never {
    throw new RangeError('This cannot be sent.');
  },
};

async function onClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

function pick<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)] as T;
}

function nextStep(): Step {
  const chance = Math.random();
  if (chance < 0.05) {
    const fails = chance < 0.025;
    return { run: (pool, mark) => onClient(pool, (client) => count(client, mark, fails)), isRead: false };
  }
  return { run: nextRead(), isRead: true };
}

function nextRead(): Run {
  const text = pick(READS);
  const id = 1 + Math.floor(Math.random() * ROWS);
  const chance = Math.random();
  if (chance < BAD_SHARE) {
    const value = pick([unsendable, 'x', '1.5', 2 ** 70]);
    return (pool) => onClient(pool, (client) => client.query(text, [value]));
  }
  if (chance < BAD_SHARE + 0.001) {
    const statement = pick(['DISCARD ALL', 'DEALLOCATE ALL']);
    return (pool) => onClient(pool, (client) => client.query(statement));
  }
  if (chance < 0.1) {
    return (pool) =>
      onClient(pool, (client) => Promise.all([id, id, id].map((value) => client.query(text, [value]))));
  }
  return chance < 0.5
    ? (pool) => onClient(pool, (client) => client.query(text, [id]))
    : (pool) => pool.query(text, [id]);
}

/** A transaction that is committed, or aborted by an error and rolled back. */
async function count(client: PoolClient, mark: string, fails: boolean): Promise<unknown> {
  await client.query('BEGIN');
  try {
    await client.query(
      'INSERT INTO soak_steady VALUES ($1, 1) ON CONFLICT (mark) DO UPDATE SET n = soak_steady.n + 1',
      [mark],
    );
    if (fails) {
      await client.query('SELECT 1 / $1::int AS one', [0]);
    }
    await client.query('COMMIT');
    return (await client.query('SELECT n FROM soak_steady WHERE mark = $1', [mark])) as unknown;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** The answers to each statement, comparable, without the columns that come and go. */
async function answersOf({ run }: Step, pool: Pool, mark: string): Promise<string[]> {
  try {
    return [await run(pool, mark)].flat().map((result) => comparable(result));
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return [`${ERROR}${code ?? message}`];
  }
}

function comparable(result: unknown): string {
  const { rows, rowCount, command } = result as { rows: unknown; rowCount: unknown; command: unknown };
  return JSON.stringify({ rowCount, command, rows }, (key, value: unknown) =>
    key === 'extra' ? undefined : value,
  );
}

/** Sends so many statements on a pool with a cache, each also on its twin without, while the tables change under them. */
export async function soak(url: string, queries: number): Promise<SoakResult> {
  await aside(url, ...SETUP);
  const [pool, twin] = [openPool(url, { max: CONNECTIONS }), openPool(url, { max: CONNECTIONS })];
  const log = new WarningLog();
  const cache = new StatementCache(pool, { maxEntries: MAX_ENTRIES }, log).install();
  const wrong: string[] = [];
  const errors: Record<string, number> = {};
  const startedAt = performance.now();
  const done = { queries: 0, schemaChanges: 0 };

  async function worker(number: number): Promise<void> {
    while (done.queries < queries) {
      done.queries += 1;
      const step = nextStep();
      const askTwin = () => answersOf(step, twin, `${number} twin`);
      // Before, and after where that was another answer: the tables may have changed in between.
      const expected = new Set(await askTwin());
      const answers = await answersOf(step, pool, `${number} named`);
      const others = () => answers.filter((answer) => !expected.has(answer));
      for (let attempt = 0; step.isRead && others().length > 0 && attempt < ATTEMPTS; attempt += 1) {
        (await askTwin()).forEach((answer) => expected.add(answer));
      }
      wrong.push(...others().map((answer) => `${answer} instead of ${[...expected].join(' or ')}`));
      for (const answer of answers.filter((one) => one.startsWith(ERROR))) {
        const error = answer.slice(ERROR.length);
        errors[error] = (errors[error] ?? 0) + 1;
      }
    }
  }

  async function changeSchema(): Promise<void> {
    while (done.queries < queries) {
      await aside(url, SCHEMA_CHANGES[done.schemaChanges % SCHEMA_CHANGES.length] as string);
      done.schemaChanges += 1;
      await delay(SCHEMA_CHANGE_EVERY_MS);
    }
  }

  try {
    await Promise.all([...Array.from({ length: WORKERS }, (_, number) => worker(number)), changeSchema()]);
    return {
      ...done,
      wrong,
      errors,
      disagreements: await disagreements(pool, cache),
      stats: cache.getStats(),
      warnings: log.warnings,
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await Promise.all([pool.end(), twin.end()]);
  }
}
