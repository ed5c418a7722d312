import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { findFreePort } from '../../sample/src/common/free-port.js';
import {
  HyperMetricsError,
  HyperMetricsModule,
  InvalidValueError,
  MetricsService,
  PushError,
  type PushTarget,
} from '../../src/index.js';
import { LogLines } from '../support/log-lines.js';

type Answer = (response: ServerResponse) => void;

const status =
  (code: number): Answer =>
  (response) =>
    void response.writeHead(code).end('because');
const breakOff: Answer = (response) => void response.destroy();
const sayNothing: Answer = () => {};
const stallInside: Answer = (response) => void response.writeHead(200, { 'Content-Length': 10 }).write('x');

const portOf = (server: Server | undefined): number =>
  (server?.address() as AddressInfo | undefined)?.port ?? 0;

describe('a push', () => {
  let gateway: Server | undefined;
  let app: { close(): Promise<unknown> } | undefined;
  afterEach(async () => {
    await app?.close();
    gateway?.closeAllConnections();
    gateway?.close();
    gateway = undefined;
    app = undefined;
  });

  /** Gives each request the next answer, and the last one to all that follow. */
  async function start(answers: readonly Answer[], pushOnShutdown?: Partial<PushTarget>) {
    const requests: IncomingMessage[] = [];
    gateway = createServer((request, response) => {
      requests.push(request.resume());
      const answer = answers[Math.min(requests.length, answers.length) - 1];
      request.on('end', () => answer?.(response));
    }).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const target = {
      url: `http://shop:hunter2@127.0.0.1:${(gateway.address() as AddressInfo).port}/base/`,
      jobName: 'night',
      timeoutMs: 2_000,
    };
    const logger = new LogLines();
    const context = await NestFactory.createApplicationContext(
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        ...(pushOnShutdown && { pushOnShutdown: { ...target, ...pushOnShutdown } }),
      }),
      { logger, abortOnError: false },
    );
    app = context;
    const metrics = context.get(MetricsService);
    const push = (change: Partial<PushTarget> = {}) => metrics.push({ ...target, ...change });
    return { context, logger, requests, push, metrics };
  }

  it('goes to the gateway’s path with its credentials', async () => {
    const { push, requests } = await start([status(200)]);
    await push({ groupings: { shard: '1' }, headers: { 'X-Tenant': 'shop' } });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: 'PUT', url: '/base/metrics/job/night/shard/1' });
    expect(requests[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('shop:hunter2').toString('base64')}`,
      'x-tenant': 'shop',
    });
  });

  it('goes to no other host, however its path is written, and is compressed where a header says so', async () => {
    const { push, requests } = await start([status(200)]);
    const url = `http://127.0.0.1:${portOf(gateway)}//nowhere.invalid/base`;
    await push({ url, headers: { 'content-encoding': 'gzip' } });
    expect(requests[0]).toMatchObject({ url: '/nowhere.invalid/base/metrics/job/night' });
    expect(requests[0]?.headers).toMatchObject({ 'content-encoding': 'gzip' });
  });

  it.each([
    ['a status of 500', status(500)],
    ['a status of 429', status(429)],
    ['a connection that breaks off', breakOff],
    ['a gateway that says nothing', sayNothing],
    ['an answer that does not end', stallInside],
  ])('is tried again after %s', async (_, answer) => {
    const { push, requests } = await start([answer, answer, status(202)]);
    await push();
    expect(requests).toHaveLength(3);
  });

  it('is given up after its retries, without the credentials', async () => {
    const { push, requests } = await start([status(503)]);
    const error = await push({ retries: 1 }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PushError);
    expect(error).toBeInstanceOf(HyperMetricsError);
    expect((error as Error).message).toMatch(
      /^The metrics of job "night" could not be pushed to http:\/\/127\.0\.0\.1:\d+\/base\/ \(2 attempts\): push failed with status 503, because$/,
    );
    expect((error as Error).message).not.toContain('hunter2');
    expect(requests).toHaveLength(2);
  });

  it.each([301, 308, 400, 401, 404, 413])('is not tried again after a status of %d', async (code) => {
    const { push, requests } = await start([status(code)]);
    await expect(push()).rejects.toThrow(`(one attempt): push failed with status ${code}`);
    expect(requests).toHaveLength(1);
  });

  it('takes no longer than it may', async () => {
    const { push, requests } = await start([sayNothing]);
    const startedAtMs = performance.now();
    await expect(push({ timeoutMs: 1000, retries: 1 })).rejects.toThrow('no answer within 1000 ms');
    const tookMs = performance.now() - startedAtMs;
    // Two attempts of 1000 ms and a wait of 250 ms.
    expect(tookMs).toBeGreaterThan(2240);
    expect(requests).toHaveLength(2);
  });

  it('to where nobody listens says so', async () => {
    const { push } = await start([]);
    const url = `http://127.0.0.1:${await findFreePort()}`;
    await expect(push({ url, retries: 0 })).rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    [{}, 'the target must be an object of url and jobName'],
    [{ url: undefined, jobName: 'a' }, 'url must be the URL of a Pushgateway'],
    [{ url: 'hunter2', jobName: 'a' }, 'url must be the URL of a Pushgateway'],
    [{ url: 'http://hunter2@x', jobName: 'a/b' }, 'jobName must be a non-empty string without "/"'],
    [
      { url: 'http://hunter2@x', jobName: 'a', shard: 1 },
      'shard is unknown; allowed: url, jobName, groupings',
    ],
    [{ url: 'http://hunter2@x', jobName: 'a', groupings: { 'a-b': 'x' } }, 'groupings must be an object'],
  ])('to %j is an error that says what is wrong, and no secret', async (target, message) => {
    const { metrics } = await start([]);
    const error = await metrics.push(target as PushTarget).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(InvalidValueError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).not.toContain('hunter2');
  });

  it('at the end that fails is logged, and the application closes', async () => {
    const { context, logger, requests } = await start([status(500)], { retries: 1 });
    await context.close();
    expect(requests).toHaveLength(2);
    expect(logger.lines.filter((line) => line.includes('pushed'))).toEqual([
      expect.stringMatching(
        /^The metrics of job "night" could not be pushed to .* \(2 attempts\): push failed/,
      ),
    ]);
    expect(logger.lines.join('\n')).not.toContain('hunter2');
  });
});
