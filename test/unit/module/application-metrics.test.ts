import 'reflect-metadata';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { safeLogger } from '../../../src/core/tool/logger.js';
import { CATALOG } from '../../../src/catalog/catalog.js';
import { ApplicationDatabase } from '../../../src/database/application-database.js';
import { PerformanceTracker } from '../../../src/database/performance/performance-tracker.js';
import { DecoratedProviders } from '../../../src/module/decorated-providers.js';
import { ApplicationMetrics } from '../../../src/module/application-metrics.js';
import type { HyperMetricsOptions } from '../../../src/options/hyper-metrics-options.interface.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { registryOf } from '../../../src/registry/default-registry.js';
import { ScopeOpener } from '../../../src/request-scope/scope-opener.js';
import { ApplicationSchedules } from '../../../src/schedule/application-schedules.js';

const running: ApplicationMetrics[] = [];
afterEach(() => {
  running.splice(0).forEach((metrics) => metrics.stop());
});

/** An application without an HTTP server, in a registry of its own. */
function start(options: HyperMetricsOptions = {}) {
  const { registry: host = new Registry() } = options;
  const resolved = resolveOptions({ runtimeMetrics: false, prefix: 'app_', ...options, registry: host });
  const registry = new RegistryLease(registryOf(host, 'app_'));
  const logger = { log: vi.fn(), warn: vi.fn(), debug: vi.fn() };
  const scopes = new ScopeOpener(registry, () => false);
  const metrics = new ApplicationMetrics(
    registry,
    resolved,
    safeLogger(logger),
    new DecoratedProviders(new Map()),
    new ApplicationDatabase(
      registry,
      resolved,
      new PerformanceTracker(resolved.performance, logger, scopes, () => {}),
      logger,
      () => [],
    ),
    scopes,
    new ApplicationSchedules(registry, scopes, logger, () => undefined),
  );
  running.push(metrics);
  metrics.start(undefined);
  metrics.bootstrapped(undefined);
  return {
    host,
    registry,
    metrics,
    logger,
    names: async () => (await registry.gather()).map(({ descriptor }) => descriptor.name).toSorted(),
  };
}

describe('the first scrape of an application', () => {
  it('has every family that the catalog promises, but the interceptor’s and the decorators’', async () => {
    const { names } = start({ http: { sizes: true, exceptions: true }, httpClient: true });
    const promised = CATALOG.filter(({ when }) => when === 'always' || when.includes('http')).filter(
      ({ group }) => group !== 'Handlers',
    );
    expect(await names()).toEqual(promised.map(({ name }) => `app_${name}`).toSorted());
  });

  it('has what the catalog promises always and nothing of HTTP with `http: false`', async () => {
    const { names } = start({ http: false });
    const always = CATALOG.filter(({ when }) => when === 'always');
    expect(always.length).toBeGreaterThanOrEqual(3);
    expect(await names()).toEqual(always.map(({ name }) => `app_${name}`).toSorted());
  });
});

describe('an application that has stopped', () => {
  it('leaves no collector behind, and may stop again', async () => {
    const { metrics, names } = start({ http: false });
    metrics.stop();
    metrics.stop();
    const left = await names();
    expect(left).not.toContain('app_info');
    expect(left).not.toContain('app_uptime_seconds');
  });
});

describe('metrics with too many series', () => {
  const overflow = (registry: RegistryLease, name: string): void => {
    const counter = registry.customFamily({ name, type: 'counter', help: 'Jobs.', labelNames: ['queue'] });
    counter.inc(['mail']);
    counter.inc(['sms']);
    counter.inc(['fax']);
  };
  const options = { seriesBudget: { perFamily: 1 } };

  it('are warned about once each, up to twenty; the others on debug level', () => {
    const { registry, logger } = start(options);
    for (let metric = 1; metric <= 22; metric += 1) {
      overflow(registry, `jobs_${metric}_total`);
    }
    const text = (metric: number) =>
      `Metric "jobs_${metric}_total" has more series than seriesBudget allows; further samples go to its series "other"`;
    const warnings = logger.warn.mock.calls.flat();
    expect(warnings).toHaveLength(20);
    expect(warnings[0]).toBe(text(1));
    expect(warnings[19]).toBe(`${text(20)} (further metrics are logged on debug level)`);
    expect(logger.debug.mock.calls.flat()).toEqual([text(21), text(22)]);
  });

  it('do not fail when the logger does', () => {
    const { registry, logger } = start(options);
    logger.warn.mockImplementation(() => {
      throw new Error('broken');
    });
    expect(() => overflow(registry, 'jobs_total')).not.toThrow();
  });

  it('are warned about again by the next application on the registry', () => {
    const first = start(options);
    overflow(first.registry, 'jobs_total');
    first.metrics.stop();
    const second = start({ ...options, registry: first.host });
    overflow(second.registry, 'jobs_total');
    expect(second.logger.warn.mock.calls).toHaveLength(1);
  });
});

it('an application without an HTTP server says how its metrics are read', () => {
  const { logger } = start();
  expect(logger.log.mock.calls).toEqual([
    [
      'Metrics by MetricsService.collect() only, without an HTTP server (prefix app_): process, HTTP requests with routes',
    ],
  ]);
});
