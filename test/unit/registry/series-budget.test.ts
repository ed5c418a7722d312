import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { HTTP_REQUESTS_TOTAL } from '../../../src/catalog/http.catalog.js';
import { MetricConflictError } from '../../../src/core/errors.js';
import { samplesOf } from '../../../src/core/samples.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { registryOf } from '../../../src/registry/default-registry.js';

const define = <T extends 'counter' | 'gauge' | 'histogram'>(type: T, name: string) => ({
  name,
  type,
  help: 'Jobs.',
  labelNames: ['queue', 'state'] as const,
  ...(type === 'histogram' && { buckets: [1] }),
});

function setUp(perFamily: number, total = 1000) {
  const registry = registryOf(new Registry(), 'app_');
  const application = new RegistryLease(registry);
  const onOverflow = vi.fn<(family: string) => void>();
  application.configure({ seriesBudget: { perFamily, total }, onOverflow });
  return {
    registry,
    application,
    onOverflow,
    counter: (name = 'jobs_total') => application.customFamily(define('counter', name)),
    /** Samples by `name{values}`. */
    read: async () =>
      Object.fromEntries(
        (await application.gather())
          .flatMap(samplesOf)
          .map(({ name, labels, value }) => [`${name}{${Object.values(labels).join()}}`, value]),
      ),
  };
}

describe('a family at its ceiling', () => {
  it('sends further series to one whose labels are all "other", and counts their samples', async () => {
    const { counter, read, onOverflow } = setUp(2);
    const jobs = counter();
    jobs.inc(['mail', 'ok']);
    jobs.inc({ queue: 'sms', state: 'ok' });
    jobs.inc(['fax', 'ok'], 5);
    jobs.labels('post', 'ok').inc();
    jobs.inc(['mail', 'ok']);

    expect(await read()).toEqual({
      'jobs_total{mail,ok}': 2,
      'jobs_total{sms,ok}': 1,
      'jobs_total{other,other}': 6,
      'app_metrics_series_dropped_total{jobs_total}': 2,
    });
    expect(onOverflow.mock.calls).toEqual([['jobs_total']]);
  });

  it('counts each sample of a kept child, of every type', async () => {
    const { application, counter, read } = setUp(1);
    const gauge = application.customFamily(define('gauge', 'depth'));
    const histogram = application.customFamily(define('histogram', 'wait_seconds'));
    for (const family of [counter(), gauge, histogram]) {
      family.labels('mail', 'ok');
    }
    const [count, depth, wait] = [
      counter().labels('sms', 'ok'),
      gauge.labels('sms', 'ok'),
      histogram.labels('sms', 'ok'),
    ];
    count.inc();
    count.inc();
    depth.set(5);
    depth.inc();
    depth.dec();
    wait.observe(0.5);
    wait.startTimer()();

    expect(await read()).toMatchObject({
      'jobs_total{other,other}': 2,
      'depth{other,other}': 5,
      'wait_seconds_count{other,other}': 2,
      'app_metrics_series_dropped_total{jobs_total}': 2,
      'app_metrics_series_dropped_total{depth}': 3,
      'app_metrics_series_dropped_total{wait_seconds}': 2,
    });
  });

  it('keeps what went to the overflow series when a series past the ceiling is zeroed', async () => {
    const { application, read } = setUp(1);
    const histogram = application.customFamily(define('histogram', 'wait_seconds'));
    histogram.zero(['mail', 'ok']);
    histogram.observe(['sms', 'ok'], 0.5);
    histogram.zero(['fax', 'ok']);

    expect(await read()).toMatchObject({
      'wait_seconds_count{mail,ok}': 0,
      'wait_seconds_count{other,other}': 1,
    });
  });

  it('keeps what an application calls "other" itself, without counting it', async () => {
    const { counter, read } = setUp(1);
    const own = counter().labels('other', 'other');
    own.inc();
    counter().inc(['mail', 'ok']);
    own.inc();

    expect(await read()).toEqual({
      'jobs_total{other,other}': 3,
      'app_metrics_series_dropped_total{jobs_total}': 1,
    });
  });

  it('has room again for what is removed, and for everything after a reset', async () => {
    const { counter, read } = setUp(2);
    const jobs = counter();
    jobs.inc(['a', 'ok']);
    jobs.inc(['b', 'ok']);
    const past = jobs.labels('c', 'ok');
    past.inc();
    jobs.remove('other', 'other');
    jobs.remove('a', 'ok');
    jobs.inc(['c', 'ok']);
    expect(await read()).toMatchObject({ 'jobs_total{b,ok}': 1, 'jobs_total{c,ok}': 1 });
    expect(await read()).not.toHaveProperty('jobs_total{other,other}');

    jobs.reset();
    jobs.inc(['d', 'ok']);
    jobs.inc(['e', 'ok']);
    expect(await read()).toEqual({
      'jobs_total{d,ok}': 1,
      'jobs_total{e,ok}': 1,
      'app_metrics_series_dropped_total{jobs_total}': 1,
    });
  });
});

