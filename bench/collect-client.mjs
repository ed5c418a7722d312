// `collect()` of 400 histograms as a string, in one process for this library and one other client:
// `node --expose-gc bench/collect-client.mjs <client> <who collects first>`, talking by IPC.
import { CLIENTS, labelSets } from './recording-clients.mjs';
import { median, shuffled } from './rounds.mjs';

const OURS = 'nestjs-hyper-metrics';
const PAIRS = 60;
const [peer, first] = process.argv.slice(2);
const names = [first, first === OURS ? peer : OURS];
const sets = labelSets(400);

const clients = {};
for (const name of names) {
  clients[name] = await CLIENTS[name]();
  observe(clients[name], 0);
}

const firstMs = {};
for (const name of names) {
  firstMs[name] = await collectMs(clients[name]);
}

/** A server collects every few seconds: values have changed since, and memory was collected. */
const ratios = [];
for (let pair = -10; pair < PAIRS; pair += 1) {
  const ms = {};
  for (const name of shuffled(names)) {
    observe(clients[name], pair);
    globalThis.gc();
    ms[name] = await collectMs(clients[name]);
  }
  if (pair >= 0) {
    ratios.push(ms[peer] / ms[OURS]);
  }
}
process.send({ firstMs: firstMs[first], ratio: median(ratios) });
process.disconnect();
process.exit();

function observe(client, round) {
  sets.forEach((labels, index) => client.observe(labels, ((Math.abs(round) * 31 + index) % 1024) / 340));
}

/** With what a response does to the string: it makes it one piece of memory. */
async function collectMs(client) {
  const startedAt = performance.now();
  Buffer.byteLength(await client.collect());
  return performance.now() - startedAt;
}
