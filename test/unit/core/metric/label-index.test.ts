import { describe, expect, it } from 'vitest';
import { LabelIndex } from '../../../../src/core/metric/label-index.js';

interface TestChild {
  readonly labelRow: readonly string[];
}

const NAMES = ['queue', 'state', 'zone'];

const childOf = (...labelRow: string[]): TestChild => ({ labelRow });

function indexOf(...rows: string[][]) {
  const index = new LabelIndex<TestChild>(NAMES);
  const children = rows.map((row) => childOf(...row));
  children.forEach((child) => index.put(child));
  return { index, children };
}

const byName = (row: readonly string[]) => Object.fromEntries(NAMES.map((name, at) => [name, row[at] ?? '']));

describe('LabelIndex', () => {
  it('finds children by position and by name, in any order of the names', () => {
    const { index, children } = indexOf(['mail', 'ok', 'a'], ['mail', 'ok', 'b'], ['sms', 'ok', 'a']);
    for (const child of children) {
      expect(index.byPosition(child.labelRow)).toBe(child);
      expect(index.byName(byName(child.labelRow))).toBe(child);
      expect(index.byName(Object.fromEntries(Object.entries(byName(child.labelRow)).toReversed()))).toBe(
        child,
      );
    }
  });

  it('finds a child by numbers and booleans as by their texts', () => {
    const { index, children } = indexOf(['200', 'true', 'NaN']);
    expect(index.byPosition([200, true, Number.NaN])).toBe(children[0]);
    expect(index.byName({ queue: 200, state: true, zone: Number.NaN })).toBe(children[0]);
  });

  it('finds nothing under values that are not there, on any level', () => {
    const { index } = indexOf(['mail', 'ok', 'a']);
    expect(index.byPosition(['sms', 'ok', 'a'])).toBeUndefined();
    expect(index.byPosition(['mail', 'failed', 'a'])).toBeUndefined();
    expect(index.byPosition(['mail', 'ok', 'b'])).toBeUndefined();
    expect(index.byName({ queue: 'mail', state: 'ok', zone: 'b' })).toBeUndefined();
  });

  it('finds nothing by the wrong number of values, or with a name too few or too many', () => {
    const { index } = indexOf(['mail', 'ok', 'a']);
    expect(index.byPosition(['mail', 'ok'])).toBeUndefined();
    expect(index.byPosition(['mail', 'ok', 'a', 'x'])).toBeUndefined();
    expect(index.byName({ queue: 'mail', state: 'ok' })).toBeUndefined();
    expect(index.byName({ queue: 'mail', state: 'ok', zone: 'a', x: 'y' })).toBeUndefined();
  });

  it('finds nothing when a name is left out, be there a child with the value "undefined"', () => {
    const { index } = indexOf(['mail', 'ok', 'undefined']);
    expect(index.byName({ queue: 'mail', state: 'ok' })).toBeUndefined();
    expect(index.byPosition(['mail', 'ok'])).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'get', 'size', ''])(
    'takes "%s" for a value like any other',
    (value) => {
      const { index, children } = indexOf([value, value, value]);
      expect(index.byPosition([value, value, value])).toBe(children[0]);
      expect(index.byPosition(['x', value, value])).toBeUndefined();
    },
  );

  it('finds nothing when a label that every object seems to have is left out', () => {
    const index = new LabelIndex<TestChild>(['constructor', 'toString']);
    index.put(childOf('a', 'b'));
    expect(index.byName({})).toBeUndefined();
    expect(index.byName({ constructor: 'a', toString: 'b' })).toBeDefined();
  });
});

