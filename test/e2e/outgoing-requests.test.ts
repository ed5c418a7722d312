import { channel } from 'node:diagnostics_channel';
import {
  Agent as NodeAgent,
  type ClientRequest,
  createServer,
  get,
  request as nodeRequest,
  type Server,
} from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { Controller, Get, Inject, Module, type Type } from '@nestjs/common';
import { got } from 'got';
import { Registry } from 'prom-client';
import { Agent, Client, fetch as npmFetch, ProxyAgent } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type HttpClientOptions,
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricsService,
} from '../../src/index.js';
import { FailingServer } from '../support/failing-server.js';
import { ask } from '../support/http-client.js';
import { OutgoingRecording } from '../support/outgoing-recording.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';

const CHANNELS = [
  'http.client.request.created',
  'http.client.request.start',
  'http.client.request.error',
  'http.client.response.finish',
  'undici:request:create',
  'undici:request:headers',
  'undici:request:trailers',
  'undici:request:error',
];
const subscribed = (): string[] => CHANNELS.filter((name) => channel(name).hasSubscribers);

let server: FailingServer;
beforeAll(async () => {
  server = await FailingServer.start();
});
afterAll(() => server.close());

const undos: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of undos.splice(0).toReversed()) await undo();
});

function record(options: Partial<HttpClientOptions> = {}): OutgoingRecording {
  const recording = new OutgoingRecording(options as never);
  undos.push(recording.stop);
  return recording;
}

/** Waits for the end of a request that may fail. */
const ended = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => request.on('error', () => {}).on('close', resolve));

const read = async (path: string): Promise<string> => (await fetch(server.url + path)).text();

describe('a body', () => {
  it('that nobody reads is recorded when the connection closes, with the time of its head', async () => {
    const recording = record();
    const startedAt = performance.now();
    const request = get(`${server.url}/ok`);
    const [response] = await once(request, 'response');
    const headAfterMs = performance.now() - startedAt;
    await tick();
    expect(await recording.requests()).toEqual({});
    const closed = once(request, 'close');
    setTimeout(() => server.server.closeAllConnections(), 100);
    await closed;
    expect(response.statusCode).toBe(200);
    expect(await recording.requests()).toEqual({ [`GET ${server.host} 200`]: 1 });
    const [seconds = 1] = Object.values(await recording.seconds());
    expect(seconds).toBeGreaterThan(0);
    expect(seconds * 1000).toBeLessThanOrEqual(headAfterMs);
  });

  it('that no listener could read is recorded at its end', async () => {
    const recording = record();
    nodeRequest(`${server.url}/slow`).end();
    await expect.poll(() => recording.requests()).toEqual({ [`GET ${server.host} 200`]: 1 });
  });

  it('that is read late is recorded when it has been read', async () => {
    const recording = record();
    const [response] = await once(get(`${server.url}/large`), 'response');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await recording.requests()).toEqual({});
    response.resume();
    await expect.poll(() => recording.requests()).toEqual({ [`GET ${server.host} 200`]: 1 });
    const [seconds = 0] = Object.values(await recording.seconds());
    expect(seconds).toBeGreaterThanOrEqual(0.05);
  });

  it('that the application leaves in the middle is recorded as aborted', async () => {
    const recording = record();
    const [response] = await once(get(`${server.url}/half`), 'response');
    response.destroy();
    const cancelled = await fetch(`${server.url}/half`);
    await cancelled.body?.cancel();
    await expect.poll(() => recording.requests()).toEqual({ [`GET ${server.host} aborted`]: 2 });
    expect(await recording.errors()).toEqual({ [`${server.host} ABORT_ERR`]: 2 });
  });

  it('takes the time until its end', async () => {
    const recording = record();
    await read('/slow');
    await expect.poll(() => recording.requests()).toEqual({ [`GET ${server.host} 200`]: 1 });
    const [seconds = 0] = Object.values(await recording.seconds());
    expect(seconds).toBeGreaterThanOrEqual(0.029);
    expect(seconds).toBeLessThan(5);
  });
});

