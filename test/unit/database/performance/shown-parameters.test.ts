import { describe, expect, it } from 'vitest';
import { shownParameters } from '../../../../src/database/performance/shown-parameters.js';
import { heapUsed } from '../../../support/garbage.js';

const shown = (parameters: unknown): readonly string[] | undefined => shownParameters(() => parameters);

function never(): never {
  throw new Error('Nobody calls this.');
}

describe('parameters of a statement', () => {
  it('are texts', () => {
    expect(
      shown([
        'Ada',
        7,
        10n,
        true,
        null,
        undefined,
        new Date(0),
        new Date(NaN),
        Buffer.from('bytes'),
        new Uint16Array(4),
        new ArrayBuffer(3),
        [1, 'b', [2, [3]]],
        { a: 1, b: { c: 2, d: { e: 3 } } },
        Symbol('s'),
        () => 1,
      ]),
    ).toEqual([
      'Ada',
      '7',
      '10',
      'true',
      'null',
      'null',
      '1970-01-01T00:00:00.000Z',
      'an invalid date',
      '5 bytes',
      '8 bytes',
      '3 bytes',
      '[1, b, [2, …]]',
      '{a: 1, b: {c: 2, d: …}}',
      'Symbol(s)',
      'a function',
    ]);
  });

  it('have the names that they were given by', () => {
    expect(shown({ id: 7, name: 'Ada' })).toEqual(['id: 7', 'name: Ada']);
  });

  it('are none without any', () => {
    expect([undefined, null, 7, 'text', () => {}].map(shown)).toEqual(Array(5).fill(undefined));
  });

  it('are bounded in number and length', () => {
    const many = Array.from({ length: 1_000_000 }, (_, index) => index);
    expect(shown(many)).toHaveLength(21);
    expect(shown(many)?.at(-1)).toBe('… 999980 more');
    const long = 'x'.repeat(10_000_000);
    expect(shown([long, [many, long], { [long]: long }])?.map(({ length }) => length)).toEqual([
      101, 101, 101,
    ]);
  });

  it('keep no long text alive', async () => {
    const before = await heapUsed();
    const kept = Array.from({ length: 50 }, () => shown([Buffer.alloc(1_000_000, 'x').toString('latin1')]));
    expect((await heapUsed()) - before).toBeLessThan(20_000_000);
    expect(kept).toHaveLength(50);
  });

  it('call nothing that is hostile, and never throw', () => {
    const hostile = {
      get secret() {
        return never();
      },
      toString: never,
      toJSON: never,
      toPostgres: never,
      [Symbol.toPrimitive]: never,
    };
    const proxy = new Proxy([], { get: never, ownKeys: never, getOwnPropertyDescriptor: never });
    expect(shown([hostile, proxy])).toEqual([
      expect.stringContaining('{secret: a getter, toString: a function'),
      'a proxy',
    ]);
    expect(shown(proxy)).toEqual(['a proxy']);
    expect(shown(Object.defineProperty([1], 0, { get: never }))).toEqual(['a getter']);
    expect(shownParameters(never)).toEqual(['unreadable']);
    const circular: unknown[] = [];
    circular.push(circular);
    expect(shown(circular)).toEqual(['[[…]]']);
  });
});
