// The measured loop of one case of exemplars.mjs.
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { Registry } from 'prom-client';
import { RequestScope, runInScope } from '../dist/esm/request-scope/request-scope.js';
import { createTraceSource } from '../dist/esm/tracing/trace-source.js';
import { RegistryLease } from '../dist/esm/registry/registry-lease.js';
import { MetricsRegistry } from '../dist/esm/registry/metrics-registry.js';

const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SERIES = 400;
const SAMPLES = 1_000_000;
const values = Float64Array.from({ length: 1024 }, (_, index) => ((index * 7919) % 1024) / 3400);
const SPAN = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

const spanOf = (traceFlags) =>
  trace.setSpanContext(context.active(), { ...SPAN, traceFlags, isRemote: false });

const withManager = (run) => (work) => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const result = run(work);
  context.disable();
  return result;
};

/** Runs work as the case's requests run. */
function runnerOf(name) {
  if (name.includes('in a request')) {
    return (work) => runInScope(new RequestScope({}), work);
  }
  if (name.includes('no span is active')) {
    return withManager((work) => work());
  }
  if (name.includes('is not sampled')) {
    return withManager((work) => context.with(spanOf(0), work));
  }
  if (name.includes('is sampled')) {
    return withManager((work) => context.with(spanOf(1), work));
  }
  return (work) => work();
}

/** Returns a function that returns the nanoseconds of one observation. */
export function createLoop(name) {
  const application = new RegistryLease(new MetricsRegistry(new Registry(), 'bench_'));
  application.configure({
    traces: name.startsWith('on') ? createTraceSource(true, () => {}) : undefined,
  });
  const family = application.customFamily({
    name: 'work_seconds',
    help: 'Work.',
    type: 'histogram',
    labelNames: ['route'],
    buckets: BUCKETS,
  });
  const children = Array.from({ length: SERIES }, (_, index) => family.labels(`/books/${index}`));
  const run = runnerOf(name);
  const { traces } = application;
  const observe = () => {
    for (let index = 0; index < SAMPLES; index += 1) {
      children[index % SERIES].observe(values[index & 1023]);
    }
  };
  const observeTraced = () => {
    for (let index = 0; index < SAMPLES; index += 1) {
      children[index % SERIES].observeTraced(values[index & 1023], traces.current());
    }
  };
  const work = name.startsWith('observe') ? observe : observeTraced;
  return () =>
    run(() => {
      const startedAt = performance.now();
      work();
      return ((performance.now() - startedAt) * 1e6) / SAMPLES;
    });
}
