// What `httpClient: true` adds to an outgoing request: node bench/http-client.mjs
//
// Both variants take turns within one process (paired slices), in the scope of a request; the server is in a process of its own. The
// control compares the variant without metrics with itself: its figures are the error of the measurement.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { request as undiciRequest } from 'undici';
import { HttpClientMetrics } from '../dist/esm/http-client/http-client-metrics.js';
import { DEFAULT_HTTP_CLIENT_OPTIONS } from '../dist/esm/options/default-options.js';
import { registryOf } from '../dist/esm/registry/default-registry.js';
import { RegistryLease } from '../dist/esm/registry/registry-lease.js';
import { runInScope } from '../dist/esm/request-scope/request-scope.js';
import { ScopeOpener } from '../dist/esm/request-scope/scope-opener.js';
import { cell, machine, overLaunches, pairedSlices } from './paired-slices.mjs';

const LAUNCHES = Number(process.env.ROUNDS ?? 9);
const PAIRS = Number(process.env.PAIRS ?? 60);
const CLIENTS = ['node:http', 'fetch', 'undici'];
const FILE = fileURLToPath(import.meta.url);
const [, , role, ...args] = process.argv;

if (role === 'server') {
  serve();
} else if (role === 'client') {
  await measure(...args);
} else {
  await compare();
}

function serve() {
  const server = createServer({ keepAliveTimeout: 60_000 }, (_, response) => response.end('ok'));
  server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  process.once('disconnect', () => process.exit());
}

async function compare() {
  const server = fork(FILE, ['server']);
  const [port] = await once(server, 'message');
  console.log(machine());
  const rows = {};
  for (const client of CLIENTS) {
    for (const variant of ['on', 'off']) {
      const launches = [];
      for (let launch = 0; launch < LAUNCHES; launch += 1) {
        const child = fork(FILE, ['client', client, variant, String(port)]);
        const [figures] = await once(child, 'message');
        await once(child, 'exit');
        launches.push(figures);
      }
      const { baseMicros, addedMicros, ratio } = overLaunches(launches);
      rows[variant === 'on' ? client : `${client}, control`] = {
        'without, µs': cell(baseMicros, 1),
        'added, µs': cell(addedMicros, 2),
        ratio: cell(ratio, 3),
      };
    }
  }
  console.table(rows);
  server.disconnect();
}

async function measure(client, variant, port) {
  const lease = new RegistryLease(registryOf(new Registry(), ''));
  const scopes = new ScopeOpener(lease, () => true);
  const logger = { log() {}, warn: (text) => console.error(text) };
  const metrics = new HttpClientMetrics(lease, DEFAULT_HTTP_CLIENT_OPTIONS, scopes, logger);
  const send = sender(client, `http://127.0.0.1:${port}/`);
  const run = async (isOn, sliceMs) => {
    const stop = isOn ? metrics.start() : () => {};
    const startedAt = performance.now();
    const cpu = process.cpuUsage();
    let work = 0;
    let elapsedMs = 0;
    do {
      const scope = scopes.openRequest();
      await runInScope(scope, send);
      scope.end('/');
      work += 1;
      elapsedMs = performance.now() - startedAt;
    } while (elapsedMs < sliceMs);
    const { user, system } = process.cpuUsage(cpu);
    stop();
    return { work, cpuMicros: user + system, elapsedMs };
  };
  const figures = await pairedSlices({ variants: [false, variant === 'on'], run, pairs: PAIRS });
  process.send(figures, () => process.exit());
}

function sender(client, url) {
  if (client === 'fetch') {
    return async () => (await fetch(url)).text();
  }
  if (client === 'undici') {
    return async () => (await undiciRequest(url)).body.text();
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return () =>
    new Promise((resolve, reject) => {
      get(url, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
}
