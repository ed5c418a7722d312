import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Pool, type PoolClient, Query } from 'pg';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { DataSource, type QueryRunner } from 'typeorm';
import { StatementCache, type StatementCacheStats } from '../../../src/index.js';
import { WarningLog } from '../cached-statements.js';
import { openPool } from '../open-pool.js';
import type { TwinDatabase } from './databases.js';
import { type Sender, type Sequence, type Step, UNSENDABLE } from './steps.js';

const CONNECTIONS = 3;
const ANSWER_TIMEOUT_MS = 10_000;
const NO_ANSWER = 'no answer';
/** The first object identifier that a server gives to what is not its own: these differ between databases. */
const FIRST_USER_OID = 16384;

const unsendable = {
  toPostgres(): never {
    throw new RangeError('This cannot be sent.');
  },
};

/** A connection that a sequence keeps. */
interface Kept {
  send(step: Step, values: unknown[] | undefined): Promise<unknown>;
  release(): Promise<void>;
}

/** One of the twins: its connections, and how steps are sent on them. */
export class Side {
  private readonly kept = new Map<Sender, Kept>();
  private ended: Promise<void> | undefined;

  private constructor(
    private readonly database: TwinDatabase,
    private readonly pool: Pool,
    private readonly source: DataSource | undefined,
    private readonly cache: StatementCache | undefined,
    readonly log: WarningLog,
  ) {}

  static async open(
    database: TwinDatabase,
    { minUses, maxEntries, typeorm }: Sequence['settings'],
    isNamed: boolean,
  ): Promise<Side> {
    const source = typeorm
      ? await new DataSource({ type: 'postgres', url: database.url, poolSize: CONNECTIONS }).initialize()
      : undefined;
    const pool =
      source === undefined
        ? openPool(database.url, { max: CONNECTIONS, idleTimeoutMillis: 0 })
        : (source.driver as unknown as { master: Pool }).master;
    const log = new WarningLog();
    const cache = isNamed
      ? new StatementCache(source ?? pool, { minUses, maxEntries, sessionPooler: true }, log).install()
      : undefined;
    return new Side(database, pool, source, cache, log);
  }

  get stats(): StatementCacheStats | undefined {
    return this.cache?.getStats();
  }

  /** What the application sees of a step, so that it can be compared. */
  async answersTo(step: Step): Promise<string[]> {
    const answers: string[] = [];
    for (let time = 0; time < step.times; time += 1) {
      answers.push(comparable(await inTime(this.run(step).catch((error: unknown) => error))));
    }
    return answers;
  }

  /** Closes its connections, which rolls back what is under way on them; harmless when called again. */
  end(): Promise<void> {
    this.ended ??= this.close();
    return this.ended;
  }

  private async close(): Promise<void> {
    for (const sender of this.kept.keys()) {
      await this.releaseOne(sender);
    }
    await (this.source === undefined ? this.pool.end() : this.source.destroy());
  }

  private async run(step: Step): Promise<unknown> {
    const values = step.values?.map((value) => (value === UNSENDABLE ? unsendable : value));
    switch (step.sender) {
      case 'foreign':
        return this.database.foreign.query(step.text, values);
      case 'pool':
        return this.source === undefined
          ? this.pool.query(step.text, values)
          : this.source.query(step.text, values);
      default: {
        if (step.kind === 'release') {
          return this.releaseOne(step.sender);
        }
        return (await this.keep(step.sender)).send(step, values);
      }
    }
  }

  private async keep(sender: Sender): Promise<Kept> {
    let kept = this.kept.get(sender);
    if (kept === undefined) {
      kept = this.source === undefined ? keptClient(await this.pool.connect()) : keptRunner(this.source);
      this.kept.set(sender, kept);
    }
    return kept;
  }

  private async releaseOne(sender: Sender): Promise<void> {
    const kept = this.kept.get(sender);
    this.kept.delete(sender);
    await kept?.release();
  }
}

