import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidLabelsError, InvalidValueError } from '../../../../src/core/errors.js';
import { Histogram } from '../../../../src/core/metric/histogram.js';

const definition = {
  name: 'wait_seconds',
  type: 'histogram',
  help: 'Waiting.',
  buckets: [0.1, 1, 10],
} as const;
const unlabelled = () => new Histogram({ ...definition, labelNames: [] });
const labelled = () => new Histogram({ ...definition, labelNames: ['queue', 'state'] });

describe('Histogram', () => {
  it('counts a value equal to a bound inside that bucket', () => {
    const histogram = unlabelled();
    for (const value of [0.1, 1, 10]) {
      histogram.observe(value);
    }
    expect([...histogram.snapshot().values]).toEqual([1, 1, 1, 0]);
  });

  it('counts what lies above the last bound in +Inf, and what lies below the first in the first', () => {
    const histogram = unlabelled();
    for (const value of [-5, 0, 10.000001, 1e300]) {
      histogram.observe(value);
    }
    expect([...histogram.snapshot().values]).toEqual([2, 0, 0, 2]);
  });

  it('sums its observations and counts them', () => {
    const histogram = unlabelled();
    for (const value of [0.25, 0.5, -4, 20]) {
      histogram.observe(value);
    }
    const child = histogram.labels();
    expect(child.sum).toBe(16.75);
    expect(child.count).toBe(4);
    expect([...(histogram.snapshot().sums ?? [])]).toEqual([16.75]);
  });

  it('is exported with empty buckets before its first observation when unlabelled', () => {
    const { labelRows, values, sums } = unlabelled().snapshot();
    expect(labelRows).toEqual([[]]);
    expect([...values]).toEqual([0, 0, 0, 0]);
    expect([...(sums ?? [])]).toEqual([0]);
    expect(labelled().snapshot().labelRows).toEqual([]);
  });

  it('observes to the same series by object, by array and by child', () => {
    const histogram = labelled();
    histogram.observe({ queue: 'mail', state: 'ok' }, 0.05);
    histogram.observe(['mail', 'ok'], 0.5);
    histogram.labels('mail', 'ok').observe(5);
    histogram.observe(['sms', 'ok'], 50);
    const { labelRows, values } = histogram.snapshot();
    expect(labelRows).toEqual([
      ['mail', 'ok'],
      ['sms', 'ok'],
    ]);
    expect([...values]).toEqual([1, 1, 1, 0, 0, 0, 0, 1]);
  });

  it.each([Number.NaN, Infinity, -Infinity, '1', undefined, null])(
    'refuses %s and keeps what it has',
    (value) => {
      const histogram = labelled();
      histogram.observe(['mail', 'ok'], 0.5);
      expect(() => histogram.observe(['mail', 'ok'], value as never)).toThrow(
        new InvalidValueError(`Histogram "wait_seconds" takes finite numbers; got ${String(value)}.`),
      );
      expect(histogram.labels('mail', 'ok').count).toBe(1);
      expect(histogram.labels('mail', 'ok').sum).toBe(0.5);
    },
  );

  it('says which labels are missing when a labelled histogram is used without', () => {
    const advice = new InvalidLabelsError(
      'Metric "wait_seconds" has the labels queue, state. Pass their values, or record on labels(...).',
    );
    expect(() => (labelled() as Histogram).observe(1)).toThrow(advice);
    expect(() => labelled().startTimer()()).toThrow(advice);
  });

  it('answers a snapshot that later observations do not change', () => {
    const histogram = unlabelled();
    const before = histogram.snapshot();
    histogram.observe(0.5);
    expect([...before.values]).toEqual([0, 0, 0, 0]);
    expect([...histogram.snapshot().values]).toEqual([0, 1, 0, 0]);
  });
});

describe('Histogram.startTimer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('observes and returns the seconds', () => {
    const histogram = unlabelled();
    const stop = histogram.startTimer();
    vi.advanceTimersByTime(500);
    expect(stop()).toBeCloseTo(0.5, 9);
    expect(histogram.labels().sum).toBeCloseTo(0.5, 9);
    expect([...histogram.snapshot().values]).toEqual([0, 1, 0, 0]);
  });

  it('takes labels at the start, at the end, and from both, where the end wins', () => {
    const histogram = labelled();
    histogram.startTimer({ queue: 'mail', state: 'ok' })();
    histogram.startTimer()({ queue: 'mail', state: 'ok' });
    histogram.startTimer({ queue: 'mail' })({ state: 'ok' });
    histogram.startTimer({ queue: 'mail', state: 'open' })({ state: 'ok' });
    expect(histogram.snapshot().labelRows).toEqual([['mail', 'ok']]);
    expect(histogram.labels('mail', 'ok').count).toBe(4);
  });

  it('has no series while the timer runs', () => {
    const histogram = labelled();
    histogram.startTimer({ queue: 'mail', state: 'ok' });
    expect(histogram.snapshot().labelRows).toEqual([]);
  });

  it('times a kept child', () => {
    const child = labelled().labels('mail', 'ok');
    const stop = child.startTimer();
    vi.advanceTimersByTime(2000);
    expect(stop()).toBeCloseTo(2, 9);
    expect(child.count).toBe(1);
    expect(child.sum).toBeCloseTo(2, 9);
  });
});
