import { describe, expect, it, vi } from 'vitest';
import { ScopeQueries } from '../../../../src/database/performance/scope-queries.js';
import { heapUsed } from '../../../support/garbage.js';

const locate = (): undefined => undefined;

describe('the reads of a scope', () => {
  it('are repeated from the threshold on, once for each fingerprint, and located once', () => {
    const queries = new ScopeQueries();
    const takeLocation = vi.fn(() => locate);
    const read = (fingerprint: string, times: number): void => {
      for (let number = 0; number < times; number += 1) queries.read(fingerprint, 5, takeLocation);
    };
    read('SELECT a', 4);
    read('SELECT b', 5);
    expect(queries.repeatedReads).toMatchObject([{ fingerprint: 'SELECT b', count: 5 }]);
    read('SELECT b', 10);
    read('SELECT a', 1);
    expect(queries.repeatedReads).toMatchObject([
      { fingerprint: 'SELECT b', count: 15 },
      { fingerprint: 'SELECT a', count: 5 },
    ]);
    expect(takeLocation).toHaveBeenCalledTimes(2);
  });

  it('are told apart by their texts, whichever strings those are', () => {
    const queries = new ScopeQueries();
    for (let number = 0; number < 5; number += 1) {
      queries.read(['SELECT', 'a', 'FROM', 'b'].join(' '), 5, () => locate);
    }
    expect(queries.repeatedReads).toHaveLength(1);
  });

  it('take bounded memory when the scope never ends', async () => {
    const queries = new ScopeQueries();
    const read = (from: number, to: number): void => {
      for (let number = from; number < to; number += 1) queries.read(`SELECT a${number}`, 2, () => locate);
    };
    read(0, 1000);
    const before = await heapUsed();
    read(1000, 1_000_000);
    expect((await heapUsed()) - before).toBeLessThan(256 * 1024);
    // Those that are known go on to be counted.
    read(0, 1);
    expect(queries.repeatedReads).toMatchObject([{ fingerprint: 'SELECT a0', count: 2 }]);
  });
});
