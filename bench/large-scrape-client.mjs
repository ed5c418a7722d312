// One client with 100,000 series in a process of its own: `node bench/large-scrape-client.mjs <client>`, talking by IPC.
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { CLIENTS, labelSets } from './recording-clients.mjs';

const COUNTERS = 100_000;
const HISTOGRAMS = 10_000;

const client = await CLIENTS[process.argv[2]]();
const sets = labelSets(COUNTERS);
const before = await heap();
for (const labels of sets.slice(0, HISTOGRAMS)) {
  // An object of its own, as callers pass them.
  client.observe({ ...labels }, 0.2);
}
const bytesPerHistogram = ((await heap()) - before) / HISTOGRAMS;
for (const labels of sets) {
  client.increase(labels);
}

/** Buffers are freed some time after what held them. */
async function heap() {
  for (let collection = 0; collection < 4; collection += 1) {
    globalThis.gc();
    await delay(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

let longestStallMs = 0;
const watching = new AbortController();
const watch = (async () => {
  while (!watching.signal.aborted) {
    const startedAt = performance.now();
    await turn();
    longestStallMs = Math.max(longestStallMs, performance.now() - startedAt);
  }
})();
// The second scrape is what a server sees all day.
await client.scrape();
await turn();
await turn();
longestStallMs = 0;
const startedAt = performance.now();
const bytes = await client.scrape();
const totalMs = performance.now() - startedAt;
await turn();
watching.abort();
await watch;
process.send({ bytesPerHistogram, longestStallMs, totalMs, bytes });
process.disconnect();
process.exit();
