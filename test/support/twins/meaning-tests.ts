import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StatementCache } from '../../../src/index.js';
import { answerOf, untilNaming, WARM_UP, WarningLog } from '../cached-statements.js';
import { openPool } from '../open-pool.js';
import type { EmbeddedPostgres } from '../../../sample/src/database/embedded-postgres.js';
import { TwinDatabase } from './databases.js';
import { MEANINGS } from './meanings/index.js';
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

/** Lines without these words leave every object of the database as it is. */
const CHANGES_OBJECTS =
  /\b(alter|analyze|call|comment|copy|create|delete|do|drop|execute|grant|ids|insert|into|merge|nextval|noisy|prepare|refresh|revoke|run|setting|setval|truncate|update|with)\b/i;

const changesObjects = ({ lines, objects }: Meaning): boolean =>
  objects !== undefined || CHANGES_OBJECTS.test(JSON.stringify(lines));

const cases = Object.entries(MEANINGS).map(
  ([group, list]) => [group, list.map((meaning) => [meaning.name, meaning] as const)] as const,
);

/** Defines the tests of statements that must mean the same with the cache and without, on one server. */
export function testMeanings(
  start: () => Promise<EmbeddedPostgres>,
  { reportsPath }: { readonly reportsPath: boolean },
): void {
  let server: EmbeddedPostgres;
  let database: TwinDatabase;
  let isChanged = true;
  beforeAll(async () => {
    server = await start();
    database = await TwinDatabase.create(server.url, 'hm_meanings');
  });
  afterAll(async () => {
    await database.drop();
    await server.stop();
  });

  /** The objects of the beginning, and those of the case. */
  async function openFresh(meaning: Meaning): Promise<Pool> {
    if (isChanged) await database.reset();
    isChanged = changesObjects(meaning);
    await database.foreign.query(meaning.objects ?? '');
    return openPool(database.url, { max: 2, options: '-c timezone=UTC' });
  }

  describe.each(cases)('a statement with values means the same with the cache and without: %s', (_, list) => {
    let pool: Pool | undefined;
    afterEach(() => pool?.end());

    it.each(list)('%s', async (_name, meaning) => {
      pool = await openFresh(meaning);
      expect(await differences(pool, meaning)).toEqual([]);
      await pool.end();
      pool = await openFresh(meaning);
      const cached = pool;
      const cache = new StatementCache(cached, { minUses: 1 }, new WarningLog()).install();
      await untilNaming(cache, () => cached.query(WARM_UP, [1]));
      const before = cache.getStats().misses;
      expect(await differences(cached, meaning)).toEqual([]);
      expect(cache.getStats().misses > before).toBe(
        !isNeverNamed(meaning) && (reportsPath || meaning.isNamedWhereReported !== true),
      );
    });
  });
}
