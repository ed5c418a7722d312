import { describe, expect, it } from 'vitest';
import {
  type AdmissionOptions,
  statementName,
  TextAdmission,
} from '../../../../src/database/statement-cache/text-admission.js';

const admission = (options: Partial<AdmissionOptions> = {}): TextAdmission =>
  new TextAdmission({ minUses: 1, maxTextLength: 1000, deny: [], ...options });
const nameOf = (of: TextAdmission, text: string): string | undefined => of.use(text)?.name;
/** A fingerprint of its own each. */
const distinct = (n: number): string => `SELECT a${n} FROM t WHERE id = $1`;

describe('a name', () => {
  it('is the same for the same text, in 43 characters, and another for another text', () => {
    expect(statementName('SELECT $1')).toBe(statementName('SELECT $1'));
    expect(statementName('SELECT $1')).toMatch(/^hm_[0-9a-f]{40}$/);
    expect(statementName('SELECT $1 ')).not.toBe(statementName('SELECT $1'));
  });
});

describe('a text gets no name', () => {
  it.each(["SELECT nextval('ids') + $1 AS next", "SELECT setval('ids', $1)"])(
    'when its plan decides whether a sequence counts: %s',
    (text) => {
      expect(nameOf(admission(), text)).toBeUndefined();
    },
  );
});

describe('a text gets a name', () => {
  it.each([1, 2, 5])('at its use %i, by minUses', (minUses) => {
    const texts = admission({ minUses });
    for (let use = 1; use < minUses; use += 1) {
      expect(nameOf(texts, distinct(1))).toBeUndefined();
    }
    expect(nameOf(texts, distinct(1))).toBe(statementName(distinct(1)));
  });

  it('up to maxTextLength', () => {
    const texts = admission({ maxTextLength: 30 });
    expect(nameOf(texts, 'SELECT $1'.padEnd(30))).toBeDefined();
    expect(texts.use('SELECT $1'.padEnd(31))).toBeUndefined();
  });

  it.each([
    ['SELECT', 'SELECT $1'],
    ['INSERT', 'INSERT INTO t VALUES ($1)'],
    ['UPDATE', 'UPDATE t SET a = $1'],
    ['DELETE', 'DELETE FROM t WHERE a = $1'],
    ['MERGE', 'MERGE INTO t USING u ON t.a = $1 WHEN MATCHED THEN DELETE'],
    ['WITH', 'WITH u AS (SELECT $1 AS a) MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE'],
    ['VALUES', 'VALUES ($1)'],
  ])('%s', (_, text) => {
    expect(nameOf(admission(), text)).toBeDefined();
  });

  it.each(['CALL p($1)', 'EXECUTE q($1)', 'CREATE TABLE t AS SELECT $1', 'COPY t FROM $1', '', '$1'])(
    'not %j',
    (text) => {
      expect(nameOf(admission(), text)).toBeUndefined();
    },
  );
});

describe('a text that is denied', () => {
  const text = "SELECT * FROM orders WHERE status = $1 AND kind = 'gift'";

  it.each<readonly [string, readonly (string | RegExp)[], boolean]>([
    ['as it is', [text], true],
    ['by its fingerprint', ['SELECT * FROM orders WHERE status = ? AND kind = ?'], true],
    ['by a pattern', [/orders/], true],
    ['by a global pattern, each time', [/orders/g], true],
    ['by a sticky pattern, from its beginning', [/SELECT/y], true],
    ['by one of several', ['other', /nothing/, /gift/], true],
    ['not by a part of it', ['orders'], false],
    ['not by a pattern of others', [/invoices/], false],
  ])('%s', (_, deny, isDenied) => {
    const texts = admission({ deny });
    for (let use = 0; use < 3; use += 1) {
      expect(nameOf(texts, text) === undefined).toBe(isDenied);
    }
    const pattern = deny.find((rule) => rule instanceof RegExp);
    expect(pattern?.lastIndex ?? 0).toBe(0);
  });
});

