import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StatementCache } from '../../../src/index.js';
import { answerOf, untilNaming, WARM_UP, WarningLog } from '../cached-statements.js';
import { openPool } from '../open-pool.js';
import type { EmbeddedPostgres } from '../../../sample/src/database/embedded-postgres.js';
import { TwinDatabase } from './databases.js';
import type { Meaning } from './meanings/meaning.js';

/** Sends the lines, and answers with the ones that are not as expected. */
async function differences(pool: Pool, { lines }: Meaning): Promise<unknown[]> {
  const [client, other] = [await pool.connect(), await pool.connect()];
  const found: unknown[] = [];
  try {
    for (const [index, line] of lines.entries()) {
      if (typeof line === 'string' || 'elsewhere' in line) {
        await answerOf(typeof line === 'string' ? client.query(line) : other.query(line.elsewhere));
        continue;
      }
      const [text, values, expected] = line;
      const answer = await answerOf(client.query(text, [...values]));
      if (expected !== undefined && JSON.stringify(answer) !== JSON.stringify(expected)) {
        found.push({ line: index, text, answer, expected });
      }
    }
    return found;
  } finally {
    await client.query('ROLLBACK');
    client.release();
    other.release();
  }
}

/** Calls a function that is VOLATILE or counts a sequence, or has a constant that is the present time. */
const NEVER_NAMED = /\bprice\(|\bnextval\(|'\s*(?:now|today|tomorrow)\b/i;

const isNeverNamed = ({ lines }: Meaning): boolean =>
  lines.some((line) => Array.isArray(line) && NEVER_NAMED.test(String(line[0])));

const casesOf = (groups: Readonly<Record<string, readonly Meaning[]>>) =>
  Object.entries(groups).map(
    ([group, list]) => [group, list.map((meaning) => [meaning.name, meaning] as const)] as const,
  );

/** Defines the tests of statements that must mean the same with the cache and without, on one server. */
export function testMeanings(
  start: () => Promise<EmbeddedPostgres>,
  groups: Readonly<Record<string, readonly Meaning[]>>,
): void {
  let server: EmbeddedPostgres;
  let database: TwinDatabase;
  let pool: Pool;
  beforeAll(async () => {
    server = await start();
    database = await TwinDatabase.create(server.url, 'hm_meanings');
  });
  afterAll(async () => {
    await database.drop();
    await server.stop();
  });
  beforeEach(async () => {
    await database.reset();
    pool = openPool(database.url, { max: 2, options: '-c timezone=UTC' });
  });
  afterEach(() => pool.end());

  describe.each(casesOf(groups))(
    'a statement with values means the same with the cache and without: %s',
    (_, list) => {
      it.each(list)('%s', async (_name, meaning) => {
        expect(await differences(pool, meaning)).toEqual([]);
        await pool.end();
        await database.reset();
        pool = openPool(database.url, { max: 2, options: '-c timezone=UTC' });
        const cache = new StatementCache(pool, { minUses: 1 }, new WarningLog()).install();
        await untilNaming(cache, () => pool.query(WARM_UP, [1]));
        const before = cache.getStats().misses;
        expect(await differences(pool, meaning)).toEqual([]);
        expect(cache.getStats().misses > before).toBe(!isNeverNamed(meaning));
      });
    },
  );
}
