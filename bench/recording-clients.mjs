// One histogram and one counter, labelled by method, route and status, in each client library, behind one interface:
// what records a sample by a labels object, what records it through whatever the library offers to keep, and a scrape.
import { createRequire } from 'node:module';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';

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

async function ours() {
  const client = require('prom-client');
  class Application {}
  Module({
    imports: [
      HyperMetricsModule.forRoot({
        registry: new client.Registry(),
        runtimeMetrics: false,
        http: false,
        seriesBudget: { perFamily: 1_000_000, total: 1_000_000 },
      }),
    ],
  })(Application);
  const application = await NestFactory.createApplicationContext(Application, { logger: false });
  const metrics = application.get(MetricsService);
  const histogram = metrics.histogram(HISTOGRAM);
  const counter = metrics.counter(COUNTER);
  return {
    observe: (labels, value) => histogram.observe(labels, value),
    keepHistogram: (labels) => histogram.labels(labels),
    increase: (labels) => counter.inc(labels),
    keepCounter: (labels) => counter.labels(labels),
    scrape: () => metrics.collect(),
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
    scrape: () => registry.metrics(),
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
  return {
    observe: (labels, value) => histogram.record(value, labels),
    keepHistogram: (labels) => ({ observe: (value) => histogram.record(value, labels) }),
    increase: (labels) => counter.add(1, labels),
    keepCounter: (labels) => ({ inc: () => counter.add(1, labels) }),
    scrape: async () => serializer.serialize((await reader.collect()).resourceMetrics),
  };
}

export const CLIENTS = {
  'nestjs-hyper-metrics': ours,
  'prom-client': () => promClient('prom-client'),
  '@prometheus-io/client': () => promClient('@prometheus-io/client'),
  '@platformatic/prom-client': () => promClient('@platformatic/prom-client'),
  OpenTelemetry: openTelemetry,
};
