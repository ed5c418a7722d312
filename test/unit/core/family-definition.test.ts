import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import { InvalidDefinitionError } from '../../../src/core/errors.js';
import {
  assertDefinition,
  bucketsProblem,
  isLabelName,
  isMetricName,
  type FamilyDefinition,
} from '../../../src/core/family-definition.js';

const valid: FamilyDefinition = {
  name: 'wait_seconds',
  type: 'histogram',
  help: 'Waiting.',
  labelNames: ['queue'],
  buckets: [0.5, 1],
};
const asserting = (change: Readonly<Record<string, unknown>>) => () =>
  assertDefinition({ ...valid, ...change });

describe('metric names', () => {
  it.each(['a', '_', ':a', 'a:b_c9', 'A', 'constructor'])('"%s" is one', (name) => {
    expect(isMetricName(name)).toBe(true);
  });

  it.each(['', '9a', 'a-b', 'a b', 'a.b', 'é', 'a\n', 'a{x="y"}'])('"%s" is none', (name) => {
    expect(isMetricName(name)).toBe(false);
    expect(asserting({ name })).toThrow(
      new InvalidDefinitionError(
        `"${name}" is not a metric name. Use letters, digits, "_" and ":", not starting with a digit.`,
      ),
    );
  });

  it.each([[undefined], [5], [null]])('%s is none', (name) => {
    expect(asserting({ name })).toThrow(InvalidDefinitionError);
  });
});

describe('label names', () => {
  it.each(['a', '_a', 'A9', 'constructor', 'les'])('"%s" is one', (name) => {
    expect(isLabelName(name)).toBe(true);
    expect(asserting({ labelNames: [name] })).not.toThrow();
  });

  it.each(['', '9a', 'a:b', 'a-b', 'é', '__a', '__proto__', '__name__', 'le', 'quantile', 'a\n'])(
    '"%s" is none',
    (name) => {
      expect(isLabelName(name)).toBe(false);
      expect(asserting({ labelNames: ['queue', name] })).toThrow(
        new InvalidDefinitionError(
          `Metric "wait_seconds" has the label name "${name}". Use letters, digits and "_", not starting with a ` +
            'digit or "__"; "le" and "quantile" are reserved.',
        ),
      );
    },
  );

  it('must not repeat', () => {
    expect(asserting({ labelNames: ['a', 'b', 'a'] })).toThrow(
      new InvalidDefinitionError('Metric "wait_seconds" names a label twice: a, b, a.'),
    );
  });

  it.each([['queue'], [undefined], [[5]]])(
    'given as %j are refused with an error of our own',
    (labelNames) => {
      expect(asserting({ labelNames })).toThrow(InvalidDefinitionError);
    },
  );
});

describe('help', () => {
  it.each([[''], [undefined], [7]])('must be a text, which %j is not', (help) => {
    expect(asserting({ help })).toThrow(
      new InvalidDefinitionError(
        'Metric "wait_seconds" needs a help text: one sentence that says what it measures.',
      ),
    );
  });
});

describe('buckets', () => {
  it.each([[[0]], [[-1, 0, 1]], [[0.1, 0.2, 1e9]]])('%j are accepted', (buckets) => {
    expect(bucketsProblem(buckets)).toBeUndefined();
    expect(asserting({ buckets })).not.toThrow();
  });

  it.each([[[]], [undefined], ['1,2'], [{ 0: 1 }]])('%j are no list', (buckets) => {
    expect(bucketsProblem(buckets)).toBe('a non-empty array of numbers');
    expect(asserting({ buckets })).toThrow(
      new InvalidDefinitionError(
        `Metric "wait_seconds" has the buckets ${inspect(buckets)}. Give a non-empty array of numbers.`,
      ),
    );
  });

  it.each([
    [[1, 1]],
    [[2, 1]],
    [[1, Infinity]],
    [[Number.NaN]],
    [[1, Number.NaN, 2]],
    [['1', '2']],
    [[1, undefined]],
  ])('%j do not rise, or are not finite numbers', (buckets) => {
    expect(bucketsProblem(buckets)).toBe('finite numbers in rising order, without +Inf');
    expect(asserting({ buckets })).toThrow(InvalidDefinitionError);
  });

  it('are not asked of counters and gauges', () => {
    expect(asserting({ type: 'counter', buckets: undefined })).not.toThrow();
    expect(asserting({ type: 'gauge', buckets: undefined })).not.toThrow();
  });
});

it('a family cannot be made of a definition that no exposition could carry', () => {
  expect(() => new Counter({ name: 'not a name', type: 'counter', help: 'Help.', labelNames: [] })).toThrow(
    InvalidDefinitionError,
  );
});