describe('a request', () => {
  it('that never answers is not recorded while it runs, and is collected with its client', async () => {
    const recording = record();
    const request = get(`${server.url}/never`);
    request.on('error', () => {});
    await expect.poll(() => server.visitsOf('/never')).toBeGreaterThan(0);
    expect(await recording.requests()).toEqual({});
    request.destroy();
    await expect.poll(() => recording.requests()).toEqual({ [`GET ${server.host} aborted`]: 1 });
  });

  it('that is destroyed in its event "timeout" is a timeout', async () => {
    const recording = record();
    const request = get(`${server.url}/never`, { timeout: 30 });
    request.on('timeout', () => request.destroy());
    await ended(request);
    expect(await recording.requests()).toEqual({ [`GET ${server.host} error`]: 1 });
    expect(await recording.errors()).toEqual({ [`${server.host} ETIMEDOUT`]: 1 });
  });

  it('that the application sends has no listener of "timeout" that is not its own', async () => {
    const recording = record();
    // As agentkeepalive does: without such a listener, the agent ends silent requests.
    const agent = new NodeAgent({ keepAlive: true, maxSockets: 1, timeout: 30 });
    undos.push(() => agent.destroy());
    for (let request = 0; request < 3; request += 1) {
      const [response] = await once(get(`${server.url}/ok`, { agent }), 'response');
      await once(response.resume(), 'end');
    }
    const request = get(`${server.url}/never`, { agent });
    const [socket] = await once(request, 'socket');
    const listeners = socket.listenerCount('timeout');
    socket.on('timeout', () => {
      if (request.listenerCount('timeout') === 0) {
        socket.destroy(Object.assign(new Error('Socket timeout'), { code: 'ERR_SOCKET_TIMEOUT' }));
      }
    });
    await ended(request);
    expect(await recording.errors()).toEqual({ [`${server.host} ERR_SOCKET_TIMEOUT`]: 1 });
    recording.stop();
    const other = get(`${server.url}/ok`, { agent });
    const [bare] = await once(other, 'socket');
    expect(listeners - bare.listenerCount('timeout')).toBe(1);
    await once(other, 'response');
    other.destroy();
  });

  it('that is destroyed with an error of the application is aborted', async () => {
    const recording = record();
    const request = get(`${server.url}/never`);
    request.on('error', () => {});
    await once(request, 'socket');
    request.destroy(new Error('not needed any more'));
    await ended(request);
    expect(await recording.errors()).toEqual({ [`${server.host} ABORT_ERR`]: 1 });
  });

  it('that is destroyed before it has a socket is aborted', async () => {
    const recording = record();
    const agent = new NodeAgent({ maxSockets: 1 });
    undos.push(() => agent.destroy());
    const first = get(`${server.url}/never`, { agent });
    const [atOnce, waiting] = [get(`${server.url}/ok`), get(`${server.url}/ok`, { agent })];
    const ends = [first, atOnce, waiting].map(ended);
    atOnce.destroy();
    await once(first, 'socket');
    waiting.destroy();
    first.destroy();
    await Promise.all(ends);
    expect(await recording.requests()).toEqual({ [`GET ${server.host} aborted`]: 3 });
    expect(await recording.errors()).toEqual({ [`${server.host} ABORT_ERR`]: 3 });
  });

  it('whose agent has no connection for it is an error', async () => {
    const recording = record();
    const agent = new NodeAgent();
    agent.createConnection = ((_: object, callback: (error: Error) => void) => {
      process.nextTick(callback, new Error('The proxy refuses'));
    }) as never;
    await ended(get(`${server.url}/ok`, { agent }));
    expect(await recording.requests()).toEqual({ [`GET ${server.host} error`]: 1 });
    expect(await recording.errors()).toEqual({ [`${server.host} unknown`]: 1 });
  });

  it.each(['later', 'never'])(
    'that is answered before its upload ends is recorded, if that ends %s',
    async (end) => {
      const recording = record();
      const early = createServer((_, response) => response.writeHead(413).end('too large'));
      await new Promise<void>((resolve) => early.listen(0, '127.0.0.1', resolve));
      undos.push(() => closed(early));
      const { port } = early.address() as { port: number };
      const upload = nodeRequest({ host: '127.0.0.1', port, method: 'POST', agent: false });
      upload.on('error', () => {});
      upload.write('first');
      const [response] = await once(upload, 'response');
      response.resume();
      await once(response, 'end');
      if (end === 'later') upload.end('last');
      else upload.destroy();
      await expect.poll(() => recording.requests()).toEqual({ [`POST 127.0.0.1:${port} 413`]: 1 });
    },
  );

  it('is recorded once for each retry and each redirect', async () => {
    const recording = record();
    await got(`${server.url}/flaky`, {
      retry: { limit: 2, backoffLimit: 1, calculateDelay: ({ computedValue }) => Math.min(computedValue, 1) },
    });
    await read('/redirect');
    await expect
      .poll(() => recording.requests())
      .toEqual({
        [`GET ${server.host} 503`]: 1,
        [`GET ${server.host} 302`]: 1,
        [`GET ${server.host} 200`]: 2,
      });
  });

  it('of Node that is upgraded, or opens a tunnel, is recorded with its status', async () => {
    const recording = record();
    const upgrading = nodeRequest(`${server.url}/`, { headers: { connection: 'Upgrade', upgrade: 'echo' } });
    upgrading.end();
    const [, socket] = await once(upgrading, 'upgrade');
    socket.destroy();
    const connecting = nodeRequest(`${server.url}/`, { method: 'CONNECT', path: 'example.com:443' });
    connecting.end();
    const [, tunnel] = await once(connecting, 'connect');
    tunnel.destroy();
    await expect
      .poll(() => recording.requests())
      .toEqual({
        [`GET ${server.host} 101`]: 1,
        'CONNECT example.com:443 200': 1,
      });
  });

  it('of a host by name has no port where that is the default, and no credentials', async () => {
    const recording = record();
    const lookup = (_: string, __: object, callback: (error: Error) => void): void => {
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    };
    for (const url of [
      'http://Ada:secret@API.example.com/a/b?c=d',
      'https://api.example.com:443/',
      'http://api.example.com:81/',
    ]) {
      const { request } = url.startsWith('https') ? await import('node:https') : await import('node:http');
      const failing = request(url, { lookup: lookup as never, agent: false });
      failing.end();
      await ended(failing);
    }
    expect(await recording.requests()).toEqual({
      'GET api.example.com error': 2,
      'GET api.example.com:81 error': 1,
    });
    expect((await recording.series()).join()).not.toMatch(/secret|Ada|\/a/);
  });

  it('through a proxy has the host of its target', async () => {
    const recording = record();
    const proxy = createServer((request, response) => response.end(request.url));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    undos.push(() => proxy.close());
    const { port } = proxy.address() as { port: number };
    const request = get({
      host: '127.0.0.1',
      port,
      path: 'http://shop.example.com:8080/books',
      headers: { host: 'shop.example.com:8080' },
    });
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
    expect(await recording.requests()).toEqual({ 'GET shop.example.com:8080 200': 1 });
  });

  it('of undici through a tunnel is recorded without the tunnel', async () => {
    const recording = record();
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      const [host = '', port] = (request.url ?? '').split(':');
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      socket.on('error', () => target.destroy());
      target.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as { port: number };
    const dispatcher = new ProxyAgent({ uri: `http://127.0.0.1:${port}`, proxyTunnel: true });
    undos.push(
      () => proxy.close(),
      () => dispatcher.destroy(),
    );
    await (await npmFetch(`${server.url}/ok`, { dispatcher })).text();
    expect(await recording.requests()).toEqual({ [`GET ${server.host} 200`]: 1 });
  });

  it('of undici whose proxy refuses the tunnel is an error', async () => {
    const recording = record();
    const proxy = createServer();
    proxy.on('connect', (_, socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as { port: number };
    const dispatcher = new ProxyAgent({ uri: `http://127.0.0.1:${port}`, proxyTunnel: true });
    undos.push(
      () => proxy.close(),
      () => dispatcher.destroy(),
    );
    await expect(npmFetch(`${server.url}/ok`, { dispatcher })).rejects.toThrow('fetch failed');
    expect(await recording.requests()).toEqual({ [`GET ${server.host} error`]: 1 });
    expect(await recording.errors()).toEqual({ [`${server.host} UND_ERR_ABORTED`]: 1 });
  });

  it('of undici whose client is destroyed is aborted', async () => {
    const recording = record();
    const client = new Client(server.url);
    const before = server.visitsOf('/never');
    const failure = client.request({ method: 'GET', path: '/never' }).catch(String);
    await expect.poll(() => server.visitsOf('/never')).toBeGreaterThan(before);
    await client.destroy();
    expect(await failure).toContain('destroyed');
    expect(await recording.requests()).toEqual({ [`GET ${server.host} aborted`]: 1 });
  });

  it('through a Unix domain socket has a fixed host', async () => {
    const recording = record();
    const folder = mkdtempSync(join(tmpdir(), 'outgoing-'));
    const local = createServer((_, response) => response.end('local'));
    const socketPath = join(folder, 'server.sock');
    await new Promise<void>((resolve) => local.listen(socketPath, resolve));
    undos.push(
      () => rmSync(folder, { recursive: true, force: true }),
      () => closed(local),
    );
    const request = get({ socketPath, path: '/' });
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
    expect(await recording.requests()).toEqual({ 'GET <unix-socket> 200': 1 });
  });

  it('with an unknown method has the method UNKNOWN', async () => {
    const recording = record();
    const client = new Client(server.url);
    undos.push(() => client.destroy());
    await (await client.request({ method: 'BREW', path: '/ok' })).body.dump();
    await expect.poll(() => recording.requests()).toEqual({ [`UNKNOWN ${server.host} 400`]: 1 });
  });

  it('on a connection that is kept is recorded like the first one', async () => {
    const recording = record();
    const dispatcher = new Agent({ connections: 1 });
    undos.push(() => dispatcher.destroy());
    for (let request = 0; request < 5; request += 1) {
      await (await npmFetch(`${server.url}/ok`, { dispatcher })).text();
    }
    expect(await recording.requests()).toEqual({ [`GET ${server.host} 200`]: 5 });
  });
});

const closed = (closing: Server): Promise<unknown> =>
  new Promise((resolve) => {
    closing.close(resolve);
    closing.closeAllConnections();
  });

describe('the options', () => {
  it('ignore hosts, patterns and requests by predicate, and survive a predicate that fails', async () => {
    const seen: object[] = [];
    const recording = record({
      ignore: [
        (request) => {
          seen.push(request);
          return request.path.startsWith('/missing');
        },
        ({ path }) => {
          if (path === '/broken') throw new Error('no');
          return 'yes' as never;
        },
      ],
    });
    await read('/missing?a=b');
    await read('/broken');
    expect(seen[0]).toEqual({ method: 'GET', host: server.host, path: '/missing?a=b' });
    await expect.poll(() => recording.requests()).toEqual({ [`GET ${server.host} 500`]: 1 });
    expect(recording.warnings).toHaveLength(1);
    const byHost = record({ ignore: ['127.0.0.1'] });
    await read('/ok');
    expect(await byHost.series()).toEqual([]);
  });

  it('bound the hosts: further ones are other', async () => {
    const recording = record({ maxHosts: 1 });
    const second = await FailingServer.start();
    undos.push(() => second.close());
    await read('/ok');
    await (await fetch(`${second.url}/ok`)).text();
    await expect
      .poll(() => recording.requests())
      .toEqual({
        [`GET ${server.host} 200`]: 1,
        'GET other 200': 1,
      });
  });

  it('export failures at 0 from the first request to a host on', async () => {
    const recording = record();
    await read('/ok');
    await expect
      .poll(async () => (await recording.series()).toSorted())
      .toEqual([`GET ${server.host} 200`, `GET ${server.host} error`]);
  });
});

describe('the channels', () => {
  it('have no subscriber while nothing records, and none after the last one has stopped', () => {
    expect(subscribed()).toEqual([]);
    const one = record();
    const other = record();
    expect(subscribed()).toEqual(CHANNELS);
    one.stop();
    expect(subscribed()).toEqual(CHANNELS);
    other.stop();
    other.stop();
    expect(subscribed()).toEqual([]);
  });

  it('survive messages of other code', async () => {
    const recording = record();
    for (const name of CHANNELS) {
      for (const message of [
        undefined,
        null,
        7,
        {},
        { request: null },
        { request: {} },
        { request: Object.freeze({ method: 1, path: 2 }) },
      ]) {
        channel(name).publish(message);
      }
    }
    await read('/ok');
    await expect.poll(async () => (await recording.requests())[`GET ${server.host} 200`]).toBe(1);
    expect(recording.warnings).toHaveLength(1);
  });

  it('record nothing after the stop, also of requests that began before', async () => {
    const recording = record();
    const slow = read('/slow');
    const [response] = await once(get(`${server.url}/slow`), 'response');
    response.resume();
    recording.stop();
    await Promise.all([slow, once(response, 'end')]);
    expect(await recording.requests()).toEqual({});
  });
});

let outgoingPath = '/ok';

@Controller()
class CallsController {
  constructor(@Inject(MetricsService) private readonly metrics: MetricsService) {}

  @Get('one/:id')
  async one(): Promise<string> {
    return read(outgoingPath);
  }

  @Get('both')
  async both(): Promise<string[]> {
    return Promise.all([read('/slow'), got(`${server.url}/slow`).text()]);
  }

  @Get('careless')
  careless(): string {
    setTimeout(() => void read('/slow'), 20);
    return 'sent later';
  }

  @Get('unread')
  async work(): Promise<string> {
    return this.metrics.unitOfWork('nightly import', () => read('/slow'));
  }

  @Get('none')
  none(): string {
    return 'none';
  }
}

function moduleOf(options: HyperMetricsOptions): Type {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, ...options })],
    controllers: [CallsController],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

