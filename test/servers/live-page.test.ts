import {
  Controller,
  Get,
  HttpCode,
  InternalServerErrorException,
  Module,
  Param,
  type Type,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EmbeddedPostgres } from '../../sample/src/database/embedded-postgres.js';
import { type EndpointOptions, HyperMetricsModule, MetricsService } from '../../src/index.js';
import {
  findBarriers,
  findMissingBrowser,
  launchBrowser,
  openPage,
  type WatchedPage,
} from '../support/browser.js';
import { aside } from '../support/cached-statements.js';
import { ClusterProcess } from '../support/cluster-process.js';
import { type Exposition, readExposition, sumOf } from '../support/exposition.js';
import { ask } from '../support/http-client.js';
import { laterClock } from '../support/later-clock.js';
import { type Platform, startApplication } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { isSkipped } from '../support/skipped.js';

/** Where screenshots are kept, for people to look at. */
const SCREENSHOTS = process.env['LIVE_PAGE_SCREENSHOTS'];
const HOSTILE = `<img src=x onerror="document.title='hacked'"> \u202E </script> &amp;`;

@Controller()
class ShopController {
  constructor(
    private readonly database: DataSource,
    private readonly metrics: MetricsService,
  ) {}

  @Get('books/:id')
  book(@Param('id') id: string): Promise<unknown> {
    return this.database.query('SELECT $1::int AS id', [Number(id)]);
  }

  @Get('broken')
  @HttpCode(500)
  broken(): never {
    throw new InternalServerErrorException();
  }

  @Get('hostile')
  async hostile(): Promise<string> {
    await this.database.query(`SELECT pg_sleep(0.15) AS "${HOSTILE.replaceAll('"', "'")}", 'hunter2'`);
    await this.metrics.unitOfWork(HOSTILE, async () => {
      for (let index = 0; index < 6; index += 1) {
        await this.database.query('SELECT id AS "<b>name</b>" FROM note WHERE id = $1', [index]);
      }
    });
    return 'ok';
  }

  @Get('hold')
  async hold(): Promise<string> {
    const runner = this.database.createQueryRunner();
    await runner.query('SELECT 1');
    setTimeout(() => void runner.release(), 8000).unref();
    return 'held';
  }
}

const missing = findMissingBrowser();

