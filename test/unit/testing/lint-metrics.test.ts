import { Test } from '@nestjs/testing';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { CATALOG } from '../../../src/catalog/catalog.js';
import type { CatalogFamily } from '../../../src/catalog/catalog-family.js';
import { metricName } from '../../../src/catalog/metric-name.js';
import type { HostMetricValue } from '../../../src/core/host-registry.interface.js';
import { MetricsService } from '../../../src/index.js';
import { registryOf } from '../../../src/registry/default-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import {
  HyperMetricsTestingModule,
  type HyperMetricsTestingOptions,
  lintMetrics,
} from '../../../src/testing.js';
import { checkMetrics, findMissingPrograms } from '../../support/prometheus-server.js';
import { isSkipped } from '../../support/skipped.js';

type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped';

interface HandMade {
  readonly help?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Puts a metric with one sample into the registry that no client would make. */
function add(registry: Registry, type: MetricType, name: string, { help = 'Help.', labels }: HandMade = {}) {
  const sample = (sampleName: string, more = {}): HostMetricValue => ({
    metricName: sampleName,
    labels: { ...labels, ...more },
    value: 1,
  });
  const part = { histogram: { le: '+Inf' }, summary: { quantile: '0.5' } }[type as string];
  const values =
    part === undefined
      ? [sample(name)]
      : [
          sample(type === 'summary' ? name : `${name}_bucket`, part),
          sample(`${name}_sum`),
          sample(`${name}_count`),
        ];
  registry.registerMetric({ name, get: () => Promise.resolve({ name, help, type, values }) } as never);
}

const BAD: [type: MetricType, name: string, problem: string, handMade?: HandMade][] = [
  ['gauge', 'temperature_celsius', 'has no help text', { help: '' }],
  ['counter', 'orders', 'is a counter, and its name does not end in "_total"'],
  ['gauge', 'seats_total', 'is a gauge, and only counters end in "_total"'],
  ['histogram', 'wait_total', 'is a histogram, and only counters end in "_total"'],
  ['gauge', 'visitor_count', 'is a gauge, and only a histogram or summary has "_count"'],
  ['gauge', 'invoice_sum', 'is a gauge, and only a histogram or summary has "_sum"'],
  ['summary', 'token_bucket', 'is a summary, and only a histogram has "_bucket"'],
  ['histogram', 'latency_milliseconds', 'has the unit "milliseconds"; use "seconds"'],
  ['counter', 'worked_minutes_total', 'has the unit "minutes"; use "seconds"'],
  ['gauge', 'heap_kilobytes', 'has the unit "kilobytes"; use "bytes"'],
  ['gauge', 'disk_gibibytes_free', 'has the unit "gibibytes"; use "bytes"'],
  ['gauge', 'line_bits', 'has the unit "bits"; use "bytes"'],
  ['gauge', 'oven_fahrenheit', 'has the unit "fahrenheit"; use "celsius"'],
  ['gauge', 'parcel_kilograms', 'has the unit "kilograms"; use "grams"'],
  ['gauge', 'route_miles', 'has the unit "miles"; use "meters"'],
  ['gauge', 'battery_millivolts', 'has the unit "millivolts"; use "volts"'],
  ['histogram', 'latency_ms', 'abbreviates a unit: "ms"; write it out'],
  ['gauge', 'cache_mb_used', 'abbreviates a unit: "mb"; write it out'],
  ['gauge', 'idle_S', 'abbreviates a unit: "s"; write it out'],
  ['gauge', 'temperature_gauge', 'has the type "gauge" in its name'],
  ['counter', 'visit_counter_total', 'has the type "counter" in its name'],
  ['gauge', 'latency_Histogram_width', 'has the type "histogram" in its name'],
  ['gauge', 'job:load', 'has a colon in its name; colons are for recording rules'],
  ['gauge', 'queueLength', 'has a name in camelCase; use snake_case'],
  ['gauge', 'seats', 'has the label "showId" in camelCase; use snake_case', { labels: { showId: '1' } }],
  ['gauge', 'shelves', 'has the label "le", which is reserved', { labels: { le: '1' } }],
  ['gauge', 'ranks', 'has the label "quantile", which is reserved', { labels: { quantile: '0.5' } }],
  [
    'histogram',
    'sizes_bytes',
    'has the label "quantile", which is reserved',
    { labels: { quantile: '0.5' } },
  ],
];

const GOOD: [type: MetricType, name: string][] = [
  ['counter', 'orders_placed_total'],
  ['counter', 'sent_bytes_total'],
  ['histogram', 'wait_seconds'],
  ['summary', 'parcel_grams'],
  ['gauge', 'thermometers'],
  ['gauge', 'counters_open'],
  ['gauge', 'ms_office_installations'],
  ['gauge', 'discount_ratio'],
  ['gauge', 'total_seats'],
  ['untyped', 'imported_total'],
  ['untyped', 'imported_count'],
];

const skipped = isSkipped('lintMetrics() compared with promtool', findMissingPrograms());

/** The metrics that `promtool check metrics` objects to. */
async function flaggedByPromtool(registry: Registry): Promise<string[]> {
  const findings = checkMetrics(await exposeAsText(registryOf(registry, 'app_')));
  return [...new Set(findings.map((line) => line.split(' ', 1)[0] ?? ''))].toSorted();
}

const metricsOf = (problems: readonly { metric: string }[]): string[] => [
  ...new Set(problems.map(({ metric }) => metric)),
];

describe('lintMetrics', () => {
  it.each(BAD)('reports the %s %s: %s', async (type, name, problem, handMade) => {
    const registry = new Registry();
    add(registry, type, name, handMade);

    expect(await lintMetrics(registry)).toEqual([{ metric: name, problem }]);
  });

  it.each(GOOD)('has nothing against the %s %s', async (type, name) => {
    const registry = new Registry();
    add(registry, type, name);

    expect(await lintMetrics(registry)).toEqual([]);
  });

  it.skipIf(skipped)('objects to the same metrics as promtool', async () => {
    const registry = new Registry();
    BAD.forEach(([type, name, , handMade]) => add(registry, type, name, handMade));
    GOOD.forEach(([type, name]) => add(registry, type, name));

    const flagged = await flaggedByPromtool(registry);

    expect(flagged).toEqual(BAD.map(([, name]) => name).toSorted());
    expect(metricsOf(await lintMetrics(registry))).toEqual(flagged);
  });

  it.each(['cpu_percent', 'cpu_percentage', 'cpu_pct_used'])(
    'wants a ratio for %s, beyond promtool',
    async (name) => {
      const registry = new Registry();
      add(registry, 'gauge', name);

      expect(await lintMetrics(registry)).toEqual([
        { metric: name, problem: expect.stringMatching(/^has the unit "\w+"; use "ratio"$/) },
      ]);
    },
  );

  it('knows labels that Prometheus keeps for itself, beyond promtool', async () => {
    const registry = new Registry();
    add(registry, 'gauge', 'seats', { labels: { __zone: 'a' } });

    expect(await lintMetrics(registry)).toEqual([
      { metric: 'seats', problem: 'has the label "__zone", which is reserved' },
    ]);
  });

  it('sorts by metric, then by problem, whatever the order of registration', async () => {
    const names = ['jobTime_ms', 'b_ms', 'B_ms', 'a_ms'];
    const lint = async (order: readonly string[]) => {
      const registry = new Registry();
      order.forEach((name) => add(registry, 'counter', name));
      return lintMetrics(registry);
    };

    const problems = await lint(names);

    expect(metricsOf(problems)).toEqual(['B_ms', 'a_ms', 'b_ms', 'jobTime_ms']);
    expect(problems.slice(-3).map(({ problem }) => problem)).toEqual([
      'abbreviates a unit: "ms"; write it out',
      'has a name in camelCase; use snake_case',
      'is a counter, and its name does not end in "_total"',
    ]);
    expect(await lint(names.toReversed())).toEqual(problems);
  });

  it('leaves out what is to be ignored, by the whole name or a pattern', async () => {
    const registry = new Registry();
    ['orders', 'legacy_orders', 'legacy_visits'].forEach((name) => add(registry, 'counter', name));
    const left = async (...ignore: (string | RegExp)[]) => metricsOf(await lintMetrics(registry, { ignore }));

    expect(await left('orders')).toEqual(['legacy_orders', 'legacy_visits']);
    expect(await left(/^legacy_/g)).toEqual(['orders']);
    expect(await left('legacy_orders', /visits/)).toEqual(['orders']);
    expect(await left()).toEqual(['legacy_orders', 'legacy_visits', 'orders']);
  });
});

describe('lintMetrics on an application', () => {
  const closings: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closings.splice(0).map((close) => close()));
  });

  async function startApplication(options?: HyperMetricsTestingOptions): Promise<MetricsService> {
    const imports = [HyperMetricsTestingModule.forRoot(options)];
    const module = await (await Test.createTestingModule({ imports }).compile()).init();
    closings.push(() => module.close());
    return module.get(MetricsService);
  }

  it('has nothing against this library', async () => {
    const service = await startApplication({ http: { sizes: true } });
    const registry = registryOf(service.registry, 'every_');
    CATALOG.forEach((definition) => registry.family(metricName(definition, 'every_'), definition));

    expect(await lintMetrics(service)).toEqual([]);
  });

  it.skipIf(skipped)('objects to all that promtool does but three gauges of prom-client', async () => {
    const service = await startApplication({ runtimeMetrics: true });

    expect(await lintMetrics(service)).toEqual([]);
    expect(await flaggedByPromtool(service.registry as Registry)).toEqual([
      'nodejs_active_handles_total',
      'nodejs_active_requests_total',
      'nodejs_active_resources_total',
    ]);
  });

  it('spares these gauges under a prefix, and nothing that is named like them', async () => {
    const registry = new Registry();
    add(registry, 'gauge', 'shop_nodejs_active_handles_total');
    add(registry, 'gauge', 'nodejs_active_users_total');
    add(registry, 'histogram', 'nodejs_active_requests_total');

    expect(metricsOf(await lintMetrics(registry))).toEqual([
      'nodejs_active_requests_total',
      'nodejs_active_users_total',
    ]);
  });

  it('spares names that the contract fixes, under any prefix, and nothing that ends like them', async () => {
    const service = await startApplication({ prefix: 'shop_', defaultLabels: { regionCode: 'eu' } });
    const definition: CatalogFamily = {
      name: 'pool_total',
      type: 'gauge',
      help: 'Connections.',
      labelNames: [],
      group: 'Pools',
      when: 'always',
      contract: true,
    };
    const ours: CatalogFamily = { ...definition, name: 'other_total', contract: false };
    registryOf(service.registry, 'shop_').family('shop_pool_total', definition);
    registryOf(service.registry, 'shop_').family('shop_other_total', ours);
    service.gauge({ name: 'car_pool_total', help: 'Cars.' });

    const problems = await lintMetrics(service);

    expect(problems.filter(({ problem }) => problem.includes('_total')).map(({ metric }) => metric)).toEqual([
      'car_pool_total',
      'shop_other_total',
    ]);
    // Labels are not the contract's.
    expect(problems).toContainEqual({
      metric: 'shop_pool_total',
      problem: 'has the label "regionCode" in camelCase; use snake_case',
    });
  });

  it('reports metrics before they have samples, and metrics made with prom-client', async () => {
    const service = await startApplication();
    const registers = [service.registry as Registry];
    service.counter({ name: 'orders', help: 'Orders placed.', labelNames: ['planId'] });
    new Counter({ name: 'visits', help: 'Visits.', labelNames: ['page'], registers });
    new Gauge({ name: 'load_pct', help: 'Load.', registers });
    new Histogram({ name: 'wait_ms', help: 'Waiting.', registers });
    new Summary({ name: 'sizeBytes', help: 'Sizes.', registers });

    expect((await lintMetrics(service)).map(({ metric, problem }) => `${metric} ${problem}`)).toEqual([
      'load_pct has the unit "pct"; use "ratio"',
      'orders has the label "planId" in camelCase; use snake_case',
      'orders is a counter, and its name does not end in "_total"',
      'sizeBytes has a name in camelCase; use snake_case',
      'visits is a counter, and its name does not end in "_total"',
      'wait_ms abbreviates a unit: "ms"; write it out',
    ]);
  });
});
