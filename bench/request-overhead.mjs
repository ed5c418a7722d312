// CPU time per request of a Nest application with and without this library, and with what people use instead, in
// paired slices (see paired-slices.mjs): the bare application and a variant of it are sent requests in turn.
//
// In one process where the variant leaves the other application alone; in two processes on one core where it changes
// the process: by patching modules, by listeners on Node's channels, by threads of its own, or by an AsyncLocalStorage,
// which on Node 20 costs every promise of the process. Servers are on one core, this load generator on the other where
// `taskset` can pin them.
import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  cell,
  inBothOrders,
  machine,
  ONE,
  overLaunches,
  pairedSlices,
  SLICE_MS,
  TWO,
} from './paired-slices.mjs';
import { RequestLoad } from './request-load.mjs';
import { launch, measureInRounds, ROUNDS } from './rounds.mjs';

const PAIRS = Number(process.env.PAIRS ?? 50);
/** For each application: enough for V8 to have optimised it, however slow the machine is. */
const WARM_UP_REQUESTS = 5_000;
/** In one process, this library's listeners on Node's diagnostics channels also run for the bare application. */
const OURS = `metrics, ${TWO}`;
const PLATFORMS = (process.env.PLATFORMS ?? 'express,fastify').split(',');
/** Names of the variants to measure, with `;` between them; all by default. */
const ONLY = process.env.VARIANTS?.split(';');
const PEERS = { express: 'express-prom-bundle', fastify: 'fastify-metrics' };

function rowsOf(platform) {
  const rows = [
    ...['bare', 'metrics', 'disabled', 'interceptor', PEERS[platform]].map((variant) => [variant, ONE]),
    ...[
      'bare',
      'metrics',
      'in scopes',
      'everything on',
      'NestJS Observe',
      'OpenTelemetry, metrics',
      'OpenTelemetry, metrics and traces',
    ].map((variant) => [variant, TWO]),
  ];
  return new Map(
    rows
      .filter(([variant]) => ONLY?.includes(variant) ?? true)
      .map(([variant, arrangement]) => [`${variant}, ${arrangement}`, [variant, arrangement]]),
  );
}

/** The application of one variant, or two, in a process of their own. */
class Server {
  loads = [];
  cpuMicros = 0;

  async start(platform, variants) {
    this.child = launch('server.mjs', platform, ...variants);
    const { ports } = await this.message();
    this.loads = await Promise.all(
      ports.map(async (port) => {
        const load = new RequestLoad();
        await load.open(port);
        return { server: this, load };
      }),
    );
    await this.takeCpu();
  }

  /** Resolves to the CPU time of the process since the last call: work that a slice leaves for later counts, too. */
  async takeCpu() {
    this.child.send('cpu');
    const { cpu } = await this.message();
    const before = this.cpuMicros;
    this.cpuMicros = cpu.user + cpu.system;
    return this.cpuMicros - before;
  }

  /** @throws when the process ends instead of answering. */
  async message() {
    const exited = new AbortController();
    const abort = () => exited.abort(new Error('The server ended.'));
    this.child.once('exit', abort);
    const [message] = await once(this.child, 'message', { signal: exited.signal });
    this.child.off('exit', abort);
    return message;
  }

  async stop() {
    for (const { load } of this.loads) load.close();
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}

async function runSlice({ server, load }, sliceMs) {
  const startedAt = performance.now();
  const work = await load.run(sliceMs);
  const elapsedMs = performance.now() - startedAt;
  return { work, elapsedMs, cpuMicros: await server.takeCpu() };
}

/** Measures the pairs of two applications, which run in the given processes. */
async function measure(platform, processes, pair, pairs) {
  const servers = [];
  const places = new Map();
  for (const started of processes) {
    const server = new Server();
    servers.push(server);
    await server.start(
      platform,
      started.map(({ variant }) => variant),
    );
    started.forEach((one, index) => places.set(one, server.loads[index]));
  }
  const variants = pair.map((one) => places.get(one));
  for (let sent = 0; sent < WARM_UP_REQUESTS;) {
    for (const { load } of variants) sent += (await load.run(SLICE_MS)) / variants.length;
  }
  const figures = await pairedSlices({ variants, run: runSlice, pairs });
  for (const server of servers) {
    await server.stop();
  }
  return { request: figures };
}

/** Accepts what NestJS Observe sends. */
const collector = createServer((request, response) => {
  request.resume().on('end', () => response.end('{}'));
}).listen(0, '127.0.0.1');
await once(collector, 'listening');
process.env.OBSERVE_ENDPOINT = `http://127.0.0.1:${collector.address().port}`;

console.log(`${machine()}; ${ROUNDS} launches of ${PAIRS} pairs of slices of ${SLICE_MS} ms`);
for (const platform of PLATFORMS) {
  const rows = rowsOf(platform);
  const measured = await measureInRounds([...rows.keys()], async (row) => {
    const [variant, arrangement] = rows.get(row);
    const { request } = await inBothOrders(variant, arrangement, PAIRS, (...pairs) =>
      measure(platform, ...pairs),
    );
    return request;
  });
  const figures = Object.entries(measured).map(([row, launches]) => [row, overLaunches(launches)]);
  const ours = Object.fromEntries(figures)[OURS]?.addedMicros.median;
  console.log(`\n${platform}, CPU time per request: median (range) over launches`);
  console.table(
    Object.fromEntries(
      figures.map(([row, { ratio, baseMicros, addedMicros }]) => [
        row,
        {
          'bare µs': baseMicros.median.toFixed(1),
          ratio: cell(ratio, 3),
          'added µs': cell(addedMicros, 1),
          '× ours': (addedMicros.median / ours).toFixed(1),
        },
      ]),
    ),
  );
  console.log(machine());
}
collector.close();