describe.skipIf(isSkipped('the live page in a browser', missing))('the live page in a browser', () => {
  let browser: Browser;
  let postgres: EmbeddedPostgres;
  const open: { close(): unknown }[] = [];

  beforeAll(async () => {
    [browser, postgres] = await Promise.all([launchBrowser(), startPostgres()]);
    await aside(postgres.url, 'CREATE TABLE note (id int)');
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    for (const one of open.splice(0).toReversed()) {
      await one.close();
    }
  });

  afterAll(async () => {
    await browser?.close();
    await postgres?.stop();
  });

  function moduleOf(endpoint: EndpointOptions): Type {
    @Module({
      imports: [
        HyperMetricsModule.forRoot({
          registry: new Registry(),
          performance: { statements: true },
          statementCache: true,
          pools: { leakThresholdMs: 2000 },
          endpoint: { page: true, ...endpoint },
        }),
        TypeOrmModule.forRoot({ type: 'postgres', url: postgres.url, extra: { max: 7 } }),
      ],
      controllers: [ShopController],
    })
    class ShopModule {}
    return ShopModule;
  }

  async function start(platform: Platform, endpoint: EndpointOptions = {}) {
    const target = await startApplication(platform, moduleOf(endpoint));
    open.push(target);
    return {
      url: target.url,
      scrapeUrl: target.app.get(MetricsService).endpointUrl ?? `${target.url}/metrics`,
    };
  }

  async function look(scrapeUrl: string, options = {}): Promise<WatchedPage> {
    const watched = await openPage(browser, `${scrapeUrl}/live`, options);
    open.push(watched.page.context());
    return watched;
  }

  async function visit(url: string): Promise<void> {
    for (let id = 0; id < 12; id += 1) {
      await ask(`${url}/books/${id}`);
    }
    await ask(`${url}/broken`);
    await ask(`${url}/nowhere`);
  }

  const totalOf = (page: Page, tile: string): Promise<number> =>
    page
      .locator('.tile', { hasText: tile })
      .locator('.total')
      .textContent()
      .then((text) => numberIn(text));

  it.each([
    ['express', undefined],
    ['fastify', undefined],
    ['express', { port: 0, basicAuth: { username: 'ops', password: 'secret' } }],
    ['fastify', { basicAuth: { username: 'ops', password: 'secret' } }],
  ] as const)('has the numbers of a scrape, on %s with %j', async (platform, endpoint) => {
    const { url, scrapeUrl } = await start(platform, endpoint);
    const credentials = endpoint && { httpCredentials: { username: 'ops', password: 'secret' } };
    const { page, problems, requests } = await look(scrapeUrl, credentials);
    await visit(url);

    const authorization = endpoint && {
      Authorization: `Basic ${Buffer.from('ops:secret').toString('base64')}`,
    };
    const scraped = readExposition((await ask(scrapeUrl, authorization)).body.toString());
    const requestsTotal = sumOf(scraped, 'hyperdjango_http_requests_total');
    expect(requestsTotal).toBe(14);
    await vi.waitFor(async () => expect(await totalOf(page, 'Requests')).toBe(requestsTotal));
    await vi.waitFor(async () => expect(await totalOf(page, 'Errors')).toBe(errorsOf(scraped)));
    expect(await routesOf(page)).toEqual(routeTotalsOf(scraped));
    expect(await valuesOf(page, 'Database pool')).toMatchObject({
      capacity: scraped.get('hyperdjango_db_pool_total'),
      'in use': scraped.get('hyperdjango_db_pool_in_use'),
      waiting: scraped.get('hyperdjango_db_pool_waiting'),
    });
    const facts = (await page.locator('#facts').textContent()) ?? '';
    expect(facts).toContain(`Node.js${process.versions.node}`);
    expect(facts).toContain(`Queries${scraped.get('hyperdjango_db_queries_total')}`);

    expect(problems).toEqual([]);
    const { origin } = new URL(scrapeUrl);
    expect(requests.filter((address) => !address.startsWith('data:'))).toEqual([
      `${origin}/metrics/live`,
      `${origin}/metrics/live/feed`,
    ]);
  });

  it('has the numbers of all processes of a cluster', async () => {
    const cluster = await ClusterProcess.start(3, true, { page: true });
    open.push({ close: () => cluster.stop() });
    const workers = [...cluster.workers.values()];
    for (const { scrapeUrl } of workers) {
      for (let index = 0; index < 4; index += 1) {
        await ask(scrapeUrl.replace('/metrics', '/work'));
      }
    }
    const [worker] = workers;
    const { page, problems } = await look(worker?.scrapeUrl ?? '');
    await vi.waitFor(async () => expect(await totalOf(page, 'Requests')).toBe(12));
    expect(await page.locator('#facts').textContent()).toContain('Processes3');

    cluster.signal(workers[1]?.id ?? 0, 'SIGSTOP');
    await vi.waitFor(async () =>
      expect(await page.locator('#status').textContent()).toMatch(
        /^Missing: present metrics of other processes since \d/,
      ),
    );
    cluster.signal(workers[1]?.id ?? 0, 'SIGCONT');
    await vi.waitFor(async () => expect(await page.locator('#status').textContent()).toBe('Live'));
    expect(problems).toEqual([]);
  });

  it('moves, stops at the button, and goes on', async () => {
    const { url, scrapeUrl } = await start('express');
    const { page } = await look(scrapeUrl);
    await visit(url);
    const picture = (): Promise<string> =>
      page.evaluate(`document.querySelector('figure canvas').toDataURL()`);
    await vi.waitFor(async () => expect(await totalOf(page, 'Requests')).toBe(14));
    const first = await picture();
    await vi.waitUntil(async () => (await picture()) !== first);

    const pause = page.getByRole('button', { name: 'Pause' });
    await pause.focus();
    await page.keyboard.press('Space');
    expect(await page.locator('#status').textContent()).toMatch(/^Paused at \d/);
    // What was drawn is on the screen with the next frame.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const paused = await picture();
    await visit(url);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await picture()) === paused).toBe(true);
    expect(await totalOf(page, 'Requests')).toBe(14);
    await page.getByRole('button', { name: 'Resume' }).click();
    await vi.waitFor(async () => expect(await totalOf(page, 'Requests')).toBe(28));
  });

  it('goes on by itself when the service is away for a while', async () => {
    const first = await startApplication('express', moduleOf({ port: 0 }));
    const scrapeUrl = first.app.get(MetricsService).endpointUrl ?? '';
    const { page } = await look(scrapeUrl);
    await visit(first.url);
    await vi.waitFor(async () => expect(await totalOf(page, 'Requests')).toBe(14));
    await first.close();
    // With the time of the values that are still shown.
    await vi.waitFor(async () =>
      expect(await page.locator('#status').textContent()).toBe(
        `No connection since ${await page.locator('#latest').textContent()}. Trying again`,
      ),
    );
    const again = await startApplication('express', moduleOf({ port: Number(new URL(scrapeUrl).port) }));
    open.push(again);
    await ask(`${again.url}/books/1`);
    await vi.waitFor(async () => expect(await totalOf(page, 'Requests')).toBe(1));
    expect(await page.locator('#status').textContent()).toBe('Live');
  });

  it('asks for its feed again after a minute, says nothing of it, and says why it is refused', async () => {
    let mayLook = true;
    const later = laterClock();
    const { url, scrapeUrl } = await start('fastify', { guards: [{ canActivate: () => mayLook }] });
    const { page, requests } = await look(scrapeUrl);
    const feeds = (): number => requests.filter((address) => address.endsWith('/feed')).length;
    const status = (): Promise<string | null> => page.locator('#status').textContent();
    await vi.waitFor(async () => expect(await status()).toBe('Live'));
    await page.evaluate(`window.said = [];
      new MutationObserver(() => said.push(document.getElementById('status').textContent))
        .observe(document.getElementById('status'), { childList: true, characterData: true, subtree: true });`);
    later.add(60_000);
    await vi.waitFor(() => expect(feeds()).toBe(2));
    await visit(url);
    await vi.waitFor(async () => expect(await totalOf(page, 'Requests')).toBe(14));
    expect(await page.evaluate('window.said')).toEqual([]);

    mayLook = false;
    later.add(60_000);
    await vi.waitFor(async () =>
      expect(await status()).toMatch(/^No connection since \S+ ?\S*: .*Forbidden/),
    );
  });

  it('says that a proxy holds its feed back', async () => {
    const { scrapeUrl } = await start('express');
    const proxy = createServer((incoming, outgoing) => {
      const headers = { ...incoming.headers, host: new URL(scrapeUrl).host };
      get(new URL(incoming.url ?? '', scrapeUrl), { headers }, (response) => {
        const isFeed = incoming.url?.endsWith('/feed') === true;
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        outgoing.flushHeaders();
        if (isFeed) {
          response.resume();
          outgoing.once('close', () => response.destroy());
        } else {
          response.pipe(outgoing);
        }
      });
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    open.push({ close: () => proxy.close().closeAllConnections() });
    const { page } = await look(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/metrics`);
    await vi.waitFor(async () =>
      expect(await page.locator('#status').textContent()).toContain('A proxy may hold the feed back'),
    );
  });

  it('shows hostile statements and names as text, and no values', async () => {
    const { url, scrapeUrl } = await start('fastify');
    const { page, problems } = await look(scrapeUrl);
    const title = await page.title();
    await ask(`${url}/hostile`);
    await ask(`${url}/hold`);
    const section = (name: string) => page.locator('#tables > section', { hasText: name });
    await vi.waitFor(async () => {
      expect(await section('Slow queries').locator('tbody').textContent()).toContain('<img src=x onerror=');
      expect(await section('N+1 queries').locator('tbody').textContent()).toContain('<img src=x onerror=');
      expect(await section('Connections held now').locator('tbody').textContent()).toContain('suspected');
    });
    const patterns = (await section('N+1 queries').locator('tbody').textContent()) ?? '';
    expect(patterns).toContain('<b>name</b>');
    expect(patterns).toMatch(/test\/servers\/live-page\.test\.ts:\d+:\d+/);
    expect(await page.locator('#tables img, #tables b').count()).toBe(0);
    expect(await page.content()).not.toContain('hunter2');
    expect(await page.content()).not.toContain('\u202E');
    expect(await page.title()).toBe(title);
    expect(problems).toEqual([]);
  });

  it.each([
    ['light', 1440, 900],
    ['dark', 1440, 900],
    ['light', 360, 740],
    ['dark', 360, 740],
    ['dark', 3840, 2160],
  ] as const)('has no barriers and does not overflow, %s at %i × %i', async (colorScheme, width, height) => {
    const { url, scrapeUrl } = await start('express');
    const { page, problems } = await look(scrapeUrl, { colorScheme, viewport: { width, height } });
    await ask(`${url}/hostile`);
    for (let second = 0; second < 6; second += 1) {
      await visit(url);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    await vi.waitFor(async () => expect(await totalOf(page, 'Requests')).toBe(85));
    if (SCREENSHOTS !== undefined) {
      mkdirSync(SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: `${SCREENSHOTS}/${colorScheme}-${width}.png`, fullPage: true });
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(await findBarriers(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  it('can be used by keys', async () => {
    const { url, scrapeUrl } = await start('express');
    const { page } = await look(scrapeUrl);
    for (let second = 0; second < 3; second += 1) {
      await visit(url);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    const chart = page.getByRole('slider', { name: 'Requests by status: time' });
    await chart.focus();
    const textOf = () => chart.getAttribute('aria-valuetext');
    await vi.waitFor(async () => expect(await textOf()).toContain('2xx'));
    await page.keyboard.press('Home');
    const first = await textOf();
    await page.keyboard.press('ArrowRight');
    await vi.waitFor(async () => expect(await textOf()).not.toBe(first));
    expect(await page.locator('figure', { hasText: 'Latency' }).locator('.time').textContent()).toMatch(/\d/);
    await page.keyboard.press('Escape');
    expect(await page.locator('figure', { hasText: 'Latency' }).locator('.time').textContent()).toBe('');

    const routes = page.getByRole('region', { name: 'Routes: table' });
    await routes.getByRole('button', { name: 'Route' }).focus();
    await page.keyboard.press('Enter');
    expect(await routes.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
    const names = await routes.locator('tbody th').allTextContents();
    expect(names).toEqual(['GET /books/:id', 'GET /broken', 'GET <unmatched>']);
    await page.keyboard.press('Enter');
    expect(await routes.locator('tbody th').allTextContents()).toEqual(names.toReversed());
  });
});

function numberIn(text: string | null): number {
  const [digits = ''] = /[\d,.]+/.exec(text ?? '') ?? [];
  return digits === '' ? Number.NaN : Number(digits.replaceAll(',', ''));
}

function errorsOf(scraped: Exposition): number {
  return [...scraped]
    .filter(([series]) => /^hyperdjango_http_requests_total\{.*status="5/.test(series))
    .reduce((sum, [, value]) => sum + value, 0);
}

function routeTotalsOf(scraped: Exposition): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const [series, value] of scraped) {
    const [, method, route] =
      /^hyperdjango_http_route_duration_seconds_count\{method="(.*?)",route="(.*?)"/.exec(series) ?? [];
    if (method !== undefined) {
      totals[`${method} ${route}`] = (totals[`${method} ${route}`] ?? 0) + value;
    }
  }
  return totals;
}

async function routesOf(page: Page): Promise<Record<string, number>> {
  const rows = await page.locator('#tables > section', { hasText: 'Routes' }).locator('tbody tr').all();
  const cells = await Promise.all(rows.map((row) => row.locator('th, td').allTextContents()));
  return Object.fromEntries(cells.map((texts) => [texts[0] ?? '', numberIn(texts.at(-1) ?? null)]));
}

/** The values in a chart's legend, by their labels. */
async function valuesOf(page: Page, chart: string): Promise<Record<string, number>> {
  const items = await page.locator('figure', { hasText: chart }).locator('.legend li').all();
  const pairs = await Promise.all(
    items.map(async (item) => {
      const value = await item.locator('.value').textContent();
      const label = ((await item.textContent()) ?? '').replace(value ?? '', '').trim();
      return [label, numberIn(value)] as const;
    }),
  );
  return Object.fromEntries(pairs);
}
