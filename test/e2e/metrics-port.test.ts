import type { INestApplicationContext, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Gauge, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule, type HyperMetricsOptions, MetricsService } from '../../src/index.js';
import { readExposition, sumOf } from '../support/exposition.js';
import { ask } from '../support/http-client.js';
import { LogLines } from '../support/log-lines.js';
import { createApplication, PLATFORMS, startApplication } from '../support/platforms.js';
import { exchangeRaw, getRequest, sendRaw } from '../support/raw-http.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WAIT = { timeoutMs: 60_000, intervalMs: 10 };

function moduleOf(options: HyperMetricsOptions = {}, async = false): Type {
  const complete = { registry: new Registry(), runtimeMetrics: false, endpoint: { port: 0 }, ...options };
  @Module({
    imports: [
      async
        ? HyperMetricsModule.forRootAsync({ useFactory: () => complete })
        : HyperMetricsModule.forRoot(complete),
    ],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

const urlOf = (app: INestApplicationContext): string => app.get(MetricsService).endpointUrl ?? 'nowhere';
const portOf = (app: INestApplicationContext): number => Number(new URL(urlOf(app)).port);
const scrape = async (url: string) => readExposition((await ask(url)).body.toString());

/** Servers and their connections that this process has open. */
const openHandles = (): number =>
  process.getActiveResourcesInfo().filter((kind) => /^TCP(Server|Socket)Wrap$/.test(kind)).length;

const closing: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((app) => app.close()));
});

function closeLater<App extends { close(): Promise<unknown> }>(app: App): App {
  closing.push(app);
  return app;
}

describe.each(PLATFORMS)('a port of its own beside an application on %s', (platform) => {
  it.each([false, true])(
    'has the metrics, and the application’s port has none (async: %s)',
    async (async) => {
      const logger = new LogLines();
      const target = closeLater(await startApplication(platform, moduleOf({}, async), () => {}, { logger }));
      const url = urlOf(target.app);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
      expect(portOf(target.app)).not.toBe(target.port);
      expect(logger.lines.filter((line) => line.startsWith('Metrics at'))).toEqual([
        `Metrics at ${url} (prefix hyperdjango_, own port): process, HTTP requests with routes`,
      ]);

      expect((await ask(`${target.url}/metrics`)).status).toBe(404);
      const { status, headers, body } = await ask(url);
      expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
      const exposition = readExposition(body.toString());
      // The 404 is a request of the application's like any other; scrapes are none.
      expect(exposition.get('hyperdjango_http_requests_total{method="GET",status="404"}')).toBe(1);
      expect(sumOf(exposition, 'hyperdjango_http_requests_total')).toBe(1);
    },
  );

  it('closes with the application, with clients of all kinds connected', async () => {
    const before = openHandles();
    const target = await startApplication(platform, moduleOf({}));
    const port = portOf(target.app);
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve, reject) => {
      get(urlOf(target.app), { agent }, (response) => response.resume().on('end', resolve)).on(
        'error',
        reject,
      );
    });
    const sockets = [await sendRaw(port, ''), await sendRaw(port, 'GET /metrics HTTP/1.1\r\nX: ')];
    await target.close();
    expect(target.app.get(MetricsService).endpointUrl).toBeUndefined();
    await expect(ask(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow('ECONNREFUSED');
    agent.destroy();
    sockets.forEach((socket) => socket.destroy());
    expect(await poll(() => openHandles() <= before, WAIT)).toBe(true);
  });

  it('does not exist when switched off', async () => {
    const target = closeLater(await startApplication(platform, moduleOf({ enabled: false })));
    expect(target.app.get(MetricsService).endpointUrl).toBeUndefined();
    expect((await ask(`${target.url}/metrics`)).status).toBe(404);
  });

  it('stops the start when it is taken, and says so', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const app = await createApplication(platform, moduleOf({ endpoint: { port } }));
    await expect(app.init()).rejects.toThrow(
      `The metrics server cannot listen on 127.0.0.1:${port} (EADDRINUSE): the port is in use. ` +
        'Choose another endpoint.port, or stop the server that uses it.',
    );
    await app.close();
    taken.close();
  });
});