describe.each(PLATFORMS)('applications on %s', (platform) => {
  async function start(options: HyperMetricsOptions): Promise<RunningApplication> {
    const target = await startApplication(platform, moduleOf(options));
    let open = true;
    const close = async (): Promise<void> => {
      if (open) {
        open = false;
        await target.close();
      }
    };
    undos.push(close);
    return { ...target, close };
  }

  async function seriesOf(target: RunningApplication): Promise<Record<string, number>> {
    return parseExposition(await target.app.get(MetricsService).collect()).series;
  }

  const routeKey = (route: string): string =>
    seriesKey('hyperdjango_http_route_outgoing_seconds_total', { route });
  const countKey = (status: string): string =>
    seriesKey('hyperdjango_http_client_request_duration_seconds_count', {
      method: 'GET',
      host: server.host,
      status,
    });

  /** Ends when all that was begun is counted: the requests of the tests themselves are those of no route. */
  const visit = async (target: RunningApplication, path: string): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      get(target.url + path, { agent: false }, (response) => response.resume().on('end', resolve)).on(
        'error',
        reject,
      );
    });
  };

  it('count the time of outgoing requests for the route whose code sends them', async () => {
    const target = await start({ httpClient: { ignore: [/^127\.0\.0\.1:(?!0)/] } });
    expect((await seriesOf(target))[routeKey('<background>')]).toBe(0);
    await target.close();

    const recorded = await start({
      httpClient: { ignore: [({ path }) => /^\/(one|both|careless|unread|none)/.test(path)] },
    });
    await visit(recorded, '/one/1');
    await visit(recorded, '/one/2');
    await visit(recorded, '/both');
    await visit(recorded, '/unread');
    await visit(recorded, '/none');
    await expect.poll(async () => (await seriesOf(recorded))[routeKey('/both')] ?? 0).toBeGreaterThan(0.058);
    const series = await seriesOf(recorded);
    expect(series[routeKey('/one/:id')]).toBeGreaterThan(0);
    expect(series[routeKey('nightly import')]).toBeGreaterThan(0.029);
    expect(series[routeKey('/unread')] ?? 0).toBe(0);
    expect(series[routeKey('/none')] ?? 0).toBe(0);
    expect(series[routeKey('<background>')]).toBe(0);
    expect(series[countKey('200')]).toBe(5);
  });

  it('count requests that are sent after the response as those of no route', async () => {
    const target = await start({ httpClient: { ignore: [({ path }) => path === '/careless'] } });
    await visit(target, '/careless');
    await expect
      .poll(async () => (await seriesOf(target))[routeKey('<background>')] ?? 0)
      .toBeGreaterThan(0.029);
    expect((await seriesOf(target))[routeKey('/careless')] ?? 0).toBe(0);
  });

  it('record their own requests only, and each once', async () => {
    const ignore = [({ path }: { path: string }) => path.startsWith('/one')];
    const first = await start({ httpClient: { ignore } });
    const second = await start({ httpClient: { ignore } });
    const without = await start({});
    outgoingPath = '/missing';
    for (let request = 0; request < 3; request += 1) await visit(first, '/one/1');
    for (let request = 0; request < 2; request += 1) await visit(second, '/one/1');
    await visit(without, '/one/1');
    outgoingPath = '/ok';
    await expect.poll(async () => (await seriesOf(first))[countKey('404')]).toBe(3);
    expect((await seriesOf(second))[countKey('404')]).toBe(2);
    expect((await seriesOf(without))[countKey('404')]).toBeUndefined();
    await read('/missing');
    await expect.poll(async () => (await seriesOf(first))[countKey('404')]).toBe(4);
    expect((await seriesOf(second))[countKey('404')]).toBe(2);
    await first.close();
    await read('/missing');
    await expect.poll(async () => (await seriesOf(second))[countKey('404')]).toBe(3);
  });

  it('on one registry add up, and count nothing twice', async () => {
    const registry = new Registry();
    const first = await start({ registry, httpClient: true });
    const second = await start({ registry, httpClient: true });
    await visit(first, '/one/1');
    await visit(second, '/one/1');
    await expect.poll(async () => (await seriesOf(first))[countKey('200')]).toBe(2);
  });

  it('give the durations and errors of outgoing requests the trace of the code that sends them', async () => {
    const target = await start({
      httpClient: { ignore: [({ path }) => path === '/one/1'] },
      exemplars: () => ({ trace_id: 'the-trace' }),
    });
    outgoingPath = '/hang-up';
    await visit(target, '/one/1');
    outgoingPath = '/ok';
    const accept = 'application/openmetrics-text; version=1.0.0';
    const { body } = await ask(`${target.url}/metrics`, { accept });
    const lines = body.toString().split('\n');
    const traced = lines.filter((line) => line.includes('http_client') && line.includes('the-trace'));
    expect(traced.map((line) => /^hyperdjango_(\w+)/.exec(line)?.[1])).toEqual([
      'http_client_request_duration_seconds_bucket',
      'http_client_errors_total',
    ]);
  });

  it('never record a push of theirs', async () => {
    const target = await start({ httpClient: true });
    const service = target.app.get(MetricsService);
    await service.push({ url: server.url, jobName: 'test', retries: 0, timeoutMs: 200 }).catch(() => {});
    expect(server.visitsOf('/metrics/job/test')).toBeGreaterThan(0);
    expect(
      Object.keys(await seriesOf(target)).filter((key) =>
        key.includes('http_client_request_duration_seconds_count'),
      ),
    ).toEqual([]);
  });

  it('subscribe to no channel without the option, and to none after they have closed', async () => {
    const without = await start({});
    expect(subscribed()).toEqual([]);
    expect(Object.keys(await seriesOf(without)).filter((key) => /http_client|outgoing/.test(key))).toEqual(
      [],
    );
    const target = await start({ httpClient: true });
    expect(subscribed()).toEqual(CHANNELS);
    await target.close();
    expect(subscribed()).toEqual([]);
    const disabled = await start({ enabled: false, httpClient: true });
    expect(subscribed()).toEqual([]);
    await disabled.close();
  });
});

describe('impossible options', () => {
  it.each([
    [{ maxHosts: 0 }, 'httpClient.maxHosts'],
    [{ ignore: ['https://api.example.com/'] }, 'httpClient.ignore'],
    [{ ignore: ['Ada:secret@api.example.com'] }, 'httpClient.ignore'],
    [{ buckets: [2, 1] }, 'httpClient.buckets'],
    [{ host: true }, 'httpClient.host'],
    ['yes', 'httpClient'],
  ])('%j stop the start with the name of the option', (httpClient, name) => {
    expect(() => HyperMetricsModule.forRoot({ httpClient: httpClient as never })).toThrow(name);
  });
});
