import { describe, expect, it } from 'vitest';
import { FingerprintCache } from '../../src/database/sql/query-fingerprint.js';
import { TextAdmission } from '../../src/database/statement-cache/text-admission.js';
import { heapUsed } from '../support/garbage.js';

describe('a million distinct texts, fingerprinted,', () => {
  it('leave no more in memory than some thousands', { timeout: 60_000 }, async () => {
    const cache = new FingerprintCache();
    const read = (from: number, to: number): void => {
      for (let number = from; number < to; number += 1) {
        cache.of(`SELECT * FROM "table_${number}" WHERE "id" = $1`);
      }
    };
    read(0, 10_000);
    const before = await heapUsed();
    read(10_000, 1_000_000);
    expect((await heapUsed()) - before).toBeLessThan(2 * 1024 * 1024);
    // The cache is still in use.
    expect(cache.of('SELECT 1')).toBe('SELECT ?');
  });

  it('of 100 kB do not keep more than their beginnings', async () => {
    const cache = new FingerprintCache();
    const kept: string[] = [];
    const before = await heapUsed();
    for (let number = 0; number < 500; number += 1) {
      // Nothing in it is replaced: the fingerprint is the beginning of the text.
      kept.push(cache.of(`${'x'.repeat(100_000)}${number}`));
    }
    expect((await heapUsed()) - before).toBeLessThan(20 * 1024 * 1024);
    expect(kept).toHaveLength(500);
  });
});

describe('a million distinct texts, admitted to the statement cache,', () => {
  it('leave no more in memory than a hundred thousand', async () => {
    const texts = new TextAdmission({ minUses: 1, maxTextLength: 1000, deny: [] });
    const send = (from: number, to: number): void => {
      for (let n = from; n < to; n += 1) {
        texts.use(`SELECT a${n % 5000} FROM t WHERE id = ${n} AND b = $1`);
      }
    };
    send(0, 100_000);
    const before = await heapUsed();
    send(100_000, 1_000_000);
    expect((await heapUsed()) - before).toBeLessThan(1_000_000);
  });
});
