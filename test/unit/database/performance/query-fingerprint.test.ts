import { describe, expect, it } from 'vitest';
import { FingerprintCache, normalizeQuery } from '../../../../src/database/performance/query-fingerprint.js';

/** Of `count` parameters from `$first` on. */
function parameters(first: number, count: number): string {
  return Array.from({ length: count }, (_, index) => `$${first + index}`).join(', ');
}

function bulkInsert(rows: number, end = ''): string {
  const values = Array.from({ length: rows }, (_, row) => `(DEFAULT, ${parameters(row * 5 + 1, 5)})`);
  return `INSERT INTO "book"("id", "a", "b", "c", "d", "e") VALUES ${values.join(', ')}${end}`;
}

describe('statements longer than what is looked at', () => {
  const INSERTED = 'INSERT INTO "book"("id", "a", "b", "c", "d", "e") VALUES (?)';

  it('have equal fingerprints when they insert different numbers of rows', () => {
    expect(bulkInsert(300).length).toBeGreaterThan(8192);
    expect([1, 2, 300, 400, 5000].map((rows) => normalizeQuery(bulkInsert(rows)))).toEqual(
      Array.from({ length: 5 }, () => INSERTED),
    );
  });

  it('have equal fingerprints wherever the rows are cut', () => {
    const text = bulkInsert(400);
    for (let space = 0; space < 60; space += 1) {
      expect(normalizeQuery(`${' '.repeat(space)}${text}`)).toBe(INSERTED);
    }
  });

  it('have equal fingerprints when they look for different numbers of keys', () => {
    for (let count = 1; count < 4000; count += 37) {
      expect(normalizeQuery(`SELECT "a" FROM "b" WHERE "id" IN (${parameters(1, count)})`)).toBe(
        'SELECT "a" FROM "b" WHERE "id" IN (?)',
      );
    }
  });

  it('keep what an INSERT returns', () => {
    const short = normalizeQuery(bulkInsert(20, ' RETURNING "id", "a"'));
    expect([300, 400, 5000].map((rows) => normalizeQuery(bulkInsert(rows, ' RETURNING "id", "a"')))).toEqual(
      Array.from({ length: 3 }, () => short),
    );
    expect(normalizeQuery(bulkInsert(300, ` ON CONFLICT (id) RETURNING 'a secret'`))).not.toContain('secret');
    expect(normalizeQuery(`INSERT INTO t VALUES ('${'x'.repeat(9000)}) RETURNING secret')`)).toBe(
      'INSERT INTO t VALUES (?',
    );
  });

  it('keep what follows the list when it is within what is looked at', () => {
    expect(normalizeQuery(bulkInsert(20, ' RETURNING "id"'))).toBe(`${INSERTED} RETURNING "id"`);
  });
});

describe('a short statement', () => {
  it.each([
    ['SELECT a FROM t LIMIT 10 OFFSET 20', 'SELECT a FROM t LIMIT ? OFFSET ?'],
    [`SELECT E'it\\'s' || 'it''s' || $x$it's$x$`, 'SELECT ? || ? || ?'],
    ['SELECT "it\'s 1", "a""b -- c" FROM "t 2"', 'SELECT "it\'s 1", "a""b -- c" FROM "t 2"'],
    ['SELECT /* a /* 1 */ b */ a -- 2\nFROM t', 'SELECT a FROM t'],
    ['SELECT a FROM t WHERE a IN (1, 2', 'SELECT a FROM t WHERE a IN (?, ?'],
  ])('%j has the fingerprint %j', (text, fingerprint) => {
    expect(normalizeQuery(text)).toBe(fingerprint);
  });

  it('has no value in it whose quotes are not closed', () => {
    expect(normalizeQuery(`SELECT "abc WHERE p = 'secret' x`)).toBe('SELECT ?');
    expect(normalizeQuery(`SELECT E'secret\\`)).toBe('SELECT ?');
  });

  it.each([
    [`SELECT 'it\\'s secret' AS a`, 'SELECT ? AS a'],
    [`SELECT "it\\"s ""secret" AS a`, 'SELECT ? AS a'],
    ['SELECT `a` FROM `t` # secret\nWHERE b = 1', 'SELECT `a` FROM `t` WHERE b = ?'],
    [`SELECT 'C:\\\\' AS a, 'secret' AS b`, 'SELECT ? AS a, ? AS b'],
  ])('of MySQL %j has the fingerprint %j', (text, fingerprint) => {
    expect(normalizeQuery(text, 'mysql')).toBe(fingerprint);
  });

  it('that is equal to a remembered one has its fingerprint', () => {
    const cache = new FingerprintCache();
    expect(cache.of('SELECT 1')).toBe('SELECT ?');
    expect(cache.of(['SELECT', '1'].join(' '))).toBe('SELECT ?');
  });
});
