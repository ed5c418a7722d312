// What `httpClient: true` adds to an outgoing request: node bench/http-client.mjs
//
// A request over the loopback interface takes 50 µs and more, and differs from launch to launch by more than what is measured here. So
// the requests are made without a network: Node's own request objects, and the messages that Node and undici publish about them, within the
// scope of a request. Each variant is launched afresh in every round, in random order.
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { IncomingMessage, request as nodeRequest } from 'node:http';
import { Socket } from 'node:net';
import { Registry } from 'prom-client';
import { HttpClientMetrics } from '../dist/esm/http-client/http-client-metrics.js';
import { DEFAULT_HTTP_CLIENT_OPTIONS } from '../dist/esm/options/default-options.js';
import { registryOf } from '../dist/esm/registry/default-registry.js';
import { RegistryLease } from '../dist/esm/registry/registry-lease.js';
import { runInScope } from '../dist/esm/request-scope/request-scope.js';
import { ScopeOpener } from '../dist/esm/request-scope/scope-opener.js';
import { launch, measureInRounds, median, table } from './rounds.mjs';

const CLIENTS = ['node:http', 'undici'];
const WARM_UP = 40_000;
const REQUESTS = 20_000;
const SLICES = 15;
const [, , client, variant] = process.argv;

if (client === undefined) {
  await compare();
} else {
  measure();
}

async function compare() {
  const variants = CLIENTS.flatMap((name) => ['off', 'on'].map((state) => `${name} ${state}`));
  const times = await measureInRounds(variants, async (key) => {
    const child = launch('http-client.mjs', ...key.split(' '));
    const exited = once(child, 'exit');
    const [micros] = await once(child, 'message');
    await exited;
    return micros;
  });
  console.log(`Node ${process.versions.node}, CPU µs per request, without network`);
  console.table(table(times));
  for (const name of CLIENTS) {
    const added = median(times[`${name} on`]) - median(times[`${name} off`]);
    console.log(`${name}: ${added.toFixed(2)} µs added`);
  }
}

function measure() {
  const lease = new RegistryLease(registryOf(new Registry(), ''));
  const scopes = new ScopeOpener(lease, () => true);
  if (variant === 'on') {
    const logger = { log() {}, warn: (text) => console.error(text) };
    new HttpClientMetrics(lease, DEFAULT_HTTP_CLIENT_OPTIONS, scopes, logger).start();
  }
  const send = client === 'undici' ? undiciSender() : nodeSender();
  runInScope(scopes.openRequest(), () => {
    repeat(send, WARM_UP);
    const slices = Array.from({ length: SLICES }, () => {
      const before = process.cpuUsage();
      repeat(send, REQUESTS);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / REQUESTS;
    });
    process.send(median(slices), () => process.exit());
  });
}

function repeat(work, times) {
  for (let count = 0; count < times; count += 1) work();
}

function publish(target, message) {
  if (target.hasSubscribers) target.publish(message());
}

/** Node publishes the creation itself, from 22.12 on. */
function nodeSender() {
  const agent = { addRequest() {}, defaultPort: 80, protocol: 'http:', options: {} };
  const socket = new Socket();
  const started = channel('http.client.request.start');
  const answered = channel('http.client.response.finish');
  return () => {
    const request = nodeRequest({ host: '127.0.0.1', port: 3000, path: '/', agent });
    const response = new IncomingMessage(socket);
    response.statusCode = 200;
    request.res = response;
    publish(started, () => ({ request }));
    publish(answered, () => ({ request, response }));
    response.emit('end');
    request.emit('close');
  };
}

function undiciSender() {
  const created = channel('undici:request:create');
  const answered = channel('undici:request:headers');
  const ended = channel('undici:request:trailers');
  return () => {
    const request = { method: 'GET', origin: 'http://127.0.0.1:3000', path: '/', upgrade: null, headers: [] };
    publish(created, () => ({ request }));
    publish(answered, () => ({ request, response: { statusCode: 200, headers: [], statusText: 'OK' } }));
    publish(ended, () => ({ request, trailers: [] }));
  };
}
