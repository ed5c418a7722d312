import { Gauge as PromGauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { HTTP_REQUEST_DURATION_SECONDS } from '../../../src/catalog/http.catalog.js';
import { Counter } from '../../../src/core/metric/counter.js';
import { InvalidDefinitionError, MetricConflictError } from '../../../src/core/errors.js';
import type { FamilyDefinition } from '../../../src/core/family-definition.js';
import type { Gauge } from '../../../src/core/metric/gauge.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';

const JOBS = { name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: ['queue'] } as const;
const jobs = (change: Partial<FamilyDefinition>): FamilyDefinition => ({ ...JOBS, ...change });

function setUp(host = new Registry(), prefix = 'app_') {
  const registry = new MetricsRegistry(host, prefix);
  return {
    host,
    registry,
    application: new RegistryLease(registry),
    scrape: async () => parseExposition(await exposeAsText(registry)).series,
  };
}

describe('a family asked for again', () => {
  it('is the same one for the same definition, whatever its HELP', () => {
    const { registry } = setUp();
    const family = registry.family('jobs_total', JOBS);
    expect(registry.family('jobs_total', jobs({ help: 'Other words.' }))).toBe(family);
    expect(family.definition.help).toBe('Jobs.');
  });

  it.each([
    ['another type', { type: 'gauge' }, 'as a counter; this call asks for a gauge'],
    [
      'other labels',
      { labelNames: ['queue', 'state'] },
      'with the labels [queue]; this call asks for [queue, state]',
    ],
    ['no labels', { labelNames: [] }, 'with the labels [queue]; this call asks for []'],
  ] as const)('with %s is a conflict that says what differs', (_, change, difference) => {
    const { application } = setUp();
    application.customFamily(JOBS);
    expect(() => application.customFamily(jobs(change as Partial<FamilyDefinition>))).toThrow(
      new MetricConflictError(
        `Metric "jobs_total" is already registered ${difference}. Rename one, or reuse its definition.`,
      ),
    );
  });

  it('with other buckets is a conflict that says which', () => {
    const { application } = setUp();
    const wait = { ...jobs({ name: 'wait', labelNames: [] }), type: 'histogram', buckets: [1, 2] } as const;
    application.customFamily(wait);
    expect(() => application.customFamily({ ...wait, buckets: [1, 3] })).toThrow(
      new MetricConflictError(
        'Metric "wait" is already registered with the buckets [1, 2]; this call asks for [1, 3]. ' +
          'Rename one, or reuse its definition.',
      ),
    );
  });

  it('whose name a foreign metric has is a conflict that says how out', () => {
    const { host, application } = setUp();
    const foreign = new PromGauge({ name: 'jobs_total', help: 'Foreign.', registers: [host] });
    expect(() => application.customFamily(JOBS)).toThrow(
      new MetricConflictError(
        'Metric "jobs_total" is already in the registry and was not created by this library. ' +
          'Rename it, choose another `prefix`, or set the option `registry`.',
      ),
    );
    expect(host.getSingleMetric('jobs_total')).toBe(foreign);
  });

  it('with an illegal definition registers nothing', () => {
    const { host, application } = setUp();
    expect(() => application.customFamily(jobs({ labelNames: ['le'] }))).toThrow(InvalidDefinitionError);
    expect(host.getMetricsAsArray()).toEqual([]);
    expect(application.customFamily(JOBS)).toBeInstanceOf(Counter);
  });
});

describe('names', () => {
  it('of the catalog get the prefix, those of users do not', () => {
    const { host, application } = setUp();
    application.catalogFamily({ ...JOBS, group: '', when: '', contract: false });
    application.customFamily(jobs({ name: 'mine_total' }));
    expect(host.getMetricsAsArray().map(({ name }) => name)).toEqual(['app_jobs_total', 'mine_total']);
  });
});

describe('gather', () => {
  it('serves families in the order of their registration, foreign ones among them', async () => {
    const { host, registry } = setUp();
    registry.family('b_total', jobs({ name: 'b_total' }));
    new PromGauge({ name: 'a', help: 'Foreign.', registers: [host] });
    registry.family('c_total', jobs({ name: 'c_total' }));
    const names = (await registry.gather()).map(({ descriptor }) => descriptor.name);
    expect(names).toEqual(['b_total', 'a', 'c_total']);
  });

  it('counts a family whose place in the registry the host gave to a metric of its own', async () => {
    const { host, application, scrape } = setUp();
    application.customFamily(JOBS).inc(['mail']);
    host.removeSingleMetric('jobs_total');
    new PromGauge({ name: 'jobs_total', help: 'Foreign.', registers: [host] }).set(9);
    const errors = seriesKey('app_metrics_collector_errors_total', { collector: 'jobs_total' });
    await scrape();
    expect(await scrape()).toEqual({ [seriesKey('jobs_total')]: 9, [errors]: 2 });
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'refuses the name %s, which the registry cannot have',
    (name) => {
      expect(() => setUp().application.customFamily(jobs({ name }))).toThrow(
        new InvalidDefinitionError(
          `"${name}" cannot be the name of a metric: it is a property of the object in which the registry keeps its ` +
            'metrics. Use another name.',
        ),
      );
    },
  );

  it('does not fail when the failure itself cannot be counted', async () => {
    const { host, registry, scrape } = setUp();
    const registers = [host];
    new PromGauge({ name: 'app_metrics_collector_errors_total', help: 'Taken.', registers }).set(9);
    new PromGauge({
      name: 'broken',
      help: 'Broken.',
      registers,
      collect() {
        throw new Error('broken');
      },
    });
    (registry.family('depth', jobs({ name: 'depth', type: 'gauge', labelNames: [] })) as Gauge).set(4);
    const series = await scrape();
    expect(series[seriesKey('depth')]).toBe(4);
    expect(series[seriesKey('app_metrics_collector_errors_total')]).toBe(9);
  });
});

describe('default labels', () => {
  it('are on every series of ours, one’s own label winning', async () => {
    const { application, scrape } = setUp();
    application.configure({ defaultLabels: { app: 'shop', queue: 'never' } });
    application.customFamily(JOBS).inc(['mail']);
    expect(await scrape()).toEqual({ [seriesKey('jobs_total', { queue: 'mail', app: 'shop' })]: 1 });
  });

  it('may be set again by another application that wants the same, in any order', () => {
    const { registry, application } = setUp();
    application.configure({ defaultLabels: { app: 'shop', zone: 'eu' } });
    const other = new RegistryLease(registry);
    expect(() => other.configure({ defaultLabels: { zone: 'eu', app: 'shop' } })).not.toThrow();
  });

  it('that differ from those of an open application are a conflict that names both', () => {
    const { registry, application } = setUp();
    application.configure({ defaultLabels: { app: 'shop' } });
    const other = new RegistryLease(registry);
    const message =
      'differ from {"app":"shop"}, which another application set for the same registry and prefix. ' +
      'Use the same value, another `prefix`, or the option `registry`. An application whose start failed keeps its ' +
      'settings until `close()` is called.';
    expect(() => other.configure({ defaultLabels: {} })).toThrow(
      new MetricConflictError(`defaultLabels {} ${message}`),
    );
    expect(() => other.configure({ defaultLabels: { app: 'bank' } })).toThrow(
      new MetricConflictError(`defaultLabels {"app":"bank"} ${message}`),
    );
  });

  it('may differ once the application that set them has gone, and under another prefix', async () => {
    const { host, registry, application, scrape } = setUp();
    application.configure({ defaultLabels: { app: 'shop' } });
    application.release();
    const other = new RegistryLease(registry);
    other.configure({ defaultLabels: { app: 'bank' } });
    other.customFamily(JOBS).inc(['mail']);
    const elsewhere = setUp(host, 'other_').application;
    elsewhere.configure({ defaultLabels: { app: 'third' } });
    elsewhere.customFamily({ ...JOBS, name: 'third_total' }).inc(['mail']);
    expect(await scrape()).toEqual({
      [seriesKey('jobs_total', { queue: 'mail', app: 'bank' })]: 1,
      [seriesKey('third_total', { queue: 'mail', app: 'third' })]: 1,
    });
  });
});

describe('native histograms', () => {
  it('that are announced are those of families that are made before the application starts', () => {
    const { registry, application } = setUp();
    registry.settings.announce({ maxBuckets: 40 });
    const family = application.catalogFamily(HTTP_REQUEST_DURATION_SECONDS);
    expect(family.definition).toMatchObject({ native: true });
    application.configure({ nativeHistograms: { maxBuckets: 40 } });
    expect(application.catalogFamily(HTTP_REQUEST_DURATION_SECONDS)).toBe(family);
  });

  it('are those of the application that has started, whatever another one announces', () => {
    const { registry, application } = setUp();
    application.configure({ nativeHistograms: false });
    registry.settings.announce({ maxBuckets: 40 });
    expect(application.catalogFamily(HTTP_REQUEST_DURATION_SECONDS).definition).not.toHaveProperty('native');
    const other = new RegistryLease(registry);
    expect(() => other.configure({ nativeHistograms: { maxBuckets: 40 } })).toThrow('nativeHistograms');
  });
});
