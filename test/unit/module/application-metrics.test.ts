import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CATALOG } from '../../../src/catalog/catalog.js';
import { ApplicationDatabase } from '../../../src/database/application-database.js';
import { PerformanceTracker } from '../../../src/database/performance/performance-tracker.js';
import { DecoratedProviders } from '../../../src/module/decorated-providers.js';
import { ApplicationMetrics } from '../../../src/module/application-metrics.js';
import type { HyperMetricsOptions } from '../../../src/options/hyper-metrics-options.interface.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';
import { ApplicationRegistry } from '../../../src/registry/application-registry.js';
import { registryOf } from '../../../src/registry/default-registry.js';
import { ScopeOpener } from '../../../src/request-scope/scope-opener.js';

const running: ApplicationMetrics[] = [];
afterEach(() => {
  running.splice(0).forEach((metrics) => metrics.stop());
});

/** An application without an HTTP server, in a registry of its own. */
function start(options: HyperMetricsOptions = {}) {
  const host = new Registry();
  const resolved = resolveOptions({ runtimeMetrics: false, registry: host, prefix: 'app_', ...options });
  const registry = new ApplicationRegistry(registryOf(host, 'app_'));
  const logger = { log: vi.fn(), warn: vi.fn() };
  const scopes = new ScopeOpener(registry, () => false);
  const metrics = new ApplicationMetrics(
    registry,
    resolved,
    logger,
    new DecoratedProviders(new Map()),
    new ApplicationDatabase(
      registry,
      resolved,
      new PerformanceTracker(resolved.performance, logger, scopes, () => {}),
      logger,
      () => [],
    ),
    scopes,
  );
  running.push(metrics);
  metrics.start(undefined);
  metrics.bootstrapped(undefined);
  return {
    metrics,
    logger,
    names: async () => (await registry.gather()).map(({ descriptor }) => descriptor.name).toSorted(),
  };
}

describe('the first scrape of an application', () => {
  it('has every family that the catalog promises, but the interceptor’s and the decorators’', async () => {
    const { names } = start({ http: { sizes: true } });
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

it('an application without an HTTP server says how its metrics are read', () => {
  const { logger } = start();
  expect(logger.log.mock.calls).toEqual([
    [
      'No HTTP server: read the metrics with MetricsService.collect(). On: process, HTTP requests with routes',
    ],
  ]);
});
