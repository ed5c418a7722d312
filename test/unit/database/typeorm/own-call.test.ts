import { afterEach, describe, expect, it } from 'vitest';
import { isTypeOrmsOwnRead } from '../../../../src/database/typeorm/own-call.js';

const READ = 'SELECT "a"."id" AS "a_id" FROM "author" "a" WHERE "a"."id" = $1';

/** As TypeORM's classes are called, with the frames that they leave. */
class SubjectDatabaseEntityLoader {
  async load(read: () => boolean): Promise<boolean> {
    await Promise.resolve();
    return read();
  }
}
class Broadcaster {
  broadcast(read: () => boolean): boolean {
    return read();
  }
}
const loader = new SubjectDatabaseEntityLoader();
const broadcaster = new Broadcaster();
const own = (text: string) => loader.load(() => isTypeOrmsOwnRead(text));

describe('a read of TypeORM', () => {
  const { stackTraceLimit } = Error;
  afterEach(() => {
    Object.defineProperty(Error, 'stackTraceLimit', {
      value: stackTraceLimit,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  });

  it('is its own when one of its classes sends it that does so on its own account', async () => {
    expect(await own(READ)).toBe(true);
    expect(isTypeOrmsOwnRead(READ)).toBe(false);
  });

  it('is the application’s when a listener of its sends it', async () => {
    expect(await loader.load(() => broadcaster.broadcast(() => isTypeOrmsOwnRead(READ)))).toBe(false);
  });

  it.each([
    'SELECT "c"."id" AS "c_id" FROM "cache" "c" WHERE "c"."query" = $1',
    'SELECT "cache"."id" AS "cache_id" FROM "cache" "cache" WHERE "cache"."query" = $1',
    'SELECT * FROM "cache" WHERE query = $1',
  ])('is the application’s when its table has a name as the cache has: %s', (text) => {
    expect(isTypeOrmsOwnRead(text)).toBe(false);
  });

  it.each([
    'SELECT * FROM "query-result-cache" "cache" WHERE "cache"."identifier" = $1',
    'SELECT * FROM `shop`.`my cache` `cache` WHERE `cache`.`query` = ?',
  ])('is its own when it asks the cache, whatever is on the stack: %s', (text) => {
    expect(isTypeOrmsOwnRead(text)).toBe(true);
  });

  it.each([
    'SELECT "a"."id" AS "a_id" FROM "author" "a" WHERE (("a"."id" = $1)) LIMIT 1',
    'SELECT "a"."id" AS "a_id" FROM "author" "a" WHERE (("a"."id" = $1) AND ("a"."name" = $2))',
    'SELECT `a`.`id` AS `a_id` FROM `author` `a` WHERE ( ((`a`.`id` = ?)) ) AND ( `a`.`deletedAt` IS NULL )',
    'select name from author where id = $1',
    'SELECT 1',
  ])('costs no stack when it is none of its own by its form: %s', async (text) => {
    let stacks = 0;
    Object.defineProperty(Error, 'stackTraceLimit', {
      configurable: true,
      get: () => {
        stacks += 1;
        return stackTraceLimit;
      },
      set: () => {},
    });
    expect(await own(text)).toBe(false);
    expect(stacks).toBe(0);
    await own(READ);
    expect(stacks).toBeGreaterThan(0);
  });

  it('is the application’s where stacks cannot be had', async () => {
    Error.stackTraceLimit = 0;
    expect(await own(READ)).toBe(true);
    Object.defineProperty(Error, 'stackTraceLimit', { value: 0, configurable: true, writable: false });
    expect(await own(READ)).toBe(false);
  });

  it('leaves `Error` as it was', async () => {
    const before = Object.getOwnPropertyDescriptors(Error);
    await own(READ);
    expect(Object.getOwnPropertyDescriptors(Error)).toEqual(before);
  });
});
