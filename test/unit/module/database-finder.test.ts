import { EventEmitter } from 'node:events';
import { Pool } from 'pg';
import { expect, it } from 'vitest';
import { DatabaseFinder } from '../../../src/module/database-finder.js';

function finderOf(providers: Iterable<readonly [unknown, unknown]>): DatabaseFinder {
  const wrappers = new Map([...providers].map(([token, instance]) => [token, { instance }] as const));
  return new DatabaseFinder(new Map([['module', { providers: wrappers }]]));
}

const namesIn = (finder: DatabaseFinder): (string | undefined)[] => finder.find().map(({ name }) => name);

it('finds data sources and pools by what they can do, with the names of their tokens', () => {
  const dataSource = { isInitialized: false, driver: {}, createQueryRunner: () => ({}) };
  const pool = new Pool();
  const finder = finderOf([
    ['DataSource', 'a string'],
    ['reportsDataSource', dataSource],
    [Symbol('PG_POOL'), pool],
    [Pool, pool],
    ['events', new EventEmitter()],
    ['nothing', null],
  ]);
  expect(finder.find()).toEqual([
    { name: 'reports', target: dataSource },
    { name: 'PG_POOL', target: pool },
    { name: 'default', target: pool },
  ]);
});

it('finds no pool inside of another object', () => {
  expect(namesIn(finderOf([['client', { $client: new Pool() }]]))).toEqual([]);
});

it('leaves out providers that throw, and asks them a limited number of times', () => {
  let looks = 0;
  const throwing = new Proxy(
    {},
    {
      get: () => {
        looks += 1;
        throw new Error('not outside of a request');
      },
    },
  );
  // What Nest keeps for a request-scoped provider.
  const prototype = Object.create(Pool.prototype) as object;
  const finder = finderOf([
    ['proxy', throwing],
    ['scoped', prototype],
  ]);
  for (let scrape = 1; scrape <= 50; scrape += 1) expect(namesIn(finder)).toEqual([]);
  expect(looks).toBeLessThanOrEqual(20);
});

it('finds a pool whose provider cannot be read at first', () => {
  let pool: Pool | undefined;
  const late = new Proxy(
    {},
    {
      get: (_, name) => {
        if (pool === undefined) throw new Error('not connected yet');
        return Reflect.get(pool, name, pool) as unknown;
      },
    },
  );
  const finder = finderOf([['LATE_POOL', late]]);
  expect(namesIn(finder)).toEqual([]);
  pool = new Pool();
  expect(namesIn(finder)).toEqual(['LATE_POOL']);
});
