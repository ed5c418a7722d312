// A worker with 2,000 counters and 200 histograms of 12 buckets: 5,000 series.
import { Counter, Histogram, Registry, AggregatorRegistry } from 'prom-client';
import { ClusterGatherer } from '../dist/esm/cluster/cluster-gatherer.js';
import { renderExposition } from '../dist/esm/exposition/render.js';
import { textFormat } from '../dist/esm/exposition/text-format.js';
import { RegistryLease } from '../dist/esm/registry/registry-lease.js';
import { registryOf } from '../dist/esm/registry/default-registry.js';
import { BUCKETS, labelSets } from './recording-clients.mjs';

const labelNames = ['method', 'route', 'status'];
const HISTOGRAM = { name: 'work_seconds', help: 'Work.', labelNames, buckets: BUCKETS };
const COUNTER = { name: 'work_total', help: 'Work.', labelNames };
const sets = labelSets(2000);
const [, , variant] = process.argv;

const { histogram, counter, scrape } = variant === 'nestjs-hyper-metrics' ? ours() : promClient();
record();
process.on('message', ({ question }) => void answer(question));
process.send({ bench: 'ready' });

async function answer(question) {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send({ bench: (user + system) / 1000 });
  } else if (question === 'scrape') {
    const startedAt = performance.now();
    const bytes = await scrape();
    process.send({ bench: { latencyMs: performance.now() - startedAt, bytes } });
  }
}

function record() {
  for (const [index, labels] of sets.entries()) {
    counter.inc(labels);
    if (index < 200) {
      histogram.observe(labels, 0.001 * index);
    }
  }
}

function ours() {
  const registry = new RegistryLease(registryOf(new Registry(), 'bench_'));
  registry.configure({ seriesBudget: { perFamily: 1_000_000, total: 1_000_000 } });
  const gatherer = new ClusterGatherer(
    { group: 'bench_', metrics: registry.registry, local: registry, onFailure: failed },
    { timeoutMs: 5000, workerLabel: false, hub: undefined },
  );
  gatherer.start();
  return {
    histogram: registry.customFamily({ ...HISTOGRAM, type: 'histogram' }),
    counter: registry.customFamily({ ...COUNTER, type: 'counter' }),
    scrape: async () => (await renderExposition(textFormat, await gatherer.gather())).byteLength,
  };
}

function failed(failures, reason) {
  throw new Error(`${failures} failures: ${reason}`);
}

/** Listens for the primary by itself. */
function promClient() {
  const registry = new Registry();
  AggregatorRegistry.setRegistries([registry]);
  const listening = new AggregatorRegistry();
  const registers = [registry];
  return {
    histogram: new Histogram({ ...HISTOGRAM, registers }),
    counter: new Counter({ ...COUNTER, registers }),
    listening,
  };
}
