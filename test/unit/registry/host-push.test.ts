import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOST_CLIENTS } from '../../support/host-clients.js';
import { parseExposition } from '../../support/parse-exposition.js';
import { filledHost } from './host-setup.js';

interface Push {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const RECORDED = { jobs: 3, depth: -2, waits: [0.5, 0.75, 9] };

let gateway: Server;
let url: string;
let pushes: Push[];

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url: path, headers } = request;
  pushes.push({ method, url: path, headers, body: await buffer(request) });
  response.end();
}

beforeEach(async () => {
  pushes = [];
  gateway = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => {
    gateway.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
});

afterEach(async () => {
  gateway.closeAllConnections();
  await new Promise((resolve) => {
    gateway.close(resolve);
  });
});

describe.each(HOST_CLIENTS)('Pushgateway of %s', (_, client) => {
  it('is sent the samples of our own exposition', async () => {
    const { host, scrape } = filledHost(client, RECORDED);
    await new client.Pushgateway(url, {}, host).push({ jobName: 'night run', groupings: { shard: '1' } });
    const [push] = pushes as [Push];
    expect([push.method, push.url]).toEqual(['PUT', '/metrics/job/night%20run/shard/1']);
    expect(push.body.toString()).toBe(await host.metrics());
    expect(parseExposition(push.body)).toEqual(await scrape());
  });

  it('is sent what was recorded between two pushes', async () => {
    const { host, jobs } = filledHost(client, RECORDED);
    const pushgateway = new client.Pushgateway(url, {}, host);
    await pushgateway.pushAdd({ jobName: 'night' });
    jobs.inc(['sms', ''], 10);
    await pushgateway.pushAdd({ jobName: 'night' });
    const sms = pushes.map(
      ({ body }) => parseExposition(body).samples.find(({ labels }) => labels['queue'] === 'sms')?.value,
    );
    expect(sms).toEqual([6, 16]);
    expect(pushes.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  it('is sent the same bytes compressed', async () => {
    const { host, scrape } = filledHost(client, RECORDED);
    const options = { headers: { 'Content-Encoding': 'gzip' } };
    await new client.Pushgateway(url, options, host).push({ jobName: 'night' });
    const [push] = pushes as [Push];
    expect(push.headers['content-encoding']).toBe('gzip');
    expect(parseExposition(gunzipSync(push.body))).toEqual(await scrape());
  });
});
