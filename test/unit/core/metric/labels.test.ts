import { describe, expect, it } from 'vitest';
import { InvalidLabelsError } from '../../../../src/core/errors.js';
import type { FamilyDefinition } from '../../../../src/core/family-definition.js';
import { toLabelRow, type LabelValues } from '../../../../src/core/metric/labels.js';

const definition: FamilyDefinition = {
  name: 'jobs_total',
  type: 'counter',
  help: 'Jobs done.',
  labelNames: ['queue', 'state'],
};
const row = (values: LabelValues<string>) => toLabelRow(definition, values);

describe('toLabelRow', () => {
  it('orders an object by the declared names', () => {
    expect(row({ state: 'ok', queue: 'mail' })).toEqual(['mail', 'ok']);
  });

  it('takes an array as it is', () => {
    expect(row(['mail', 'ok'])).toEqual(['mail', 'ok']);
  });

  it('turns numbers and booleans into text', () => {
    expect(row([200, true])).toEqual(['200', 'true']);
    expect(row({ queue: 0, state: false })).toEqual(['0', 'false']);
    expect(row([-0.5, Number.NaN])).toEqual(['-0.5', 'NaN']);
  });

  it('gives a label that is left out the empty value', () => {
    expect(row({ state: 'ok' })).toEqual(['', 'ok']);
    expect(row({})).toEqual(['', '']);
    expect(row({ queue: undefined as never, state: 'ok' })).toEqual(['', 'ok']);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'gives a label named "%s" that is left out the empty value',
    (name) => {
      expect(toLabelRow({ ...definition, labelNames: [name] }, {})).toEqual(['']);
    },
  );

  it('replaces lone surrogates, which no UTF-8 can carry, and keeps pairs', () => {
    expect(row(['\ud83d\ude00', 'a\ud800b'])).toEqual(['😀', 'a\ufffdb']);
    expect(row({ queue: '\udc00', state: '\ud800\ud800' })).toEqual(['\ufffd', '\ufffd\ufffd']);
  });

  it('names the unknown label and the known ones', () => {
    expect(() => row({ queue: 'mail', status: 'ok' })).toThrow(
      new InvalidLabelsError('Metric "jobs_total" has no label "status". Its labels are: queue, state.'),
    );
  });

  it.each([[[]], [['mail']], [['mail', 'ok', 'extra']]])(
    'counts the values of an array of the wrong length: %j',
    (values) => {
      expect(() => row(values)).toThrow(
        new InvalidLabelsError(
          `Metric "jobs_total" takes 2 label values (queue, state); got ${values.length}.`,
        ),
      );
    },
  );

  it('refuses null instead of labels with an error of its own', () => {
    expect(() => row(null as never)).toThrow(InvalidLabelsError);
  });
});

describe('a value left undefined', () => {
  it('is empty in an array as in an object', () => {
    const jobs = { name: 'a', help: 'A.', type: 'gauge', labelNames: ['x', 'y'] } as const;
    expect(toLabelRow(jobs, ['1', undefined as never])).toEqual(['1', '']);
    expect(toLabelRow(jobs, { x: '1' })).toEqual(['1', '']);
  });
});
