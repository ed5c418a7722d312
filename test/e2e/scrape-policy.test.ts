import { Controller, Get, Module, type Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { Gauge, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { HyperMetricsModule, MetricsService, type HyperMetricsOptions } from '../../src/index.js';
import { readExposition } from '../support/exposition.js';
import { ask, type HttpAnswer } from '../support/http-client.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { parseOpenMetrics } from '../support/parse-open-metrics.js';
import { getRequest, sendRaw } from '../support/raw-http.js';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const PROMETHEUS_ACCEPT =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const ERRORS = 'hyperdjango_metrics_collector_errors_total';
const DURATION = 'hyperdjango_metrics_scrape_duration_seconds';
const SMALL = '?name[]=hyperdjango_uptime_seconds';
const GZIP = { 'Accept-Encoding': 'gzip' };
const WAIT = { timeoutMs: 60_000, intervalMs: 10 };

@Controller('books')
class BooksController {
  @Get()
  list(): string[] {
    return ['Momo'];
  }
}

function moduleOf(options: HyperMetricsOptions): Type {
  @Module({
    imports: [HyperMetricsModule.forRoot({ runtimeMetrics: false, ...options })],
    controllers: [BooksController],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

/** A metric whose reading waits until it is let go. */
function slowMetric(registry: Registry) {
  let reads = 0;
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  new Gauge({
    name: 'slow',
    help: 'Slow.',
    registers: [registry],
    async collect() {
      reads += 1;
      await gate;
    },
  });
  return { release, reads: () => reads };
}

const bodyOf = ({ headers, body }: HttpAnswer): string =>
  (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();

describe.each(PLATFORMS)('scrapes on %s', (platform) => {
  let target: RunningApplication | undefined;
  afterEach(async () => {
    await target?.close();
    target = undefined;
  });

  async function start(
    endpoint: HyperMetricsOptions['endpoint'] = {},
    registry = new Registry(),
    configure?: Parameters<typeof startApplication>[2],
  ): Promise<string> {
    target = await startApplication(platform, moduleOf({ registry, endpoint }), configure);
    return `${target.url}/metrics`;
  }

  /** Series of ours, besides those that the module has. */
  function makeSeries(count: number): void {
    const gauge = target?.app
      .get(MetricsService)
      .gauge({ name: 'filler', help: 'Filler.', labelNames: ['number'] });
    for (let number = 0; number < count; number += 1) {
      gauge?.set([`${number}`.padStart(60, 'x')], number);
    }
  }

  describe('compression', () => {
    it('gives gzip to those who accept it, with the length of what is sent', async () => {
      const url = await start();
      const zipped = await ask(url, GZIP);
      const plain = await ask(url);

      expect(zipped.headers).toMatchObject({
        'content-encoding': 'gzip',
        'content-type': TEXT,
        'content-length': String(zipped.body.length),
        vary: 'Accept, Accept-Encoding',
      });
      expect(plain.headers).toMatchObject({
        'content-length': String(plain.body.length),
        vary: 'Accept, Accept-Encoding',
      });
      expect(plain.headers['content-encoding']).toBeUndefined();
      expect(zipped.body.length).toBeLessThan(plain.body.length / 2);
      expect([...readExposition(bodyOf(zipped)).keys()]).toEqual([...readExposition(bodyOf(plain)).keys()]);
    });

    it.each([
      ['gzip;q=0', '', 200, undefined],
      ['identity, gzip;q=0.5', '', 200, undefined],
      ['br, *', '', 200, 'gzip'],
      ['gzip', SMALL, 200, undefined],
      ['gzip, identity;q=0', SMALL, 200, 'gzip'],
      ['br, identity;q=0', '', 406, undefined],
      ['*;q=0', SMALL, 406, undefined],
    ])('answers Accept-Encoding "%s" for "%s" with %d and %s', async (accepted, query, status, encoding) => {
      const answer = await ask((await start()) + query, { 'Accept-Encoding': accepted });

      expect(answer.status).toBe(status);
      expect(answer.headers['content-encoding']).toBe(encoding);
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
      expect(answer.headers.vary).toBe('Accept, Accept-Encoding');
      expect(bodyOf(answer)).toContain(status === 200 ? '# TYPE hyperdjango_uptime_seconds gauge\n' : 'gzip');
    });

    it('can be switched off', async () => {
      const url = await start({ compression: false });
      const answer = await ask(url, GZIP);

      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(answer.headers.vary).toBe('Accept');
      expect((await ask(url, { 'Accept-Encoding': 'gzip, identity;q=0' })).status).toBe(406);
    });

    it('answers HEAD with the headers of GET alone', async () => {
      const url = await start();
      const [head, get] = [await ask(url, GZIP, 'HEAD'), await ask(url, GZIP)];

      expect(head.status).toBe(200);
      expect(head.body).toHaveLength(0);
      expect(head.headers['content-encoding']).toBe('gzip');
      expect(Number(head.headers['content-length'])).toBeGreaterThan(100);
      expect(Object.keys(head.headers)).toEqual(Object.keys(get.headers));
    });

    it('adds to the Vary of the application', async () => {
      const url = await start({ openMetrics: true }, new Registry(), (app) =>
        app.enableCors({ origin: ['http://a.test', 'http://b.test'] }),
      );
      const { headers } = await ask(url, { Origin: 'http://a.test' });

      expect(headers.vary).toBe('Origin, Accept, Accept-Encoding');
      expect(headers['access-control-allow-origin']).toBe('http://a.test');
    });

    it('carries a large exposition whole, to several at once', async () => {
      const url = await start();
      makeSeries(2000);
      const answers = await Promise.all([ask(url, GZIP), ask(url), ask(url, GZIP), ask(url)]);

      for (const answer of answers) {
        expect(answer.headers['content-length']).toBe(String(answer.body.length));
        expect(
          [...readExposition(bodyOf(answer)).keys()].filter((name) => name.startsWith('filler{')),
        ).toHaveLength(2000);
      }
    });
  });

  describe('OpenMetrics', () => {
    it('is answered to those who prefer it, when it is switched on', async () => {
      const url = await start({ openMetrics: true });
      const openMetrics = await ask(url, { Accept: PROMETHEUS_ACCEPT });
      const text = await ask(url, { Accept: '*/*' });

      expect(openMetrics.headers).toMatchObject({
        'content-type': OPEN_METRICS,
        vary: 'Accept, Accept-Encoding',
      });
      expect(text.headers).toMatchObject({ 'content-type': TEXT, vary: 'Accept, Accept-Encoding' });
      const series = parseOpenMetrics(openMetrics.body).samples.map(({ name, labels }) => [name, labels]);
      expect(series.length).toBeGreaterThan(20);
      expect(
        bodyOf(text)
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#')),
      ).toHaveLength(series.length);
    });

    it('is not there otherwise', async () => {
      const { headers } = await ask(await start(), { Accept: PROMETHEUS_ACCEPT });

      expect(headers['content-type']).toBe(TEXT);
      expect(headers.vary).toBe('Accept, Accept-Encoding');
    });

    it('comes compressed and filtered as well', async () => {
      const url = `${await start({ openMetrics: true })}?name[]=${ERRORS}&name[]=hyperdjango_http_requests_total`;
      target?.app.get(MetricsService).httpRequestsTotal.inc(['GET', '200']);
      const answer = await ask(url, { Accept: PROMETHEUS_ACCEPT, 'Accept-Encoding': 'gzip, identity;q=0' });

      expect(answer.headers['content-encoding']).toBe('gzip');
      expect(parseOpenMetrics(Buffer.from(bodyOf(answer))).types).toEqual({
        hyperdjango_http_requests: 'counter',
        hyperdjango_metrics_collector_errors: 'counter',
      });
    });
  });

  describe('the limit', () => {
    it('refuses scrapes past it with 503, and serves again afterwards', async () => {
      const registry = new Registry();
      const { release, reads } = slowMetric(registry);
      const url = await start({ maxConcurrentScrapes: 2 }, registry);
      const first = ask(url);
      const second = ask(url);
      await poll(() => reads() > 0, WAIT);
      const refused = await poll(() => isRefused(url), WAIT);
      const { status, headers, body } = await ask(url);
      release();

      expect(refused).toBe(true);
      expect(status).toBe(503);
      expect(headers).toMatchObject({ 'retry-after': '1', 'content-length': String(body.length) });
      expect(body.toString()).toBe('2 scrapes are already under way (endpoint.maxConcurrentScrapes).\n');
      expect([(await first).status, (await second).status]).toEqual([200, 200]);
      expect((await ask(url)).status).toBe(200);
    });

    it('has one reading of collectors for scrapes at the same time', async () => {
      const registry = new Registry();
      const { release, reads } = slowMetric(registry);
      const url = await start({}, registry);
      const answers = Promise.all([ask(url), ask(url, GZIP), ask(`${url}${SMALL}`)]);
      await poll(() => reads() > 0, WAIT);
      // Proof that the others have arrived as well: requests are handled in the order in which they come.
      await ask(url.replace('/metrics', '/books'));
      release();

      expect((await answers).map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(reads()).toBe(1);
    });

    it.each([
      ['one request', 1],
      ['several in a pipeline', 3],
    ])('forgets clients that leave: %s', async (_, count) => {
      const registry = new Registry();
      const { release, reads } = slowMetric(registry);
      const url = await start({ maxConcurrentScrapes: count }, registry);
      const socket = await sendRaw(target?.port ?? 0, getRequest('/metrics').repeat(count));
      await poll(() => reads() > 0, WAIT);
      expect(await poll(() => isRefused(url), WAIT)).toBe(true);
      socket.destroy();
      const accepted = await poll(async () => !(await isRefused(url)), WAIT);
      release();

      expect(accepted).toBe(true);
      expect(await poll(async () => (await ask(url)).status === 200, WAIT)).toBe(true);
    });

    it('counts clients that do not read their answer, and forgets them when they leave', async () => {
      const url = await start({ maxConcurrentScrapes: 1 });
      makeSeries(2000);
      const metrics = target?.app.get(MetricsService);
      for (let family = 0; family < 40; family += 1) {
        const filler = metrics?.gauge({ name: `filler_${family}`, help: 'Filler.', labelNames: ['number'] });
        for (let number = 0; number < 1000; number += 1) {
          filler?.set([`${number}`.padStart(200, 'x')], number);
        }
      }
      const socket = await sendRaw(target?.port ?? 0, getRequest('/metrics'));
      await once(socket, 'readable');

      expect((await ask(url)).status).toBe(503);
      socket.destroy();
      expect(await poll(async () => (await ask(url)).status === 200, WAIT)).toBe(true);
    });
  });

  describe('what goes wrong', () => {
    it('leaves a late metric out, counts it and serves the rest', async () => {
      const registry = new Registry();
      const { release } = slowMetric(registry);
      const url = await start({ collectorTimeoutMs: 1_000 }, registry);
      const scraped = readExposition(bodyOf(await ask(url)));
      release();

      expect(scraped.has('slow')).toBe(false);
      expect(scraped.get('hyperdjango_http_requests_in_flight')).toBe(0);
      const next = readExposition(bodyOf(await ask(url)));
      expect(next.get('slow')).toBe(0);
      expect(next.get(`${ERRORS}{collector="slow"}`)).toBe(1);
    });

    it('answers a scrape that fails as a whole with 500, counts it and lives on', async () => {
      const registry = new Registry();
      const url = await start({}, registry);
      const original = registry.getMetricsAsArray.bind(registry);
      registry.getMetricsAsArray = () => {
        throw new Error('secret');
      };
      const answers = await Promise.all([ask(url), ask(url, GZIP), ask(url, {}, 'HEAD')]);
      registry.getMetricsAsArray = original;

      expect(answers.map(({ status }) => status)).toEqual([500, 500, 500]);
      expect(answers[0]?.body.toString()).toBe('The metrics could not be collected.\n');
      expect(answers[2]?.body).toHaveLength(0);
      const scraped = readExposition(bodyOf(await ask(url)));
      expect(scraped.get(`${ERRORS}{collector="scrape"}`)).toBe(3);
      expect(scraped.get(`${DURATION}_count`)).toBe(0);
    });
  });

  it('are timed, each seen by the next one', async () => {
    const registry = new Registry();
    const { release, reads } = slowMetric(registry);
    const url = await start({}, registry);
    const first = ask(url);
    await poll(() => reads() > 0, WAIT);
    await later(undefined);
    release();
    await first;
    const scraped = readExposition(bodyOf(await ask(url)));

    expect(scraped.get(`${DURATION}_count`)).toBe(1);
    expect(scraped.get(`${DURATION}_bucket{le="0.025"}`)).toBe(0);
    expect(scraped.get(`${DURATION}_sum`)).toBeGreaterThanOrEqual(LATER_MS / 1000 - 0.005);
  });
});

const LATER_MS = 100;

/** Scrapes that are not refused wait for the slow metric. */
function isRefused(url: string): Promise<boolean> {
  return Promise.race([ask(url).then(({ status }) => status === 503), later(false)]);
}

function later<T>(value: T): Promise<T> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(value), LATER_MS);
  });
}

describe('scrapes by inject(), which Fastify has', () => {
  it('are not counted as under way once they are answered', async () => {
    const app = await startApplication(
      'fastify',
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        endpoint: { maxConcurrentScrapes: 1 },
      }),
    );
    const { inject } = app.app.getHttpAdapter().getInstance() as FastifyInstance;
    for (const attempt of ['first', 'second']) {
      const { statusCode, body } = await inject({ url: '/metrics' });
      expect([attempt, statusCode]).toEqual([attempt, 200]);
      expect(body).toContain('hyperdjango_info');
    }
    await app.close();
  });
});
