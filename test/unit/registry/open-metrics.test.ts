import { Counter as PromCounter, Registry, type RegistryContentType } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { installRuntimeMetrics } from '../../../src/process/runtime-metrics.js';
import type { Counter } from '../../../src/core/metric/counter.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';

/*
 * prom-client renders OpenMetrics by renaming its counters in place: `jobs_total` is called `jobs` from then on,
 * under the key `jobs_total`.
 */

const definition = { name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: ['queue'] } as const;

function hostWithCounter() {
  const host = new Registry();
  const registry = new MetricsRegistry(host, 'app_');
  const counter = registry.family('jobs_total', definition, {}) as Counter;
  counter.inc(['mail'], 3);
  const setContentType = (contentType: RegistryContentType) =>
    (host as Registry<RegistryContentType>).setContentType(contentType);
  return {
    host,
    registry,
    counter,
    openMetrics: () => setContentType(Registry.OPENMETRICS_CONTENT_TYPE),
    text: () => setContentType(Registry.PROMETHEUS_CONTENT_TYPE),
  };
}

const mail = { [seriesKey('jobs_total', { queue: 'mail' })]: 3 };

describe('a registry that renders OpenMetrics', () => {
  it('names the family without _total and its samples with one _total, scrape after scrape', async () => {
    const { host, openMetrics } = hostWithCounter();
    openMetrics();
    for (const scrape of [await host.metrics(), await host.metrics()]) {
      expect(scrape).toBe('# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total{queue="mail"} 3\n# EOF\n');
    }
  });

  it('has the same samples as our own text exposition', async () => {
    const { host, registry, openMetrics } = hostWithCounter();
    openMetrics();
    const theirs = parseExposition(await host.metrics());
    const ours = parseExposition(await exposeAsText(registry));
    expect(theirs.series).toEqual(mail);
    expect(ours.series).toEqual(mail);
    expect(ours.types).toEqual({ jobs_total: 'counter' });
  });

  it('leaves our own exposition right when the host goes back to the text format', async () => {
    const { host, registry, openMetrics, text } = hostWithCounter();
    openMetrics();
    await host.metrics();
    text();
    const ours = parseExposition(await exposeAsText(registry));
    expect(ours.series).toEqual(mail);
    expect(ours.types).toEqual({ jobs_total: 'counter' });
  });

  it('leaves metrics() of the host right when it goes back to the text format', async () => {
    const { host, openMetrics, text } = hostWithCounter();
    openMetrics();
    await host.metrics();
    text();
    expect(parseExposition(await host.metrics()).series).toEqual(mail);
  });

  it('leaves the names of foreign counters right in our own exposition', async () => {
    const { host, registry, openMetrics } = hostWithCounter();
    new PromCounter({ name: 'foreign_total', help: 'Foreign.', registers: [host] }).inc(5);
    openMetrics();
    await host.metrics();
    const ours = parseExposition(await exposeAsText(registry));
    expect(ours.series).toEqual({ ...mail, [seriesKey('foreign_total')]: 5 });
    expect(ours.types).toEqual({ jobs_total: 'counter', foreign_total: 'counter' });
  });

  it('does not hide a family from whoever asks for it again', async () => {
    const { host, registry, counter, openMetrics } = hostWithCounter();
    openMetrics();
    await host.metrics();
    expect(registry.family('jobs_total', definition)).toBe(counter);
    expect(new MetricsRegistry(host, 'other_').family('jobs_total', definition)).toBe(counter);
  });

  it('gets a cleared family back under its own name', async () => {
    const { host, registry, openMetrics } = hostWithCounter();
    openMetrics();
    await host.metrics();
    host.clear();
    await registry.gather();
    expect(host.getMetricsAsArray()).toHaveLength(1);
    expect(host.getSingleMetric('jobs_total')).toBeDefined();
    expect(host.getSingleMetric('jobs')).toBeUndefined();
  });

  it('gets runtime metrics once, however often they are installed', async () => {
    const { host, openMetrics } = hostWithCounter();
    installRuntimeMetrics(host);
    const installed = host.getMetricsAsArray().length;
    openMetrics();
    await host.metrics();
    installRuntimeMetrics(host);
    expect(host.getMetricsAsArray()).toHaveLength(installed);
    expect(host.getSingleMetric('process_cpu_user_seconds')).toBeUndefined();
  });
});
