import { describe, expect, it } from 'vitest';
import { LabelIndex } from '../../../src/core/label-index.js';

interface Named {
  readonly row: readonly string[];
}

const NAMES = ['queue', 'state', 'zone'];

function indexOf(...rows: string[][]) {
  const index = new LabelIndex<Named>(NAMES);
  const children = rows.map((row) => ({ row }));
  children.forEach((child) => index.put(child.row, child));
  return { index, children };
}

/** How many levels the tree consists of, the root among them. */
function levelsOf(index: LabelIndex<Named>): number {
  const count = (level: object): number => {
    const { nodes, many } = level as { nodes?: readonly object[]; many?: ReadonlyMap<string, object> };
    const below = many === undefined ? nodes : [...many.values()];
    return below === undefined ? 0 : 1 + below.reduce((sum, next) => sum + count(next), 0);
  };
  return count((index as unknown as { root: object }).root);
}

const byName = (row: readonly string[]) => Object.fromEntries(NAMES.map((name, at) => [name, row[at] ?? '']));

describe('LabelIndex', () => {
  it('finds children by position and by name, in any order of the names', () => {
    const { index, children } = indexOf(['mail', 'ok', 'a'], ['mail', 'ok', 'b'], ['sms', 'ok', 'a']);
    for (const child of children) {
      expect(index.byPosition(child.row)).toBe(child);
      expect(index.byName(byName(child.row))).toBe(child);
      expect(index.byName(Object.fromEntries(Object.entries(byName(child.row)).toReversed()))).toBe(child);
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
    const index = new LabelIndex<Named>(['constructor', 'toString']);
    index.put(['a', 'b'], { row: ['a', 'b'] });
    expect(index.byName({})).toBeUndefined();
    expect(index.byName({ constructor: 'a', toString: 'b' })).toBeDefined();
  });
});

describe('LabelIndex.delete', () => {
  it('takes one child out and leaves those beside it', () => {
    const { index, children } = indexOf(['mail', 'ok', 'a'], ['mail', 'ok', 'b'], ['mail', 'failed', 'a']);
    index.delete(['mail', 'ok', 'a']);
    expect(index.byPosition(['mail', 'ok', 'a'])).toBeUndefined();
    expect(index.byPosition(['mail', 'ok', 'b'])).toBe(children[1]);
    expect(index.byPosition(['mail', 'failed', 'a'])).toBe(children[2]);
  });

  it('takes levels out that are empty afterwards, and no others', () => {
    const { index } = indexOf(['mail', 'ok', 'a'], ['mail', 'ok', 'b'], ['mail', 'failed', 'a']);
    expect(levelsOf(index)).toBe(4);
    index.delete(['mail', 'ok', 'a']);
    expect(levelsOf(index)).toBe(4);
    index.delete(['mail', 'ok', 'b']);
    expect(levelsOf(index)).toBe(3);
    index.delete(['mail', 'failed', 'a']);
    expect(levelsOf(index)).toBe(1);
  });

  it('of what is not there changes nothing', () => {
    const { index, children } = indexOf(['mail', 'ok', 'a']);
    index.delete(['sms', 'ok', 'a']);
    index.delete(['mail', 'failed', 'a']);
    index.delete(['mail', 'ok', 'b']);
    expect(index.byPosition(['mail', 'ok', 'a'])).toBe(children[0]);
    expect(levelsOf(index)).toBe(3);
  });

  it('leaves room to put the same row in again', () => {
    const { index } = indexOf(['mail', 'ok', 'a']);
    index.delete(['mail', 'ok', 'a']);
    const child = { row: ['mail', 'ok', 'a'] };
    index.put(child.row, child);
    expect(index.byPosition(child.row)).toBe(child);
  });

  it('leaves only the root when a thousand rows have come and gone in another order', () => {
    const rows = Array.from({ length: 1000 }, (_, at) => [`${at % 7}`, `${at % 11}`, `${at}`]);
    const { index } = indexOf(...rows);
    rows.toSorted(([, , a], [, , b]) => ((a ?? '') < (b ?? '') ? -1 : 1)).forEach((row) => index.delete(row));
    expect(levelsOf(index)).toBe(1);
    expect(rows.filter((row) => index.byPosition(row) !== undefined)).toEqual([]);
  });
});

it('LabelIndex.clear takes everything out', () => {
  const { index } = indexOf(['mail', 'ok', 'a'], ['sms', 'ok', 'a']);
  index.clear();
  expect(levelsOf(index)).toBe(1);
  expect(index.byPosition(['mail', 'ok', 'a'])).toBeUndefined();
});

it('LabelIndex finds, adds and deletes among few values and among many', () => {
  const rows = Array.from({ length: 40 }, (_, number) => ['mail', `state ${number}`, 'a']);
  const { index, children } = indexOf(...rows);
  expect(rows.map((row) => index.byPosition(row))).toEqual(children);

  rows.slice(0, 38).forEach((row) => index.delete(row));
  expect(rows.map((row) => index.byPosition(row)).filter((child) => child !== undefined)).toEqual(
    children.slice(38),
  );
  expect(levelsOf(index)).toBe(4);

  rows.slice(38).forEach((row) => index.delete(row));
  expect(levelsOf(index)).toBe(1);
});
