import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEBIAN_VERSION,
  findMissingDebianPostgres,
  startDebianPostgres,
} from '../support/debian-postgres.js';
import { startPostgres } from '../support/postgres.js';
import { ALL_GROUPS } from '../support/twins/steps.js';
import { Twins } from '../support/twins/twins.js';
import { isSkipped } from '../support/skipped.js';

/** Statements for each seed, on each twin. */
const STATEMENTS = 1000;
const FIXED_SEEDS = [1, 2];
const randomSeed = Date.now() % 2 ** 31;

describe.each([
  ['of these tests', startPostgres, false],
  [
    `${DEBIAN_VERSION} of Debian`,
    startDebianPostgres,
    isSkipped('an older release of PostgreSQL', findMissingDebianPostgres()),
  ],
] as const)('on the server %s', (_, start, skipped) => {
  describe.skipIf(skipped)('between changes of the session and of objects', () => {
    let server: Awaited<ReturnType<typeof startPostgres>>;
    let twins: Twins;
    beforeAll(async () => {
      server = await start();
      twins = await Twins.create(server.url);
    });
    afterAll(async () => {
      await twins.drop();
      await server.stop();
    });

    it.each([...FIXED_SEEDS, randomSeed])('answers as its twin without names does: seed %i', async (seed) => {
      const result = await twins.run({ seed, statements: STATEMENTS, groups: ALL_GROUPS, foreign: false });
      expect(result.failure?.text).toBeUndefined();
      expect(result.differences).toBe(0);
      expect(result.statements).toBeGreaterThanOrEqual(STATEMENTS);
    });

    it('names at least half of what an application sends in the ordinary state of its session', async () => {
      const result = await twins.run({ seed: 3, statements: STATEMENTS, groups: [], foreign: false });
      expect(result.failure?.text).toBeUndefined();
      expect(result.ordinaryNamed / result.ordinaryProbes).toBeGreaterThan(0.5);
      expect(result.hits / result.named).toBeGreaterThan(0.5);
    });
  });
});
