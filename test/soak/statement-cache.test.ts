import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../support/postgres.js';
import { soak } from '../support/statement-soak.js';

let server: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

it('answers as its twin without names does, while tables change and connections have room for five', async () => {
  const result = await soak(server.url, 4000);
  expect(result.wrong).toEqual([]);
  expect(result.disagreements).toEqual([]);
  // `DISCARD ALL` and `DEALLOCATE ALL` are among what the workers send, now and then.
  const others = result.warnings.filter(
    (warning) =>
      !/^The statement cache .*may change their meaning: (?:discard|deallocate) all$/i.test(warning),
  );
  expect(others).toEqual([]);
  // What the workers are there for has happened.
  expect(result.stats.hits).toBeGreaterThan(200);
  expect(result.stats.evictions).toBeGreaterThan(1000);
  expect(result.schemaChanges).toBeGreaterThan(10);
  expect(result.errors['22P02']).toBeGreaterThan(20);
  expect(result.errors['22012']).toBeGreaterThan(20);
  expect(result.errors['This cannot be sent.']).toBeGreaterThan(5);
});
