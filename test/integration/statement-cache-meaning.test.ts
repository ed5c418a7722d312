import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StatementCache } from '../../src/index.js';
import { answerOf, untilNaming, WARM_UP, WarningLog } from '../support/cached-statements.js';
import { openPool } from '../support/open-pool.js';
import {
  DEBIAN_VERSION,
  findMissingDebianPostgres,
  startDebianPostgres,
} from '../support/debian-postgres.js';
import { startPostgres } from '../support/postgres.js';
import { TwinDatabase } from '../support/twins/databases.js';
import { MEANINGS } from '../support/twins/meanings/index.js';
import type { Meaning } from '../support/twins/meanings/meaning.js';

let database: TwinDatabase;
let pool: Pool;
beforeEach(async () => {
  await database.reset();
  pool = openPool(database.url, { max: 2, options: '-c timezone=UTC' });
});
afterEach(() => pool.end());

/** Sends the lines, and answers with the ones that are not as expected. */
async function differences({ lines }: Meaning): Promise<unknown[]> {
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

const cases = Object.entries(MEANINGS).map(
  ([group, list]) => [group, list.map((meaning) => [meaning.name, meaning] as const)] as const,
);

const missing = process.env['CI'] === 'true' ? undefined : findMissingDebianPostgres();
if (missing !== undefined) {
  console.warn(`Skipped: an older release of PostgreSQL: ${missing}.`);
}

describe.each([
  ['of these tests', startPostgres, undefined, true],
  [`${DEBIAN_VERSION} of Debian`, startDebianPostgres, missing, false],
] as const)('on the server %s', (_server, start, skipped, reportsPath) => {
  let server: Awaited<ReturnType<typeof startPostgres>> | undefined;
  beforeAll(async () => {
    if (skipped === undefined) {
      server = await start();
      database = await TwinDatabase.create(server.url, 'hm_meanings');
    }
  });
  afterAll(async () => {
    if (server !== undefined) {
      await database.drop();
      await server.stop();
    }
  });

  describe.skipIf(skipped !== undefined).each(cases)(
    'a statement with values means the same with the cache and without: %s',
    (_, list) => {
      it.each(list)('%s', async (_name, meaning) => {
        await database.foreign.query(meaning.objects ?? '');
        expect(await differences(meaning)).toEqual([]);
        await pool.end();
        await database.reset();
        await database.foreign.query(meaning.objects ?? '');
        pool = openPool(database.url, { max: 2, options: '-c timezone=UTC' });
        const cache = new StatementCache(pool, { minUses: 1 }, new WarningLog()).install();
        await untilNaming(cache, () => pool.query(WARM_UP, [1]));
        const before = cache.getStats().misses;
        expect(await differences(meaning)).toEqual([]);
        expect(cache.getStats().misses > before).toBe(
          !isNeverNamed(meaning) && (reportsPath || meaning.isNamedWhereReported !== true),
        );
      });
    },
  );
});
