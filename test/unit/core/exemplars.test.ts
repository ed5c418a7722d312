import { describe, expect, it, vi } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import { InvalidLabelsError } from '../../../src/core/errors.js';
import { Histogram } from '../../../src/core/metric/histogram.js';

const counter = () =>
  new Counter({ name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: ['queue'] });
const histogram = () =>
  new Histogram({
    name: 'wait',
    type: 'histogram',
    help: 'Waiting.',
    labelNames: ['queue'],
    buckets: [1, 2],
  });

describe('exemplars', () => {
  it('are the latest of each bucket, by the index of its count', () => {
    vi.useFakeTimers({ now: 5000 });
    const wait = histogram();
    wait.observe(['sms'], 0.5);
    wait.labels('mail').observe(1.5, { trace_id: 'a' });
    wait.labels('mail').observe(1.6, { trace_id: 'b' });
    wait.labels('mail').observe(9, { trace_id: 'c' });
    vi.useRealTimers();

    expect([...(wait.snapshot().exemplars ?? [])]).toEqual([
      [4, { labels: { trace_id: 'b' }, value: 1.6, timestampSeconds: 5 }],
      [5, { labels: { trace_id: 'c' }, value: 9, timestampSeconds: 5 }],
    ]);
  });

  it('of counters carry what was added', () => {
    const jobs = counter();
    jobs.labels('mail').inc(3, { trace_id: 'a' });

    expect([...(jobs.snapshot().exemplars ?? [])]).toMatchObject([[0, { value: 3 }]]);
  });

  it('are not there where nobody gave one, and go with their series', () => {
    const jobs = counter();
    jobs.inc(['mail']);
    expect(jobs.snapshot().exemplars).toBeUndefined();

    const child = jobs.labels('mail');
    child.inc(1, { trace_id: 'a' });
    jobs.remove('mail');
    jobs.inc(['sms']);
    expect([...(jobs.snapshot().exemplars ?? [])]).toEqual([]);

    child.inc(1, { trace_id: 'b' });
    expect(jobs.snapshot().exemplars?.get(1)?.labels).toEqual({ trace_id: 'b' });
    jobs.reset();
    expect([...(jobs.snapshot().exemplars ?? [])]).toEqual([]);
  });

  it.each([[{ trace_id: 'x'.repeat(121) }], [{ 'not legal': 'a' }], [{ trace_id: 5 as never }]])(
    'are refused when no format could carry them, and their sample counts: %j',
    (labels) => {
      const wait = histogram().labels('mail');
      expect(() => wait.observe(1, labels)).toThrow(InvalidLabelsError);
      expect(wait.count).toBe(1);
    },
  );

  it('may have 128 characters', () => {
    const wait = histogram().labels('mail');
    wait.observe(1, { trace_id: '😀'.repeat(120) });
    expect(wait.count).toBe(1);
  });

  it('are left out where they have no value, as without a trace', () => {
    const family = histogram();
    const wait = family.labels('mail');
    wait.observe(1, { trace_id: undefined });
    wait.observe(1, null as never);
    expect(wait.count).toBe(2);
    expect(family.snapshot().exemplars ?? new Map()).toEqual(new Map());
    wait.observe(1, { trace_id: 'a', span_id: undefined });
    expect([...(family.snapshot().exemplars ?? [])][0]?.[1].labels).toEqual({ trace_id: 'a' });
  });

  it('have no NUL, for which Prometheus refuses a whole scrape', () => {
    const family = histogram();
    family.labels('mail').observe(1, { trace_id: 'a\0b' });
    expect([...(family.snapshot().exemplars ?? [])][0]?.[1].labels).toEqual({ trace_id: 'a\ufffdb' });
  });
});