describe('texts that differ in their values only', () => {
  const inlined = (n: number): string => `SELECT * FROM t WHERE id IN (${n}) AND a = $1`;

  it('get 8 names, however often they are sent', () => {
    const texts = admission();
    const named = Array.from({ length: 100 }, (_, n) => nameOf(texts, inlined(n)) !== undefined);
    expect(named.filter(Boolean)).toHaveLength(8);
    expect(named.lastIndexOf(true)).toBe(7);
    expect(nameOf(texts, inlined(3))).toBeDefined();
    expect(nameOf(texts, distinct(1))).toBeDefined();
  });

  it.each([
    ['bare', (value: string) => value],
    ['casts', (value: string) => `${value}::uuid`],
    ['calls', (value: string) => `lower(CAST(${value} AS text))`],
    ['tuples', (value: string) => `(${value}, 'a'::text)`],
  ])('get 8 names when their lists have different lengths: %s', (_, write) => {
    const texts = admission({ maxTextLength: 16_384 });
    const list = (length: number): string =>
      Array.from({ length }, (_value, index) => write(`$${index + 1}`)).join(', ');
    const sent = (length: number): string => `SELECT * FROM t WHERE a IN (${list(length)})`;
    for (let round = 0; round < 2; round += 1) {
      const named = Array.from(
        { length: 80 },
        (_value, index) => nameOf(texts, sent(index + 1)) !== undefined,
      );
      expect(named.filter(Boolean)).toHaveLength(8);
      expect(named.lastIndexOf(true)).toBe(7);
    }
  });

  it('a text that was forgotten gets its name again: it is no further variant', () => {
    const texts = admission();
    for (let round = 0; round < 20; round += 1) {
      expect(nameOf(texts, inlined(1))).toBeDefined();
      for (let n = 0; n < 2100; n += 1) {
        texts.use(`SELECT ${round}, ${n} FROM noise WHERE id = $1`);
      }
    }
  });

  it('a hot text keeps what is known of it among thousands of others', () => {
    const texts = admission();
    const known = texts.use(distinct(1));
    for (let n = 0; n < 10_000; n += 1) {
      texts.use(`SELECT ${n} FROM noise WHERE id = $1`);
      expect(n % 500 === 0 ? texts.use(distinct(1)) : known).toBe(known);
    }
  });
});

describe('a text that has lost its name', () => {
  it('has none ever after, also when it was forgotten in the meantime', () => {
    const texts = admission();
    const known = texts.use(distinct(1));
    texts.deny(known as NonNullable<typeof known>);
    expect(texts.use(distinct(1))?.isDenied).toBe(true);
    for (let n = 0; n < 2100; n += 1) {
      texts.use(`SELECT ${n} FROM noise WHERE id = $1`);
    }
    expect(texts.use(distinct(1))).toMatchObject({ isDenied: true, name: undefined });
  });
});

describe('texts with keys written into them', () => {
  const page = (key: number, call = ''): string =>
    `SELECT ${call}a FROM t WHERE b = $1 AND t.id IN (${key}, ${key + 1})`;
  const seeMany = (texts: TextAdmission, call = ''): void => {
    for (let key = 1000; key < 1064; key += 1) {
      texts.use(page(key, call));
    }
  };

  it('are looked at one by one, up to 64 of a kind', () => {
    const texts = admission({ minUses: 2 });
    texts.use(page(1));
    expect(nameOf(texts, page(1))).toBe(statementName(page(1)));
    seeMany(texts);
    expect(nameOf(texts, page(1))).toBe(statementName(page(1)));
    texts.use(page(2));
    expect(nameOf(texts, page(2))).toBeUndefined();
    expect(texts.use(page(3))).toBe(texts.use(page(4)));
    // Another kind is not concerned.
    texts.use(page(2).replace('b =', 'c ='));
    expect(nameOf(texts, page(2).replace('b =', 'c ='))).toBeDefined();
  });

  it('are all read when they call functions, or change the session', () => {
    const texts = admission({ minUses: 2 });
    seeMany(texts, 'f(1), ');
    expect(texts.use(page(3, 'f(1), '))).not.toBe(texts.use(page(4, 'f(1), ')));
    expect(texts.use(page(5, 'f(1), '))?.change.calls).toEqual(['f']);
    const quoted = (key: number): string => `SELECT "f IN (${key})"(1) FROM t WHERE a = $1`;
    for (let key = 1; key <= 70; key += 1) {
      texts.use(quoted(key));
    }
    expect(texts.use(quoted(71))?.change.calls).toEqual(['f IN (71)']);
  });
});
