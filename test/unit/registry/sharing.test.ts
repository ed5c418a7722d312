import { Gauge as PromGauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { MetricConflictError } from '../../../src/core/errors.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';

const JOBS = { name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: ['queue'] } as const;
const JOBS_BY_STATE = { ...JOBS, labelNames: ['queue', 'state'] } as const;
const CATALOG_JOBS = { ...JOBS, group: 'Jobs', when: 'always', contract: false } as const;

const scrape = async (registry: MetricsRegistry) => parseExposition(await exposeAsText(registry)).series;
const applications = (registry: MetricsRegistry) => [
  new RegistryLease(registry),
  new RegistryLease(registry),
];

function setUp() {
  const host = new Registry();
  const registry = new MetricsRegistry(host, 'app_');
  const [first, second] = applications(registry) as [RegistryLease, RegistryLease];
  const otherRegistry = new MetricsRegistry(host, 'other_');
  return { host, registry, first, second, otherRegistry, third: new RegistryLease(otherRegistry) };
}

describe('two applications on one registry', () => {
  it('share the family and its numbers', async () => {
    const { registry, first, second } = setUp();
    const family = first.catalogFamily(CATALOG_JOBS);
    expect(second.catalogFamily(CATALOG_JOBS)).toBe(family);
    family.inc(['mail']);
    second.catalogFamily(CATALOG_JOBS).inc(['mail'], 10);
    expect(await scrape(registry)).toEqual({ [seriesKey('app_jobs_total', { queue: 'mail' })]: 11 });
  });

  it('cannot redefine a family while either holds it', () => {
    const { first, second } = setUp();
    first.customFamily(JOBS);
    second.customFamily(JOBS);
    first.release();
    expect(() => first.customFamily(JOBS_BY_STATE)).toThrow(MetricConflictError);
    second.release();
    expect(first.customFamily(JOBS_BY_STATE).definition.labelNames).toEqual(['queue', 'state']);
  });
});

describe('release', () => {
  it('leaves the families with their counts for the next application', async () => {
    const { registry, first, second } = setUp();
    first.customFamily(JOBS).inc(['mail'], 3);
    first.release();
    expect(await scrape(registry)).toEqual({ [seriesKey('jobs_total', { queue: 'mail' })]: 3 });
    second.customFamily(JOBS).inc(['mail']);
    expect(await scrape(registry)).toEqual({ [seriesKey('jobs_total', { queue: 'mail' })]: 4 });
  });

  it('lets the next application redefine what nobody holds, starting at 0', async () => {
    const { host, registry, first, second } = setUp();
    first.customFamily(JOBS).inc(['mail'], 3);
    first.release();
    second.customFamily(JOBS_BY_STATE).inc(['mail', 'ok']);
    expect(await scrape(registry)).toEqual({
      [seriesKey('jobs_total', { queue: 'mail', state: 'ok' })]: 1,
    });
    expect(host.getMetricsAsArray()).toHaveLength(1);
  });

  it('takes out the collectors of this application only, and may be repeated', async () => {
    const { registry, first, second } = setUp();
    const collector = (name: string) => ({
      name,
      families: [CATALOG_JOBS],
      collect: () => [{ descriptor: CATALOG_JOBS, labelRows: [[name]], values: Float64Array.of(1) }],
    });
    first.addCollector(collector('first'));
    second.addCollector(collector('second'));
    first.release();
    first.release();
    expect(await scrape(registry)).toEqual({ [seriesKey('app_jobs_total', { queue: 'second' })]: 1 });
    second.release();
    expect(await scrape(registry)).toEqual({});
  });
});

describe('two prefixes on one registry', () => {
  it('keep families of the catalog apart', async () => {
    const { registry, otherRegistry, first, third } = setUp();
    first.catalogFamily(CATALOG_JOBS).inc(['mail'], 1);
    third.catalogFamily(CATALOG_JOBS).inc(['mail'], 2);
    const expected = {
      [seriesKey('app_jobs_total', { queue: 'mail' })]: 1,
      [seriesKey('other_jobs_total', { queue: 'mail' })]: 2,
    };
    expect(await scrape(registry)).toEqual(expected);
    expect(await scrape(otherRegistry)).toEqual(expected);
  });

  it('share the metrics of users, which have no prefix', async () => {
    const { registry, first, third } = setUp();
    const family = first.customFamily(JOBS);
    expect(third.customFamily(JOBS)).toBe(family);
    expect(() => third.customFamily(JOBS_BY_STATE)).toThrow(
      new MetricConflictError(
        'Metric "jobs_total" is already registered with the labels [queue]; this call asks for [queue, state]. ' +
          'Rename one, or reuse its definition.',
      ),
    );
    family.inc(['mail']);
    expect(await scrape(registry)).toEqual({ [seriesKey('jobs_total', { queue: 'mail' })]: 1 });
  });

  it('protect a shared metric as long as an application of either prefix holds it', async () => {
    const { registry, first, second, third } = setUp();
    first.customFamily(JOBS);
    const held = third.customFamily(JOBS);
    first.release();
    expect(() => second.customFamily(JOBS_BY_STATE)).toThrow(MetricConflictError);
    held.inc(['mail']);
    expect(await scrape(registry)).toEqual({ [seriesKey('jobs_total', { queue: 'mail' })]: 1 });
  });

  it('let a shared metric be redefined from either side once nobody holds it', async () => {
    const { registry, first, third } = setUp();
    first.customFamily(JOBS).inc(['mail']);
    first.release();
    third.customFamily(JOBS_BY_STATE).inc(['mail', 'ok'], 5);
    expect(await scrape(registry)).toEqual({
      [seriesKey('jobs_total', { queue: 'mail', state: 'ok' })]: 5,
    });
  });
});

describe('clear() of the host', () => {
  it('while an application runs brings its families back at the next scrape, with their counts', async () => {
    const { host, registry, first } = setUp();
    const family = first.customFamily(JOBS);
    family.inc(['mail'], 3);
    host.clear();
    family.inc(['mail']);
    expect(await scrape(registry)).toEqual({ [seriesKey('jobs_total', { queue: 'mail' })]: 4 });
    expect(host.getSingleMetric('jobs_total')).toBeDefined();
  });

  it('while an application runs brings its collectors back', async () => {
    const { host, registry, first } = setUp();
    first.addCollector({
      name: 'jobs',
      families: [CATALOG_JOBS],
      collect: () => [{ descriptor: CATALOG_JOBS, labelRows: [['mail']], values: Float64Array.of(6) }],
    });
    host.clear();
    expect(await scrape(registry)).toEqual({ [seriesKey('app_jobs_total', { queue: 'mail' })]: 6 });
    first.release();
    expect(await scrape(registry)).toEqual({});
  });

  it('before the next application makes it start at 0', async () => {
    const { host, registry, first, second } = setUp();
    first.customFamily(JOBS).inc(['mail'], 3);
    first.release();
    host.clear();
    second.customFamily(JOBS).inc(['sms']);
    expect(await scrape(registry)).toEqual({ [seriesKey('jobs_total', { queue: 'sms' })]: 1 });
  });

  it('does not bring back what nobody holds', async () => {
    const { host, registry, first } = setUp();
    first.customFamily(JOBS).inc(['mail'], 3);
    first.release();
    host.clear();
    expect(await scrape(registry)).toEqual({});
  });

  it('followed by a foreign metric of our name leaves that one alone', async () => {
    const { host, registry, first } = setUp();
    first.customFamily(JOBS).inc(['mail'], 3);
    host.clear();
    new PromGauge({ name: 'jobs_total', help: 'Foreign.', registers: [host] }).set(9);
    expect(await scrape(registry)).toMatchObject({ [seriesKey('jobs_total')]: 9 });
    expect(() => first.customFamily(JOBS)).toThrow(MetricConflictError);
  });
});