describe('a port of its own', () => {
  async function start(options: HyperMetricsOptions = {}, logger: LogLines | false = false) {
    const app = closeLater(
      await NestFactory.createApplicationContext(moduleOf(options), { logger, abortOnError: false }),
    );
    return { app, url: urlOf(app), port: portOf(app) };
  }

  it('is there without HTTP, and in a microservice', async () => {
    const { url } = await start();
    expect((await scrape(url)).get('hyperdjango_uptime_seconds')).toBeGreaterThan(0);

    const service = closeLater(
      await NestFactory.createMicroservice(moduleOf(), {
        transport: Transport.TCP,
        options: { host: '127.0.0.1', port: await findFreePort() },
        logger: false,
        abortOnError: false,
      }),
    );
    await service.listen();
    expect((await scrape(urlOf(service))).get('hyperdjango_uptime_seconds')).toBeGreaterThan(0);
  });

  it('is the one asked for, at the path asked for, on the address asked for', async () => {
    const port = await findFreePort();
    const { url } = await start({ path: '/internal/metrics', endpoint: { port, host: '::1' } });
    expect(url).toBe(`http://[::1]:${port}/internal/metrics`);
    expect((await ask(url)).status).toBe(200);
    await expect(ask(`http://127.0.0.1:${port}/internal/metrics`)).rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    ['203.0.113.1', /\(EADDRNOTAVAIL\): this machine has no such address\. Choose another endpoint\.host\./],
  ])('on %s is an error that says what to do', async (host, message) => {
    await expect(start({ endpoint: { port: 0, host } })).rejects.toThrow(message);
  });

  it('answers 404 elsewhere, 405 to other methods, and HEAD', async () => {
    const { url } = await start();
    for (const path of ['/', '/metrics/', '/METRICS', '/metrics/x', '/%6Detrics']) {
      expect([path, (await ask(new URL(path, url).href)).status]).toEqual([path, 404]);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const { status, headers } = await ask(url, {}, method);
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
    const head = await ask(url, {}, 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(100);
    expect((await scrape(`${url}?name[]=hyperdjango_uptime_seconds`)).size).toBe(1);
  });

  it('keeps the connection of a scraper', async () => {
    const { url } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports: (number | undefined)[] = [];
    for (let round = 0; round < 3; round += 1) {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { agent }, resolve).on('error', reject);
      });
      ports.push(response.socket.localPort);
      expect(response.headers['keep-alive']).toBe('timeout=125');
      await once(response.resume(), 'end');
    }
    agent.destroy();
    expect(new Set(ports).size).toBe(1);
  });

  it('refuses wrong, missing and truncated tokens with 401 and headers over the limit with 431, without a word', async () => {
    const token = 'correct-horse-battery-staple';
    const logger = new LogLines();
    const { url, port } = await start({ endpoint: { port: 0, bearerToken: token } }, logger);
    const before = logger.lines.length;
    for (const given of ['', 'wrong', token.slice(0, -1), `${token}x`]) {
      const headers = given === '' ? {} : { Authorization: `Bearer ${given}` };
      expect((await ask(url, headers)).status).toBe(401);
    }
    const large = getRequest('/metrics', [`Authorization: Bearer ${'x'.repeat(20_000)}`]);
    expect(await exchangeRaw(port, large)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await exchangeRaw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await ask(url, { Authorization: `Bearer ${token}` })).status).toBe(200);
    expect(logger.lines.slice(before)).toEqual([]);
  });

  it('answers beside ten slow-loris clients, who are disconnected in the end', async () => {
    const { url, port } = await start();
    const sockets = await Promise.all(
      Array.from({ length: 10 }, () => sendRaw(port, 'GET /metrics HTTP/1.1\r\nX-Slow: ')),
    );
    const drip = setInterval(() => sockets.forEach((socket) => socket.write('x')), 50);
    for (let round = 0; round < 20; round += 1) {
      expect((await ask(url)).status).toBe(200);
    }
    // How long the answers take: test/servers/alone/slow-clients.
    expect(sockets.filter(({ destroyed }) => destroyed)).toEqual([]);

    sockets.forEach((socket) => socket.resume());
    expect(await poll(() => sockets.every(({ closed }) => closed), WAIT)).toBe(true);
    clearInterval(drip);
  });

  it.each([
    ['as soon as they come', 0, 1001],
    ['while one takes its time', 200, 100],
  ])(
    'answers 1,000 scrapes at once and piles up no work: %s',
    { timeout: 180_000 },
    async (_, waitMs, maxReads) => {
      const registry = new Registry();
      let reads = 0;
      let underWay = 0;
      let most = 0;
      const collect = async (): Promise<void> => {
        reads += 1;
        underWay += 1;
        most = Math.max(most, underWay);
        if (waitMs > 0) await delay(waitMs);
        underWay -= 1;
      };
      new Gauge({ name: 'reads', help: 'Reads.', registers: [registry], collect });
      const { app, url } = await start({ registry, endpoint: { port: 0 } });
      const filler = app.get(MetricsService).gauge({ name: 'filler', help: 'Filler.', labelNames: ['n'] });
      for (let number = 0; number < 1900; number += 1) filler.set([`${number}`], number);

      const answers = await Promise.all(Array.from({ length: 1000 }, () => ask(url)));
      const served = answers.filter(({ status }) => status === 200);
      const refused = answers.filter(
        ({ status, headers }) => status === 503 && headers['retry-after'] === '1',
      );
      expect(served.length + refused.length).toBe(1000);
      expect(served.length).toBeGreaterThan(0);
      expect(served.every(({ body }) => body.length > 30_000)).toBe(true);
      // Whoever comes while one is made shares it, or is turned away.
      expect(most).toBe(1);
      expect(reads).toBeLessThan(maxReads);

      const before = reads;
      expect([(await ask(url)).status, reads]).toEqual([200, before + 1]);
    },
  );

  it('keeps no process alive', { timeout: 180_000 }, async () => {
    const code = `
      import 'reflect-metadata';
      import { NestFactory } from '@nestjs/core';
      import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
      const app = await NestFactory.createApplicationContext(
        HyperMetricsModule.forRoot({ endpoint: { port: 0 } }), { logger: false });
      const response = await fetch(app.get(MetricsService).endpointUrl);
      console.log(response.status, (await response.text()).includes('uptime_seconds'));
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: ROOT });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (output += String(chunk)));
    const tooLong = setTimeout(() => child.kill('SIGKILL'), 120_000);
    const [exitCode] = (await once(child, 'close')) as [number | null];
    clearTimeout(tooLong);
    expect([output.trim(), exitCode]).toEqual(['200 true', 0]);
  });
});
