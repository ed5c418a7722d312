// One histogram and one counter, labelled by method, route and status, in each client library, behind one interface:
// what records a sample by a labels object, what records it through whatever the library offers to keep, a scrape, which returns
// how many bytes it has, and `collect()`, which returns it as a string.
import { createRequire } from 'node:module';
import { EventLoopSlices } from '../dist/esm/core/tool/event-loop-slices.js';
import { renderExposition } from '../dist/esm/exposition/render.js';
import { textFormat } from '../dist/esm/exposition/text-format.js';
import { RegistryLease } from '../dist/esm/registry/registry-lease.js';
import { registryOf } from '../dist/esm/registry/default-registry.js';
import { exposeAsText } from '../dist/esm/service/expose-as-text.js';

/** The peers have a package.json of their own, so that nobody has to install them who does not run the benchmarks. */
const require = createRequire(new URL('peers/package.json', import.meta.url));

export const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LABEL_NAMES = ['method', 'route', 'status'];
const HISTOGRAM = { name: 'work_seconds', help: 'Work.', labelNames: LABEL_NAMES, buckets: BUCKETS };
const COUNTER = { name: 'work_total', help: 'Work.', labelNames: LABEL_NAMES };

/** Different sets of labels. */
export function labelSets(count) {
  return Array.from({ length: count }, (_, index) => ({
    method: ['GET', 'POST'][index % 2],
    route: `/books/${index >> 2}`,
    status: ['200', '404'][(index >> 1) % 2],
  }));
}

/** What `MetricsService` and the endpoint do: its families, and their bytes as they are sent. */
function ours() {
  const client = require('prom-client');
  const application = new RegistryLease(registryOf(new client.Registry(), 'bench_'));
  application.configure({ seriesBudget: { perFamily: 1_000_000, total: 1_000_000 } });
  const histogram = application.customFamily({ ...HISTOGRAM, type: 'histogram' });
  const counter = application.customFamily({ ...COUNTER, type: 'counter' });
  return {
    observe: (labels, value) => histogram.observe(labels, value),
    keepHistogram: (labels) => histogram.labels(labels),
    increase: (labels) => counter.inc(labels),
    keepCounter: (labels) => counter.labels(labels),
    collect: () => exposeAsText(application),
    scrape: async () => {
      const slices = new EventLoopSlices();
      return (await renderExposition(textFormat, await application.gather(), slices)).byteLength;
    },
  };
}

/** prom-client and those that come from it. */
function promClient(name) {
  const client = require(name);
  const registry = new client.Registry();
  const registers = [registry];
  const histogram = new client.Histogram({ ...HISTOGRAM, registers });
  const counter = new client.Counter({ ...COUNTER, registers });
  return {
    observe: (labels, value) => histogram.observe(labels, value),
    keepHistogram: (labels) => histogram.labels(labels),
    increase: (labels) => counter.inc(labels),
    keepCounter: (labels) => counter.labels(labels),
    collect: () => registry.metrics(),
    scrape: async () => Buffer.byteLength(await registry.metrics()),
  };
}

/** Nothing to keep but the attributes. */
function openTelemetry() {
  const { MeterProvider, AggregationType } = require('@opentelemetry/sdk-metrics');
  const { PrometheusExporter, PrometheusSerializer } = require('@opentelemetry/exporter-prometheus');
  const reader = new PrometheusExporter({ preventServerStart: true });
  const views = [
    {
      instrumentName: HISTOGRAM.name,
      aggregation: {
        type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
        options: { boundaries: BUCKETS },
      },
      aggregationCardinalityLimit: 1_000_000,
    },
    { instrumentName: COUNTER.name, aggregationCardinalityLimit: 1_000_000 },
  ];
  const meter = new MeterProvider({ readers: [reader], views }).getMeter('bench');
  const histogram = meter.createHistogram(HISTOGRAM.name);
  const counter = meter.createCounter(COUNTER.name);
  const serializer = new PrometheusSerializer();
  const collect = async () => serializer.serialize((await reader.collect()).resourceMetrics);
  return {
    observe: (labels, value) => histogram.record(value, labels),
    keepHistogram: (labels) => ({ observe: (value) => histogram.record(value, labels) }),
    increase: (labels) => counter.add(1, labels),
    keepCounter: (labels) => ({ inc: () => counter.add(1, labels) }),
    collect,
    scrape: async () => Buffer.byteLength(await collect()),
  };
}

export const CLIENTS = {
  'nestjs-hyper-metrics': ours,
  'prom-client': () => promClient('prom-client'),
  '@prometheus-io/client': () => promClient('@prometheus-io/client'),
  '@platformatic/prom-client': () => promClient('@platformatic/prom-client'),
  OpenTelemetry: openTelemetry,
};
