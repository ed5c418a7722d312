import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { NoopCounter, NoopHistogram } from '../../../src/core/metric/noop-families.js';

const JOBS = { name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: ['queue'] } as const;
const WAIT = {
  name: 'wait_seconds',
  type: 'histogram',
  help: 'Waiting.',
  labelNames: ['queue'],
  buckets: [1, 2],
} as const;
const traceOf = (id: string) => ({ trace_id: id });

const idsOf = (family: Counter | Histogram) =>
  [...(family.snapshot().exemplars ?? [])].map(([index, { labels, value, timestampSeconds }]) => [
    index,
    labels['trace_id'],
    value,
    timestampSeconds,
  ]);

beforeEach(() => {
  vi.useFakeTimers({ now: 5000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the samples of traces', () => {
  it('have the first exemplar of a second, each bucket its own, whose value lies in the bucket', () => {
    const family = new Histogram(WAIT);
    const wait = family.labels('mail');
    wait.observeTraced(0.5, traceOf('a'));
    wait.observeTraced(0.6, traceOf('b'));
    wait.observeTraced(2, traceOf('c'));
    wait.observeTraced(7, traceOf('d'));
    vi.advanceTimersByTime(999);
    wait.observeTraced(0.7, traceOf('e'));
    expect(idsOf(family)).toEqual([
      [0, 'a', 0.5, 5],
      [1, 'c', 2, 5],
      [2, 'd', 7, 5],
    ]);
    expect([wait.count, wait.sum]).toEqual([5, 0.5 + 0.6 + 2 + 7 + 0.7]);

    vi.advanceTimersByTime(1);
    wait.observeTraced(0.8, traceOf('f'));
    expect(idsOf(family)[0]).toEqual([0, 'f', 0.8, 6]);
  });

  it('are counted without a trace, and leave the exemplars as they are', () => {
    const family = new Histogram(WAIT);
    const wait = family.labels('mail');
    wait.observeTraced(0.5, undefined);
    expect(family.snapshot().exemplars).toBeUndefined();
    wait.observeTraced(0.5, traceOf('a'));
    vi.advanceTimersByTime(60_000);
    wait.observeTraced(0.5, undefined);
    expect([idsOf(family), wait.count]).toEqual([[[0, 'a', 0.5, 5]], 3]);
  });

  it('of counters have the value 1', () => {
    const family = new Counter(JOBS);
    family.labels('mail').incTraced(undefined);
    family.labels('mail').incTraced(traceOf('a'));
    family.labels('mail').incTraced(traceOf('b'));
    expect([idsOf(family), family.labels('mail').value]).toEqual([[[0, 'a', 1, 5]], 3]);
  });

  it('replace an exemplar from the future, after the clock was set back', () => {
    const family = new Counter(JOBS);
    family.labels('mail').incTraced(traceOf('a'));
    vi.setSystemTime(1000);
    family.labels('mail').incTraced(traceOf('b'));
    expect(idsOf(family)).toEqual([[0, 'b', 1, 1]]);
  });

  it('of a removed series go to the series that replaces it', () => {
    const jobs = new Counter(JOBS);
    const wait = new Histogram(WAIT);
    const kept = { jobs: jobs.labels('mail'), wait: wait.labels('mail') };
    jobs.remove('mail');
    wait.reset();
    jobs.labels('sms');
    wait.labels('sms');
    kept.jobs.incTraced(traceOf('a'));
    kept.wait.observeTraced(1.5, traceOf('a'));
    expect(jobs.snapshot().labelRows).toEqual([['sms'], ['mail']]);
    expect(idsOf(jobs)).toEqual([[1, 'a', 1, 5]]);
    expect(idsOf(wait)).toEqual([[4, 'a', 1.5, 5]]);
  });

  it('past a limit are those of the overflow series, and reported', () => {
    const onOverflow = vi.fn<() => void>();
    const limit = { take: (series: number) => series < 1, release: () => {}, onOverflow };
    const jobs = new Counter(JOBS, limit);
    const wait = new Histogram(WAIT, limit);
    for (const queue of ['mail', 'sms', 'fax']) {
      jobs.labels(queue).incTraced(traceOf(queue));
      wait.labels(queue).observeTraced(0.5, traceOf(queue));
    }
    expect(jobs.snapshot().labelRows).toEqual([['mail'], ['other']]);
    expect(idsOf(jobs).map(([, id]) => id)).toEqual(['mail', 'sms']);
    expect(idsOf(wait).map(([, id]) => id)).toEqual(['mail', 'sms']);
    expect(onOverflow).toHaveBeenCalledTimes(4);
  });

  it('of families that are switched off are not kept', () => {
    const jobs = new NoopCounter(JOBS);
    const wait = new NoopHistogram(WAIT);
    jobs.labels('mail').incTraced(traceOf('a'));
    wait.labels('mail').observeTraced(1, traceOf('a'));
    expect([idsOf(jobs), idsOf(wait)]).toEqual([[], []]);
  });
});
