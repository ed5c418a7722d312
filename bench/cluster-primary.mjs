// A primary and its four workers: `node bench/cluster-primary.mjs <variant>`, telling by IPC what a scrape costs.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { AggregatorRegistry } from 'prom-client';
import { setUpClusterPrimary } from '../dist/esm/cluster.js';

const WORKERS = 4;
const WARM_UP = 15;
const SCRAPES = 30;
const [, , variant] = process.argv;
const isOurs = variant === 'nestjs-hyper-metrics';

cluster.setupPrimary({ exec: new URL('cluster-worker.mjs', import.meta.url).pathname, args: [variant] });
const aggregator = isOurs ? undefined : new AggregatorRegistry();
if (isOurs) {
  setUpClusterPrimary();
}
const workers = Array.from({ length: WORKERS }, () => cluster.fork());
await Promise.all(workers.map((worker) => answerOf(worker)));

/** The next message that a worker of this benchmark sends. */
async function answerOf(worker) {
  for (;;) {
    const [message] = await once(worker, 'message');
    if (message.bench !== undefined) {
      return message.bench;
    }
  }
}

function ask(worker, question) {
  const answer = answerOf(worker);
  worker.send({ question });
  return answer;
}

/** Milliseconds from question to text, and its bytes. */
async function scrape(turn) {
  if (isOurs) {
    return ask(workers[turn % WORKERS], 'scrape');
  }
  const startedAt = performance.now();
  const text = await aggregator.clusterMetrics();
  return { latencyMs: performance.now() - startedAt, bytes: Buffer.byteLength(text) };
}

const cpuMs = ({ user, system }) => (user + system) / 1000;
const workersCpuMs = async () =>
  (await Promise.all(workers.map((worker) => ask(worker, 'cpu')))).reduce((sum, ms) => sum + ms, 0);

for (let turn = 0; turn < WARM_UP; turn += 1) {
  await scrape(turn);
}
const workersBefore = await workersCpuMs();
await delay(100);
let latencyMs = 0;
let bytes = 0;
const before = process.cpuUsage();
for (let turn = 0; turn < SCRAPES; turn += 1) {
  const answer = await scrape(turn);
  latencyMs += answer.latencyMs;
  bytes = answer.bytes;
  // As between real ones, what is left of a scrape is cleared up.
  await delay(20);
}
const primaryMs = cpuMs(process.cpuUsage(before));
const workersMs = (await workersCpuMs()) - workersBefore;
process.send({
  primaryMs: primaryMs / SCRAPES,
  totalMs: (primaryMs + workersMs) / SCRAPES,
  latencyMs: latencyMs / SCRAPES,
  bytes,
});
await Promise.all(
  workers.map((worker) => {
    worker.process.kill();
    return once(worker, 'exit');
  }),
);
process.disconnect();
process.exit();
