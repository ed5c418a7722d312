import { describe, expect, it, vi } from 'vitest';
import { ScopeQueries } from '../../../../src/database/performance/scope-queries.js';
import type { QuerySource } from '../../../../src/database/source/query-source.interface.js';
import { heapUsed } from '../../../support/garbage.js';

const locate = (): undefined => undefined;

/** A data source; its own are the reads whose text says so. */
function dataSource() {
  const isOwnRead = vi.fn((text: string) => text.endsWith('of its own'));
  return { source: { isOwnRead } as Partial<QuerySource> as QuerySource, isOwnRead };
}

function setUp(queries = new ScopeQueries(), { source, isOwnRead } = dataSource()) {
  const takeLocation = vi.fn(() => locate);
  const read = (fingerprint: string, times: number, text = fingerprint): void => {
    for (let number = 0; number < times; number += 1) {
      queries.read({ source, text, origin: undefined }, fingerprint, 5, takeLocation);
    }
  };
  return { queries, read, takeLocation, isOwnRead };
}

describe('the reads of a scope', () => {
  it('are repeated from the threshold on, once for each fingerprint, and located once', () => {
    const { queries, read, takeLocation } = setUp();
    read('SELECT FROM a', 4);
    read('SELECT FROM b', 5);
    expect(queries.repeatedReads).toMatchObject([{ fingerprint: 'SELECT FROM b', count: 5 }]);
    read('SELECT FROM b', 10);
    read('SELECT FROM a', 1);
    expect(queries.repeatedReads).toMatchObject([
      { fingerprint: 'SELECT FROM b', count: 15 },
      { fingerprint: 'SELECT FROM a', count: 5 },
    ]);
    expect(takeLocation).toHaveBeenCalledTimes(2);
  });

  it('are located by the first one whose origin is known, if the one at the threshold has none', () => {
    const queries = new ScopeQueries();
    const { source } = dataSource();
    const origins = [
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'a.ts:1:1',
      'b.ts:2:2',
    ];
    for (const place of origins) {
      const origin = place === undefined ? undefined : () => place;
      queries.read({ source, text: 'SELECT FROM a', origin }, 'SELECT FROM a', 5, () => () => origin?.());
    }
    expect(queries.repeatedReads.map((read) => read.locate())).toEqual(['a.ts:1:1']);
  });

  it('are told apart by their texts, whichever strings those are', () => {
    const { queries, read } = setUp();
    for (let number = 0; number < 5; number += 1) read(['SELECT', 'a', 'FROM', 'b'].join(' '), 1);
    expect(queries.repeatedReads).toHaveLength(1);
  });

  it('are told apart by their data sources', () => {
    const queries = new ScopeQueries();
    const [one, other] = [setUp(queries), setUp(queries)];
    one.read('SELECT FROM a', 4);
    other.read('SELECT FROM a', 4);
    expect(queries.repeatedReads).toEqual([]);
    one.read('SELECT FROM a', 1);
    other.read('SELECT FROM a', 3);
    expect(queries.repeatedReads).toMatchObject([{ count: 5 }, { count: 7 }]);
  });

  it('are no repeated ones when they read no table, and that is found out once', () => {
    const { queries, read, takeLocation } = setUp();
    read('SELECT ?', 20);
    expect(queries.repeatedReads).toEqual([]);
    expect(takeLocation).not.toHaveBeenCalled();
  });

  it.each([
    ['first', ['of its own', '', '', '', '']],
    ['in between', ['', '', 'of its own', '', '']],
    ['last', ['', '', '', '', 'of its own']],
    ['most of them', ['of its own', 'of its own', 'of its own', '', 'of its own', '', '', '']],
  ])('do not count that the data source sends on its own account: %s', (_which, sent) => {
    const { queries, read } = setUp();
    sent.forEach((ending) => read('SELECT FROM a', 1, `SELECT FROM a ${ending}`));
    expect(queries.repeatedReads).toEqual([]);
    read('SELECT FROM a', 1);
    read('SELECT FROM a', 10, 'SELECT FROM a of its own');
    expect(queries.repeatedReads).toMatchObject([{ count: 5 }]);
  });

  it('are not looked at any more when they are repeated ones, and all were the application’s', () => {
    const { read, isOwnRead } = setUp();
    read('SELECT FROM a', 100);
    expect(isOwnRead).toHaveBeenCalledTimes(5);
  });

  it('are counted apart where they may be repeated', () => {
    const { queries, read } = setUp();
    const { read: readAllowed, takeLocation } = setUp(queries.allowedReads);
    expect(queries.allowedRepeatedReads).toBe(0);
    read('SELECT FROM a', 4);
    readAllowed('SELECT FROM a', 4);
    expect([queries.repeatedReads, queries.allowedRepeatedReads]).toEqual([[], 0]);
    readAllowed('SELECT FROM a', 10);
    readAllowed('SELECT FROM b', 5);
    readAllowed('SELECT ?', 5);
    expect([queries.repeatedReads, queries.allowedRepeatedReads]).toEqual([[], 2]);
    expect(takeLocation).toHaveBeenCalledTimes(2);
    read('SELECT FROM a', 1);
    expect(queries.repeatedReads).toMatchObject([{ fingerprint: 'SELECT FROM a', count: 5 }]);
  });

  it('take bounded memory when the scope never ends', async () => {
    const { queries, read } = setUp();
    const readEach = (from: number, to: number): void => {
      for (let number = from; number < to; number += 1) {
        queries.read({ source: {} as QuerySource, text: '' }, `SELECT FROM a${number}`, 2, () => locate);
      }
    };
    readEach(0, 999);
    read('SELECT FROM a', 4);
    const before = await heapUsed();
    readEach(1000, 1_000_000);
    expect((await heapUsed()) - before).toBeLessThan(256 * 1024);
    // Those that are known go on to be counted.
    read('SELECT FROM a', 1);
    expect(queries.repeatedReads).toMatchObject([{ fingerprint: 'SELECT FROM a', count: 5 }]);
  });
});
