import { Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { METRICS_COLLECTOR_ERRORS_TOTAL } from '../../../src/catalog/scrape.catalog.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition } from '../../support/parse-exposition.js';

const collectorOf = (name: string) => ({ name, families: [], collect: () => [] });

function setUp(host = new Registry()) {
  const registry = new MetricsRegistry(host, 'app_');
  const application = new RegistryLease(registry);
  return {
    registry,
    application,
    /** As an application does when it starts. */
    start: () => {
      application.catalogFamily(METRICS_COLLECTOR_ERRORS_TOTAL);
      registry.errors.export();
    },
    errors: async () => {
      const { samples } = parseExposition(await exposeAsText(registry));
      const own = samples.filter(({ name }) => name === 'app_metrics_collector_errors_total');
      return Object.fromEntries(own.map(({ labels, value }) => [labels['collector'], value]));
    },
  };
}

describe('errors of collectors', () => {
  it('are exported at 0 for each collector that is there at the start, and for each that comes later', async () => {
    const { application, registry, start, errors } = setUp();
    application.addCollector(collectorOf('process'));
    application.expectErrors(['scrape']);
    start();
    expect(await errors()).toEqual({ process: 0, scrape: 0 });
    registry.addCollector(collectorOf('db_pool'));
    expect(await errors()).toEqual({ process: 0, scrape: 0, db_pool: 0 });
    registry.countError('scrape');
    registry.countError('queue_size');
    expect(await errors()).toEqual({ process: 0, scrape: 1, db_pool: 0, queue_size: 1 });
  });

  it('are in no registry in which no application exports them', async () => {
    const { application, registry, errors } = setUp();
    application.addCollector(collectorOf('process'));
    expect(await errors()).toEqual({});
    expect(registry.find('app_metrics_collector_errors_total')).toBeUndefined();
  });

  it('come back at 0 with the next application after a reset', async () => {
    const host = new Registry();
    const { application, registry, start, errors } = setUp(host);
    application.addCollector(collectorOf('process'));
    start();
    registry.countError('process');
    host.resetMetrics();
    expect(await errors()).toEqual({});
    start();
    expect(await errors()).toEqual({ process: 0 });
  });

  it('are left out where the host has another metric of that name', async () => {
    const host = new Registry();
    new Gauge({ name: 'app_metrics_collector_errors_total', help: 'Own.', registers: [host] });
    const { registry } = setUp(host);
    expect(() => {
      registry.addCollector(collectorOf('process'));
      registry.errors.export();
      registry.countError('process');
    }).not.toThrow();
    expect(await exposeAsText(registry)).not.toContain('collector=');
  });
});
