// CPU time per request of a Nest application with and without this library.
//
// Two launches of the same server can differ by 25 % for life, so every variant is launched afresh in every round, in
// random order, server and load generator on different cores where `taskset` can pin them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROUNDS = Number(process.env.ROUNDS ?? 9);
const WARM_UP_REQUESTS = 5_000;
const REQUESTS = 20_000;
const CONCURRENCY = 20;
const PLATFORMS = ['express', 'fastify'];
const VARIANTS = ['bare', 'metrics', 'disabled'];

const server = fileURLToPath(new URL('server.mjs', import.meta.url));
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-p', String(process.pid)]).status === 0;
if (canPin) {
  spawnSync('taskset', ['-cp', '1', String(process.pid)]);
}

function launch(platform, variant) {
  const command = [process.execPath, server, platform, variant];
  const [program, ...args] = canPin ? ['taskset', '-c', '0', ...command] : command;
  return spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

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
  const child = launch(platform, variant);
  const [{ port }] = await once(child, 'message');
  await load(port, WARM_UP_REQUESTS);
  const before = await cpuMicroseconds(child);
  await load(port, REQUESTS);
  const spent = (await cpuMicroseconds(child)) - before;
  child.disconnect();
  await once(child, 'exit');
  return spent / REQUESTS;
}

function shuffled(list) {
  return list
    .map((item) => [Math.random(), item])
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

for (const platform of PLATFORMS) {
  const spent = Object.fromEntries(VARIANTS.map((variant) => [variant, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const variant of shuffled(VARIANTS)) {
      spent[variant].push(await measure(platform, variant));
    }
  }
  console.log(`\n${platform}, ${ROUNDS} rounds of ${REQUESTS} requests, CPU µs per request`);
  console.table(
    Object.fromEntries(
      VARIANTS.map((variant) => {
        const times = spent[variant];
        return [
          variant,
          {
            median: median(times).toFixed(1),
            min: Math.min(...times).toFixed(1),
            max: Math.max(...times).toFixed(1),
            'ratio of medians': (median(times) / median(spent.bare)).toFixed(3),
            'ratio of minima': (Math.min(...times) / Math.min(...spent.bare)).toFixed(3),
          },
        ];
      }),
    ),
  );
}
