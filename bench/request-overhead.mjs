// CPU time per request of a Nest application with and without this library, and with what people use instead.
//
// Two launches of the same server can differ by 25 % for life, so every variant is launched afresh in every round, in
// random order, server and load generator on different cores where `taskset` can pin them.
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { launch, measureInRounds, median, minimum, ROUNDS, table } from './rounds.mjs';

const WARM_UP_REQUESTS = 5_000;
const REQUESTS = 20_000;
const CONCURRENCY = 20;
const PEERS = { express: 'express-prom-bundle', fastify: 'fastify-metrics' };

function request(port, agent) {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/books/7', agent }, (response) => {
      response.resume().on('end', resolve);
    }).on('error', reject);
  });
}

async function load(port, total) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  let sent = 0;
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (sent++ < total) {
        await request(port, agent);
      }
    }),
  );
  agent.destroy();
}

async function cpuMicroseconds(child) {
  child.send('cpu');
  const [{ cpu }] = await once(child, 'message');
  return cpu.user + cpu.system;
}

async function measure(platform, variant) {
  const child = launch('server.mjs', platform, variant);
  const [{ port }] = await once(child, 'message');
  await load(port, WARM_UP_REQUESTS);
  const before = await cpuMicroseconds(child);
  await load(port, REQUESTS);
  const spent = (await cpuMicroseconds(child)) - before;
  child.disconnect();
  await once(child, 'exit');
  return spent / REQUESTS;
}

for (const [platform, peer] of Object.entries(PEERS)) {
  const variants = ['bare', 'metrics', 'disabled', 'interceptor', peer];
  const spent = await measureInRounds(variants, (variant) => measure(platform, variant));
  const bare = spent.bare;
  console.log(`\n${platform}, ${ROUNDS} rounds of ${REQUESTS} requests, CPU µs per request`);
  console.table(
    table(spent, (times) => ({
      'ratio of medians': (median(times) / median(bare)).toFixed(3),
      'ratio of minima': (minimum(times) / minimum(bare)).toFixed(3),
      'added (medians)': (median(times) - median(bare)).toFixed(1),
      'added (minima)': (minimum(times) - minimum(bare)).toFixed(1),
    })),
  );
}
