import { expect, it } from 'vitest';
import { MissingParts } from '../../../src/live/missing-parts.js';
import { type Reading, takeReading } from '../../../src/live/reading.js';

function reading(atMs: number, errors: Record<string, number>): Reading {
  return { ...takeReading([], 'app_', atMs), errors: new Map(Object.entries(errors)) };
}

it('a part is missing while each gather counts a failure of it, from the first of them on', () => {
  const missing = new MissingParts();
  missing.read(reading(1000, { db_pool: 7, scrape: 0 }));
  expect(missing.named.rows).toEqual([]);
  missing.read(reading(2000, { db_pool: 8, scrape: 0 }));
  missing.read(reading(3000, { db_pool: 9, scrape: 0, cluster: 2 }));
  expect(missing.named.rows).toEqual([
    { name: 'db_pool', sinceMs: 2000 },
    { name: 'cluster', sinceMs: 3000 },
  ]);
  missing.read(reading(4000, { db_pool: 9, scrape: 0, cluster: 4 }));
  expect(missing.named.rows).toEqual([{ name: 'cluster', sinceMs: 3000 }]);
});

it('a refused scrape is nothing that is missing', () => {
  const missing = new MissingParts();
  missing.read(reading(1000, {}));
  missing.read(reading(2000, { 'endpoint.bearerToken': 1 }));
  expect(missing.named.rows).toEqual([]);
});

it('everything is missing while there is no answer', () => {
  const missing = new MissingParts();
  missing.read(reading(1000, {}));
  missing.failed(2000);
  missing.failed(3000);
  expect(missing.named.rows).toEqual([{ name: 'metrics', sinceMs: 2000 }]);
  missing.read(reading(4000, {}));
  expect(missing.named.rows).toEqual([]);
});

it('names those that have been missing for longest, and counts the others', () => {
  const missing = new MissingParts();
  const names = Array.from({ length: 12 }, (_, index) => `collector_${index}\u202e`);
  const counting = (count: number, list: readonly string[]) =>
    Object.fromEntries(list.map((name) => [name, count]));
  missing.read(reading(1000, counting(0, names)));
  missing.read(reading(2000, { ...counting(0, names), ...counting(1, names.slice(6)) }));
  missing.read(reading(3000, { ...counting(1, names), ...counting(2, names.slice(6)) }));
  const { rows, omitted } = missing.named;
  expect(rows.map(({ sinceMs }) => sinceMs)).toEqual([...Array(6).fill(2000), ...Array(4).fill(3000)]);
  expect(rows[0]?.name).toMatch(/^collector_6[^\u202e]*$/);
  expect(omitted).toBe(2);
});
