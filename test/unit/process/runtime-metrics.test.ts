import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { installRuntimeMetrics } from '../../../src/process/runtime-metrics.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition } from '../../support/parse-exposition.js';

const namesIn = (host: Registry) => host.getMetricsAsArray().map(({ name }) => name);

describe('installRuntimeMetrics', () => {
  it('puts prom-client’s default metrics in under their standard names', () => {
    const host = new Registry();
    const reference = new Registry();
    installRuntimeMetrics(host);
    collectDefaultMetrics({ register: reference });
    expect(namesIn(host)).toContain('process_cpu_seconds_total');
    expect(namesIn(host)).toEqual(namesIn(reference));
  });

  it('may be done again, and puts the same metrics back after clear()', () => {
    const host = new Registry();
    installRuntimeMetrics(host);
    const metrics = host.getMetricsAsArray();
    installRuntimeMetrics(host);
    expect(host.getMetricsAsArray()).toEqual(metrics);
    host.clear();
    installRuntimeMetrics(host);
    expect(host.getMetricsAsArray().every((metric, index) => metric === metrics[index])).toBe(true);
    expect(host.getMetricsAsArray()).toHaveLength(metrics.length);
  });

  it('leaves names alone that the host has registered', () => {
    const host = new Registry();
    const own = new Gauge({ name: 'nodejs_eventloop_lag_seconds', help: 'Own.', registers: [host] });
    installRuntimeMetrics(host);
    expect(host.getSingleMetric('nodejs_eventloop_lag_seconds')).toBe(own);
    expect(namesIn(host)).toContain('nodejs_heap_size_total_bytes');
  });

  it('keeps registries apart', () => {
    const [first, second] = [new Registry(), new Registry()];
    installRuntimeMetrics(first);
    installRuntimeMetrics(second);
    const name = 'process_resident_memory_bytes';
    expect(first.getSingleMetric(name)).toBeDefined();
    expect(second.getSingleMetric(name)).toBeDefined();
    expect(first.getSingleMetric(name)).not.toBe(second.getSingleMetric(name));
  });

  it('is read at a scrape, with values of this process', async () => {
    const host = new Registry();
    installRuntimeMetrics(host);
    const { samples } = parseExposition(await exposeAsText(new MetricsRegistry(host, 'app_')));
    const version = samples.find(({ name }) => name === 'nodejs_version_info');
    expect(version).toMatchObject({ labels: { version: process.version }, value: 1 });
    const heap = samples.find(({ name }) => name === 'nodejs_heap_size_used_bytes')?.value;
    expect(heap).toBeGreaterThan(1_000_000);
  });
});