describe('the total', () => {
  it('is shared by all families with a limit', async () => {
    const { counter, read } = setUp(10, 3);
    counter('a_total').inc(['1', 'ok']);
    counter('a_total').inc(['2', 'ok']);
    counter('b_total').inc(['1', 'ok']);
    counter('b_total').inc(['2', 'ok']);
    counter('a_total').remove('1', 'ok');
    counter('b_total').inc(['3', 'ok']);

    expect(await read()).toEqual({
      'a_total{2,ok}': 1,
      'b_total{1,ok}': 1,
      'b_total{3,ok}': 1,
      'b_total{other,other}': 1,
      'app_metrics_series_dropped_total{b_total}': 1,
    });
  });

  it('gets the places of a family back that is defined anew', async () => {
    const { application, counter, registry, read } = setUp(10, 2);
    counter().inc(['1', 'ok']);
    counter().inc(['2', 'ok']);
    application.release();
    const next = new RegistryLease(registry);
    next.configure({ seriesBudget: { perFamily: 10, total: 2 } });
    next.customFamily({ ...define('counter', 'jobs_total'), labelNames: ['queue'] }).inc(['1']);
    next.customFamily(define('gauge', 'depth')).set(['1', 'ok'], 1);

    expect(await read()).toEqual({ 'jobs_total{1}': 1, 'depth{1,ok}': 1 });
  });
});

describe('without limit', () => {
  it('are the contract’s families and metrics without labels', async () => {
    const { application, read } = setUp(1, 1);
    const requests = application.catalogFamily(HTTP_REQUESTS_TOTAL);
    requests.inc(['GET', '200']);
    requests.inc(['GET', '404']);
    application.customFamily({ name: 'plain_total', type: 'counter', help: 'Plain.', labelNames: [] }).inc();

    expect(await read()).toEqual({
      'app_http_requests_total{GET,200}': 1,
      'app_http_requests_total{GET,404}': 1,
      'plain_total{}': 1,
    });
  });
});

describe('a flood of labels', () => {
  it('leaves memory and scrapes as they are', async () => {
    const { counter, read } = setUp(100);
    const jobs = counter();
    for (let sample = 0; sample < 100_000; sample += 1) {
      jobs.inc([`queue ${sample}`, 'ok']);
    }
    const samples = await read();

    expect(Object.keys(samples)).toHaveLength(102);
    expect(samples['jobs_total{other,other}']).toBe(99_900);
    expect(samples['app_metrics_series_dropped_total{jobs_total}']).toBe(99_900);
  });
});

describe('a family that another one has replaced', () => {
  const byState = { ...define('counter', 'jobs_total'), labelNames: ['state'] } as const;

  it('takes no place of those that are exported, and has a ceiling of its own', async () => {
    const { application, counter, registry, read } = setUp(10, 12);
    const late = counter();
    late.inc(['mail', 'ok']);
    application.release();
    const next = new RegistryLease(registry);
    const onOverflow = vi.fn<(family: string) => void>();
    next.configure({ seriesBudget: { perFamily: 10, total: 12 }, onOverflow });
    const jobs = next.customFamily(byState);
    for (let series = 0; series < 60; series += 1) {
      late.inc([`${series}`, 'ok']);
    }
    const depth = next.customFamily(define('gauge', 'depth'));
    for (let series = 0; series < 6; series += 1) {
      jobs.inc([`${series}`]);
      depth.set([`${series}`, 'ok'], 1);
    }
    late.reset();
    expect(Object.keys(await read())).toHaveLength(12);
    jobs.inc(['6']);
    expect(onOverflow.mock.calls).toEqual([['jobs_total']]);
    expect(late.snapshot().labelRows).toHaveLength(0);
    for (let series = 0; series < 60; series += 1) {
      late.inc([`${series}`, 'ok']);
    }
    expect(late.snapshot().labelRows).toHaveLength(11);
    expect(await read()).toMatchObject({ 'app_metrics_series_dropped_total{jobs_total}': 1 });
  });
});

describe('applications that share a registry', () => {
  it('must agree on the budget', () => {
    const { registry } = setUp(2);
    const other = new RegistryLease(registry);
    expect(() => other.configure({ seriesBudget: { perFamily: 3, total: 1000 } })).toThrow(
      MetricConflictError,
    );
    expect(() => other.configure({ seriesBudget: { perFamily: 2, total: 1000 } })).not.toThrow();
  });
});