function keptClient(client: PoolClient): Kept {
  return {
    send: (step, values) => inForm(client, step, values),
    async release() {
      await client.query('ROLLBACK');
      client.release();
    },
  };
}

/** Its transactions are TypeORM's where they are begun and ended in the plain way. */
function keptRunner(source: DataSource): Kept {
  const runner: QueryRunner = source.createQueryRunner();
  const own: Readonly<Record<string, () => Promise<unknown>>> = {
    BEGIN: () => runner.startTransaction(),
    COMMIT: () => runner.commitTransaction(),
    ROLLBACK: () => runner.rollbackTransaction(),
  };
  return {
    send: async ({ text, form }, values) =>
      own[text]?.() ??
      (form === 'burst'
        ? settled([1, 2, 3].map(() => runner.query(text, values)))
        : runner.query(text, values, true)),
    async release() {
      await runner.query('ROLLBACK');
      await runner.release();
    },
  };
}

/** A statement that is never answered is a difference, not the end of the run. */
async function inTime(answer: Promise<unknown>): Promise<unknown> {
  const timeout = new AbortController();
  const late = delay(ANSWER_TIMEOUT_MS, NO_ANSWER, { signal: timeout.signal }).catch(() => NO_ANSWER);
  try {
    return await Promise.race([answer, late]);
  } finally {
    timeout.abort();
  }
}

const settled = (queries: readonly Promise<unknown>[]): Promise<unknown[]> =>
  Promise.all(queries.map((query) => query.catch((error: unknown) => error)));

async function inForm(
  client: PoolClient,
  { text, form }: Step,
  values: unknown[] | undefined,
): Promise<unknown> {
  switch (form) {
    case 'config':
      return client.query(values === undefined ? { text } : { text, values });
    case 'own name':
      return client.query({ name: `own_${digest(text)}`, text, values: values ?? [] });
    case 'burst':
      return settled([1, 2, 3].map(() => client.query(text, values)));
    case 'callback':
      return new Promise((resolve) =>
        client.query(text, values as unknown[], (error: Error | undefined, result) =>
          resolve(error ?? result),
        ),
      );
    case 'query':
      return new Promise((resolve) => {
        const query = values === undefined ? new Query(text) : new Query(text, values);
        query.on('end', resolve);
        query.on('error', resolve);
        client.query(query);
      });
    case 'cursor': {
      const cursor = client.query(new Cursor(text, values));
      try {
        return [await cursor.read(2), await cursor.read(100)];
      } finally {
        await cursor.close();
      }
    }
    case 'stream':
      return client.query(new QueryStream(text, values)).toArray();
    default:
      return client.query(text, values);
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** Rows, their types, and errors, without what two databases differ in. */
function comparable(answer: unknown): string {
  return JSON.stringify(answer ?? null, (key, value: unknown) => {
    if (value instanceof Error) {
      const { code, message } = value as Error & { code?: string };
      return code === 'XX000'
        ? { code }
        : {
            code,
            message: message.replace(/pg_temp_\d+/g, 'pg_temp').replace(/hm_twin_(named|plain)/g, 'hm_twin'),
          };
    }
    if (key === 'fields' && Array.isArray(value)) {
      return (value as { name: string; dataTypeID: number }[]).map(
        ({ name, dataTypeID }) => `${name} ${dataTypeID < FIRST_USER_OID ? dataTypeID : ''}`,
      );
    }
    if (typeof value === 'string') {
      return TEMPORARY_SCHEMA.test(value) ? 'pg_temp' : value;
    }
    return INTERNAL.has(key) ? undefined : value;
  });
}

/** Called after the number of the backend. */
const TEMPORARY_SCHEMA = /^pg_temp_\d+$/;

/** Fields of pg's results that are not the application's. */
const INTERNAL = new Set([
  '_parsers',
  '_types',
  'RowCtor',
  '_prebuiltEmptyResultObject',
  'rowAsArray',
  'oid',
]);
