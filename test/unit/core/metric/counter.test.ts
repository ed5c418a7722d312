import { describe, expect, it } from 'vitest';
import { Counter } from '../../../../src/core/metric/counter.js';
import { InvalidLabelsError, InvalidValueError } from '../../../../src/core/errors.js';

const unlabelled = () =>
  new Counter({ name: 'jobs_total', type: 'counter', help: 'Jobs done.', labelNames: [] });
const labelled = () =>
  new Counter({
    name: 'jobs_total',
    type: 'counter',
    help: 'Jobs done.',
    labelNames: ['queue', 'state'],
  });

describe('Counter', () => {
  it('starts at 0 and is exported before its first increment when unlabelled', () => {
    const counter = unlabelled();
    expect(counter.value).toBe(0);
    expect([...unlabelled().snapshot().values]).toEqual([0]);
  });

  it('has no series before its first increment when labelled', () => {
    expect(labelled().snapshot().labelRows).toEqual([]);
  });

  it('adds 1 by default and any finite amount of at least 0', () => {
    const counter = unlabelled();
    counter.inc();
    counter.inc(undefined);
    counter.inc(2.5);
    counter.inc(0);
    expect(counter.value).toBe(4.5);
  });

  it('counts to the same series by object, by object in another order, by array and by child', () => {
    const counter = labelled();
    counter.inc({ queue: 'mail', state: 'ok' });
    counter.inc({ state: 'ok', queue: 'mail' }, 10);
    counter.inc(['mail', 'ok'], 100);
    counter.labels('mail', 'ok').inc(1000);
    counter.labels({ queue: 'mail', state: 'ok' }).inc(10_000);
    expect(counter.labels('mail', 'ok').value).toBe(11_111);
    expect(counter.snapshot().labelRows).toEqual([['mail', 'ok']]);
  });

  it('keeps series apart, in the order in which they appeared', () => {
    const counter = labelled();
    counter.inc(['mail', 'ok'], 1);
    counter.inc(['mail', 'failed'], 2);
    counter.inc(['sms', 'ok'], 3);
    const { labelRows, values } = counter.snapshot();
    expect(labelRows).toEqual([
      ['mail', 'ok'],
      ['mail', 'failed'],
      ['sms', 'ok'],
    ]);
    expect([...values]).toEqual([1, 2, 3]);
  });

  it('exports a series at 0 when inc(0) or labels() names it', () => {
    const counter = labelled();
    counter.inc(['mail', 'ok'], 0);
    counter.labels('sms', 'ok');
    expect([...counter.snapshot().values]).toEqual([0, 0]);
  });

  it.each([-1, Number.NaN, Infinity, -Infinity])('refuses %s with advice, and keeps its count', (value) => {
    const counter = unlabelled();
    counter.inc(3);
    expect(() => counter.inc(value)).toThrow(
      new InvalidValueError(
        `Counter "jobs_total" cannot be increased by ${value}. ` +
          'Counters take finite numbers of at least 0; use a gauge for a value that can fall.',
      ),
    );
    expect(counter.value).toBe(3);
  });

  it.each([['5'], [5n], [true], [null]])(
    'refuses %o, which is not a number, and keeps its count',
    (value) => {
      const child = labelled().labels('mail', 'ok');
      child.inc(3);
      expect(() => child.inc(value as never)).toThrow(InvalidValueError);
      expect(child.value).toBe(3);
    },
  );

  it('says which labels are missing when a labelled counter is used without', () => {
    const advice = new InvalidLabelsError(
      'Metric "jobs_total" has the labels queue, state. Pass their values, or record on labels(...).',
    );
    expect(() => (labelled() as Counter).inc()).toThrow(advice);
    expect(() => (labelled() as Counter).inc(5)).toThrow(advice);
    expect(labelled().value).toBeNaN();
  });

  it('takes no values besides labels on an unlabelled counter', () => {
    expect(() => unlabelled().inc({ queue: 'mail' } as never)).toThrow(
      new InvalidLabelsError('Metric "jobs_total" has no label "queue". Its labels are: none.'),
    );
    const counter = unlabelled();
    counter.inc({}, 2);
    counter.inc([], 3);
    counter.labels().inc(4);
    expect(counter.value).toBe(9);
  });

  it('answers a snapshot that later increments do not change', () => {
    const counter = unlabelled();
    counter.inc();
    const before = counter.snapshot();
    counter.inc();
    expect([...before.values]).toEqual([1]);
    expect([...counter.snapshot().values]).toEqual([2]);
  });
});
