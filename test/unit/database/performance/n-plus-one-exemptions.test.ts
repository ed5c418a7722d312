import { describe, expect, it } from 'vitest';
import { NPlusOneExemptions } from '../../../../src/database/performance/n-plus-one-exemptions.js';
import type { RepeatedRead } from '../../../../src/database/performance/scope-queries.js';
import { shownStatement } from '../../../../src/database/sql/shown-statement.js';

const read = (fingerprint: string): RepeatedRead => ({ fingerprint, locate: () => undefined, count: 5 });
const BOOK = read('SELECT * FROM book WHERE id = ?');
const AUTHOR = read('SELECT * FROM author WHERE id = ?');
const columns = Array.from({ length: 100 }, (_, column) => `"book"."column_${column}"`).join(', ');
const LONG = read(`SELECT ${columns} FROM "book" WHERE "book"."id" = ?`);

const left = (
  rules: readonly (string | RegExp)[],
  {
    route = '/books/:id',
    method = 'GET',
    reads = [BOOK, AUTHOR],
  }: { route?: string; method?: string; reads?: readonly RepeatedRead[] } = {},
): readonly RepeatedRead[] => new NPlusOneExemptions(rules).without(reads, route, method);

describe('an exemption', () => {
  it.each([
    ['the route', '/books/:id'],
    ['the method and the route', 'GET /books/:id'],
    ['a pattern of routes', /^\/books/],
    ['a pattern of methods and routes', /^GET \/books/],
  ])('by %s is of all its reads', (_what, rule) => {
    expect(left(['/other', rule])).toEqual([]);
    expect(left([rule], { route: '/authors' })).toEqual([BOOK, AUTHOR]);
  });

  it('by the name of a unit of work is of all its reads', () => {
    expect(new NPlusOneExemptions(['nightly report']).without([BOOK], 'nightly report', undefined)).toEqual(
      [],
    );
  });

  it.each([
    ['the fingerprint', BOOK.fingerprint],
    ['a pattern of fingerprints', /FROM book\b/],
    ['a global pattern', /FROM book\b/g],
    ['a sticky pattern', /SELECT \* FROM book\b/y],
  ])('by %s is of that read', (_what, rule) => {
    const exemptions = new NPlusOneExemptions([rule]);
    for (let call = 0; call < 3; call += 1) {
      expect(exemptions.without([BOOK, AUTHOR], '/books/:id', 'GET')).toEqual([AUTHOR]);
    }
  });

  it.each([
    ['statistics', LONG.fingerprint],
    ['a warning', shownStatement(LONG.fingerprint, 300)],
    ['an error', shownStatement(LONG.fingerprint, 1000)],
  ])('may be copied from %s', (_where, rule) => {
    expect(left([rule], { reads: [LONG, BOOK] })).toEqual([BOOK]);
  });

  it('is of whole names, unless it is a pattern', () => {
    expect(left(['/books', 'book', 'SELECT', 'POST /books/:id'])).toEqual([BOOK, AUTHOR]);
  });

  it('looks at nothing when there are no rules or no findings, whatever the name', () => {
    const route = Symbol('job') as unknown as string;
    expect(new NPlusOneExemptions([]).without([BOOK], route, undefined)).toEqual([BOOK]);
    expect(new NPlusOneExemptions(['/books/:id']).without([], route, undefined)).toEqual([]);
  });
});
