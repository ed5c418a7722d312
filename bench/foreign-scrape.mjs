// A scrape of metrics that the application made with prom-client, by this library and by prom-client itself: pairs of scrapes in one
// process, in turn, for each kind of registry.
import { setImmediate as turn } from 'node:timers/promises';
import { Counter, Histogram, Registry } from 'prom-client';
import { registryOf } from '../dist/esm/registry/default-registry.js';
import { EventLoopSlices } from '../dist/esm/core/tool/event-loop-slices.js';
import { renderExposition } from '../dist/esm/exposition/render.js';
import { textFormat } from '../dist/esm/exposition/text-format.js';
import { BUCKETS, labelSets } from './recording-clients.mjs';
import { median, ROUNDS, table } from './rounds.mjs';

const SERIES = Number(process.env.SERIES ?? 100_000);
const labelNames = ['method', 'route', 'status'];

const KINDS = {
  'one counter, a series each': (registers) => {
    const counter = new Counter({ name: 'work_total', help: 'Work.', labelNames, registers });
    labelSets(SERIES).forEach((labels) => counter.inc(labels));
  },
  'counters without labels': (registers) => {
    for (let index = 0; index < SERIES; index += 1) {
      new Counter({ name: `work_${index}_total`, help: 'Work.', registers }).inc();
    }
  },
  'one histogram of 12 buckets': (registers) => {
    const histogram = new Histogram({
      name: 'work_seconds',
      help: 'Work.',
      labelNames,
      buckets: BUCKETS,
      registers,
    });
    labelSets(SERIES / 10).forEach((labels) => histogram.observe(labels, 0.2));
  },
};

for (const [kind, fill] of Object.entries(KINDS)) {
  const host = new Registry();
  fill([host]);
  const registry = registryOf(host, 'bench_');
  const scrapes = {
    ours: async () => {
      const slices = new EventLoopSlices();
      return (await renderExposition(textFormat, await registry.gather(), slices)).byteLength;
    },
    'prom-client': async () => (await host.metrics()).length,
  };
  const totals = { ours: [], 'prom-client': [] };
  const stalls = { ours: [], 'prom-client': [] };
  for (let round = -2; round < ROUNDS; round += 1) {
    for (const name of round % 2 === 0 ? ['ours', 'prom-client'] : ['prom-client', 'ours']) {
      globalThis.gc?.();
      const { totalMs, longestStallMs } = await measure(scrapes[name]);
      if (round >= 0) {
        totals[name].push(totalMs);
        stalls[name].push(longestStallMs);
      }
    }
  }
  const ratio = totals.ours.map((ms, round) => ms / totals['prom-client'][round]);
  console.log(`\n${kind}: ${SERIES} series, ${ROUNDS} pairs of scrapes`);
  console.table({
    ...table({ 'ours, ms': totals.ours, 'prom-client, ms': totals['prom-client'] }),
    ...table({ 'our longest stall, ms': stalls.ours, "prom-client's, ms": stalls['prom-client'] }),
    'ours / prom-client': {
      median: median(ratio).toFixed(2),
      min: Math.min(...ratio).toFixed(2),
      max: Math.max(...ratio).toFixed(2),
    },
  });
}

/** The longest stall is the longest time between two turns of the event loop. */
async function measure(scrape) {
  let longestStallMs = 0;
  const state = { isDone: false };
  const watch = (async () => {
    while (!state.isDone) {
      const turnedAt = performance.now();
      await turn();
      longestStallMs = Math.max(longestStallMs, performance.now() - turnedAt);
    }
  })();
  const startedAt = performance.now();
  await scrape();
  const totalMs = performance.now() - startedAt;
  state.isDone = true;
  await watch;
  return { totalMs, longestStallMs };
}