describe('LabelIndex, of rows that are told apart before their end,', () => {
  it.each([
    ['the first label', ['sms', 'ok', 'a']],
    ['the second label', ['mail', 'failed', 'a']],
    ['the last label', ['mail', 'ok', 'b']],
    ['all labels', ['sms', 'failed', 'b']],
  ])('tells a child from another that differs in %s', (_, row) => {
    const { index, children } = indexOf(['mail', 'ok', 'a'], row);
    expect(index.byPosition(['mail', 'ok', 'a'])).toBe(children[0]);
    expect(index.byName(byName(['mail', 'ok', 'a']))).toBe(children[0]);
    expect(index.byPosition(row)).toBe(children[1]);
    expect(index.byName(byName(row))).toBe(children[1]);
  });

  it('compares the rest of the row of a single child', () => {
    const { index } = indexOf(['mail', 'ok', 'a'], ['sms', 'ok', 'a']);
    for (const row of [
      ['mail', 'failed', 'a'],
      ['mail', 'ok', 'b'],
      ['sms', 'failed', 'a'],
      ['sms', 'ok', ''],
      ['sms', 'a', 'ok'],
    ]) {
      expect(index.byPosition(row)).toBeUndefined();
      expect(index.byName(byName(row))).toBeUndefined();
    }
  });

  it('compares the rest with numbers and booleans by their texts, and with nothing else', () => {
    const { index, children } = indexOf(['1', 'true', '200'], ['2', 'false', '404'], ['2', 'false', '0']);
    expect(index.byPosition([1, true, 200])).toBe(children[0]);
    expect(index.byPosition(['2', false, 404])).toBe(children[1]);
    expect(index.byName({ queue: 2, state: false, zone: 0 })).toBe(children[2]);
    expect(index.byPosition([1, true, undefined])).toBeUndefined();
    const object = { toString: () => 'true' } as unknown as string;
    expect(index.byPosition([1, object, 200])).toBeUndefined();
    expect(index.byName({ queue: 1, state: object, zone: 200 })).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'labelRow', 'next', ''])(
    'takes "%s" for text in the rest',
    (value) => {
      const { index, children } = indexOf(['mail', value, value], ['sms', value, value], ['sms', value, 'a']);
      expect(index.byPosition(['mail', value, value])).toBe(children[0]);
      expect(index.byPosition(['sms', value, value])).toBe(children[1]);
      expect(index.byName(byName(['sms', value, 'a']))).toBe(children[2]);
      expect(index.byPosition(['mail', value, 'x'])).toBeUndefined();
      expect(index.byPosition(['mail', 'x', value])).toBeUndefined();
    },
  );

  it('finds nothing by a name too many or too few when the rest fits', () => {
    const { index } = indexOf(['mail', 'ok', 'undefined'], ['sms', 'ok', 'a']);
    expect(index.byName({ queue: 'sms', state: 'ok', zone: 'a', x: 'y' })).toBeUndefined();
    expect(index.byName({ queue: 'mail', state: 'ok' })).toBeUndefined();
    expect(index.byName(Object.create({ queue: 'sms', state: 'ok', zone: 'a' }))).toBeUndefined();
  });
});

describe('LabelIndex, of children that differ in the last label alone,', () => {
  const zones = (count: number) => Array.from({ length: count }, (_, zone) => ['mail', 'ok', `${zone}`]);

  it('finds each of few and of many', () => {
    const { index, children } = indexOf(...zones(8));
    expect(zones(8).map((row) => index.byPosition(row))).toEqual(children);
    index.put(childOf('mail', 'ok', '8'));
    expect(zones(8).map((row) => index.byPosition(row))).toEqual(children);
  });

  it('finds them when another branches off', () => {
    const { index, children } = indexOf(...zones(3), ['mail', 'failed', '1'], ['sms', 'ok', '1']);
    for (const child of children) {
      expect(index.byPosition(child.labelRow)).toBe(child);
      expect(index.byName(byName(child.labelRow))).toBe(child);
    }
  });

  it.each([0, 1, 2])('takes out number %i of three', (number) => {
    const { index, children } = indexOf(...zones(3));
    const child = children[number] as TestChild;
    index.delete(child);
    expect(zones(3).map((row) => index.byPosition(row))).toEqual(children.with(number, undefined as never));
  });
});

