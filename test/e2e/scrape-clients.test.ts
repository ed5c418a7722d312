import { type CanActivate, type ExecutionContext, UseGuards } from '@nestjs/common';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule, MetricsService, type HyperMetricsOptions } from '../../src/index.js';
import { deferred } from '../support/deferred.js';
import { readExposition } from '../support/exposition.js';
import { ask } from '../support/http-client.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { getRequest, sendRaw } from '../support/raw-http.js';

const WAIT = { timeoutMs: 60_000, intervalMs: 10 };

type PlatformRequest = IncomingMessage & { readonly raw?: IncomingMessage };
type PlatformResponse = ServerResponse & { readonly raw?: ServerResponse };

/** Lets a request through once `settled` is, which may be long after its client has left. */
function guardThatWaits(settled: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>) {
  let passed = 0;
  const guard: CanActivate = {
    async canActivate(context: ExecutionContext) {
      const request = context.switchToHttp().getRequest<PlatformRequest>();
      const response = context.switchToHttp().getResponse<PlatformResponse>();
      if (request.headers['x-wait'] !== undefined) {
        await settled(request.raw ?? request, response.raw ?? response);
        passed += 1;
      }
      return true;
    },
  };
  return { guard, passed: () => passed };
}

describe.each(PLATFORMS)('the clients of scrapes on %s', (platform) => {
  let target: RunningApplication | undefined;
  afterEach(async () => {
    await target?.close();
    target = undefined;
  });

  async function start(
    endpoint: HyperMetricsOptions['endpoint'],
    registry = new Registry(),
  ): Promise<string> {
    target = await startApplication(
      platform,
      HyperMetricsModule.forRoot({ registry, runtimeMetrics: false, endpoint }),
    );
    return `${target.url}/metrics`;
  }

  it('that are gone before a guard has let them through take no place', async () => {
    const { guard, passed } = guardThatWaits((request) => once(request.socket, 'close'));
    const url = await start({ maxConcurrentScrapes: 2, decorators: [UseGuards(guard)] });
    for (const client of [1, 2, 3]) {
      const socket = await sendRaw(target?.port ?? 0, getRequest('/metrics', ['X-Wait: yes']));
      await ask(url.replace('/metrics', '/nothing'));
      socket.destroy();
      expect(await poll(() => passed() === client, WAIT)).toBe(true);
    }
    expect((await ask(url)).status).toBe(200);
  });

  it('that were answered before a guard has let them through take no place', async () => {
    const { guard, passed } = guardThatWaits(async (_, response) => {
      response.writeHead(408).end('too late');
      await once(response, 'close');
    });
    const url = await start({ maxConcurrentScrapes: 2, decorators: [UseGuards(guard)] });
    const sockets: Socket[] = [];
    for (const client of [1, 2, 3]) {
      const socket = await sendRaw(target?.port ?? 0, getRequest('/metrics', ['X-Wait: yes']));
      sockets.push(socket);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toContain('408 Request Timeout');
      expect(await poll(() => passed() === client, WAIT)).toBe(true);
    }
    expect((await ask(url)).status).toBe(200);
    sockets.forEach((socket) => socket.destroy());
  });

  it('that say how long they wait are answered by then, without what is late', async () => {
    const registry = new Registry();
    const gate = deferred();
    new Gauge({ name: 'slow', help: 'Slow.', registers: [registry], collect: () => gate.promise });
    const url = await start({ collectorTimeoutMs: 60_000 }, registry);
    const patient = ask(url);
    const hurried = await ask(url, { 'X-Prometheus-Scrape-Timeout-Seconds': '0.4' });
    gate.resolve();

    expect(hurried.status).toBe(200);
    const inTime = readExposition(hurried.body.toString());
    expect([inTime.get('hyperdjango_http_requests_in_flight'), inTime.has('slow')]).toEqual([0, false]);
    const scraped = readExposition((await patient).body.toString());
    expect(scraped.get('slow')).toBe(0);
    const next = readExposition((await ask(url)).body.toString());
    expect(next.get('hyperdjango_metrics_collector_errors_total{collector="slow"}')).toBe(1);
  });

  it.each([
    ['on connections of their own', 3, 1],
    ['in one pipeline', 1, 60],
  ])(
    'that do not read their answers lose their places to those that do: %s',
    async (_, connections, requests) => {
      const url = await start({ maxConcurrentScrapes: 3 });
      makeLargeExposition();
      const sockets: Socket[] = [];
      for (let connection = 0; connection < connections; connection += 1) {
        const socket = await sendRaw(target?.port ?? 0, getRequest('/metrics').repeat(requests));
        sockets.push(socket);
        await once(socket, 'readable');
      }
      expect((await ask(url)).status).toBe(503);
      expect(await poll(async () => (await ask(url)).status === 200, WAIT)).toBe(true);
      sockets.forEach((socket) => socket.destroy());
    },
  );

  /** More than the buffers of two sockets hold. */
  function makeLargeExposition(): void {
    const metrics = target?.app.get(MetricsService);
    for (let family = 0; family < 40; family += 1) {
      const filler = metrics?.gauge({ name: `filler_${family}`, help: 'Filler.', labelNames: ['number'] });
      for (let number = 0; number < 1000; number += 1) {
        filler?.set([`${number}`.padStart(200, 'x')], number);
      }
    }
  }
});