describe('LabelIndex.delete', () => {
  it('takes one child out and leaves those beside it', () => {
    const { index, children } = indexOf(['mail', 'ok', 'a'], ['mail', 'ok', 'b'], ['mail', 'failed', 'a']);
    index.delete(children[0] as TestChild);
    expect(index.byPosition(['mail', 'ok', 'a'])).toBeUndefined();
    expect(index.byPosition(['mail', 'ok', 'b'])).toBe(children[1]);
    expect(index.byPosition(['mail', 'failed', 'a'])).toBe(children[2]);
  });

  it('of what is not there changes nothing', () => {
    const rows = [
      ['mail', 'ok', 'a'],
      ['mail', 'failed', 'a'],
    ];
    const { index, children } = indexOf(...rows);
    for (const child of [
      childOf('sms', 'ok', 'a'),
      childOf('mail', 'lost', 'a'),
      childOf('mail', 'ok', 'b'),
      childOf('mail', 'ok', 'a'),
    ]) {
      index.delete(child);
    }
    expect(rows.map((row) => index.byPosition(row))).toEqual(children);
  });

  it('leaves room to put the same row in again', () => {
    const { index, children } = indexOf(['mail', 'ok', 'a']);
    index.delete(children[0] as TestChild);
    const child = childOf('mail', 'ok', 'a');
    index.put(child);
    expect(index.byPosition(child.labelRow)).toBe(child);
  });

  it('finds none of a thousand rows that have come and gone in another order', () => {
    const rows = Array.from({ length: 1000 }, (_, at) => [`${at % 7}`, `${at % 11}`, `${at}`]);
    const { index, children } = indexOf(...rows);
    children
      .toSorted(({ labelRow: [, , a = ''] }, { labelRow: [, , b = ''] }) => (a < b ? -1 : 1))
      .forEach((child) => index.delete(child));
    expect(rows.filter((row) => index.byPosition(row) !== undefined)).toEqual([]);
  });
});

it('LabelIndex.clear takes everything out', () => {
  const { index } = indexOf(['mail', 'ok', 'a'], ['sms', 'ok', 'a']);
  index.clear();
  expect(index.byPosition(['mail', 'ok', 'a'])).toBeUndefined();
});

it.each([
  ['first', (value: string) => [value, 'ok', 'a']],
  ['second', (value: string) => ['mail', value, 'a']],
  ['last', (value: string) => ['mail', 'ok', value]],
])('LabelIndex finds, adds and deletes among few and among many values of the %s label', (_, rowOf) => {
  const rows = Array.from({ length: 40 }, (_value, number) => rowOf(`${number}`));
  const { index, children } = indexOf(...rows);
  expect(rows.map((row) => index.byPosition(row))).toEqual(children);
  expect(index.byPosition(rowOf('40'))).toBeUndefined();

  children.slice(0, 38).forEach((child) => index.delete(child));
  expect(rows.map((row) => index.byPosition(row)).filter((child) => child !== undefined)).toEqual(
    children.slice(38),
  );

  children.slice(38).forEach((child) => index.delete(child));
  expect(rows.filter((row) => index.byPosition(row) !== undefined)).toEqual([]);
});

it('LabelIndex agrees with a map of whole rows, whatever comes and goes', () => {
  const index = new LabelIndex<TestChild>(NAMES);
  const expected = new Map<string, TestChild>();
  // The same numbers in every run, with few and many values of each label by turns.
  let seed = 1;
  const below = (limit: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  for (let step = 0; step < 20_000; step += 1) {
    const limits = step % 4000 < 2000 ? [3, 2, 12] : [12, 3, 2];
    const row = limits.map((limit) => `${below(limit)}`);
    const key = row.join();
    const known = expected.get(key);
    expect(index.byPosition(row)).toBe(known);
    expect(index.byName(byName(row))).toBe(known);
    if (known === undefined) {
      const child = childOf(...row);
      index.put(child);
      expected.set(key, child);
    } else if (below(10) < 6) {
      index.delete(known);
      expected.delete(key);
    }
  }
  expected.forEach((child) => expect(index.byPosition(child.labelRow)).toBe(child));
  expected.forEach((child) => index.delete(child));
  expected.forEach(({ labelRow }) => expect(index.byPosition(labelRow)).toBeUndefined());
});
