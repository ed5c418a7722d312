import { type CanActivate, ForbiddenException, Injectable, Module } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { HyperMetricsModule, type EndpointOptions } from '../../src/index.js';
import { ask } from '../support/http-client.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import {
  createApplication,
  PLATFORMS,
  type RunningApplication,
  startApplication,
} from '../support/platforms.js';
import { LogLines } from '../support/log-lines.js';
import { exchangeRaw, getRequest } from '../support/raw-http.js';

const TOKEN = 'correct-horse-battery-staple';
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

@Injectable()
class OfficeHours {
  open = true;
}

@Injectable()
class OfficeHoursGuard implements CanActivate {
  constructor(private readonly hours: OfficeHours) {}

  canActivate(): boolean {
    if (!this.hours.open) throw new ForbiddenException();
    return true;
  }
}

describe.each(PLATFORMS)('who may scrape on %s', (platform) => {
  let target: RunningApplication | undefined;
  afterEach(async () => {
    await target?.close();
    target = undefined;
  });

  async function start(endpoint: EndpointOptions, { async = false, logger = new LogLines() } = {}) {
    const registry = new Registry();
    let gathers = 0;
    const collect = (): void => void (gathers += 1);
    new Gauge({ name: 'gathers', help: 'Counts.', registers: [registry], collect });
    const options = { registry, runtimeMetrics: false, endpoint };
    @Module({
      imports: [
        async
          ? HyperMetricsModule.forRootAsync({ useFactory: () => options })
          : HyperMetricsModule.forRoot(options),
      ],
      providers: [OfficeHours],
      exports: [OfficeHours],
    })
    class ApplicationModule {}
    target = await startApplication(platform, ApplicationModule, () => {}, { logger });
    const { url, port } = target;
    return {
      port,
      logger,
      scrape: (headers = {}, method = 'GET') => ask(`${url}/metrics`, headers, method),
      gathers: () => gathers,
    };
  }

  it.each([false, true])('is who has the token (async: %s)', async (async) => {
    const { scrape, gathers } = await start({ bearerToken: TOKEN }, { async });
    for (const headers of [{}, bearer('wrong'), bearer(TOKEN.slice(0, 10)), bearer(`${TOKEN}x`)]) {
      const { status, headers: answered, body } = await scrape(headers);
      expect([status, answered['www-authenticate'], body.toString()]).toEqual([
        401,
        'Bearer realm="metrics"',
        'The metrics require credentials.\n',
      ]);
    }
    expect((await scrape(bearer('wrong'), 'HEAD')).status).toBe(401);
    expect(gathers()).toBe(0);

    expect((await scrape(bearer(TOKEN))).status).toBe(200);
    expect((await scrape(bearer(TOKEN), 'HEAD')).status).toBe(200);
    expect(gathers()).toBe(2);
  });

  it('is told with one challenge for each kind of credentials', async () => {
    const { port } = await start({ bearerToken: TOKEN, basicAuth: { username: 'u', password: 'p' } });
    const answer = await exchangeRaw(port, getRequest('/metrics'));
    expect(answer.match(/^www-authenticate: .*$/gim)).toEqual([
      'WWW-Authenticate: Bearer realm="metrics"',
      'WWW-Authenticate: Basic realm="metrics", charset="UTF-8"',
    ]);
  });

  it('is who comes from an allowed address, whatever a header says', async () => {
    const { scrape, gathers } = await start({ allowIps: ['10.0.0.0/8'] });
    expect((await scrape({ 'X-Forwarded-For': '10.0.0.1', Forwarded: 'for=10.0.0.1' })).status).toBe(403);
    expect(gathers()).toBe(0);
    await target?.close();

    const allowed = await start({ allowIps: ['127.0.0.0/8'], bearerToken: TOKEN });
    expect((await allowed.scrape()).status).toBe(401);
    expect((await allowed.scrape(bearer(TOKEN))).status).toBe(200);
  });

  it('is counted when it is refused, by reason, from 0 on', async () => {
    const reasons = async (scrape: (headers: object) => Promise<{ readonly body: Buffer }>) => {
      const { series } = parseExposition((await scrape(bearer(TOKEN))).body);
      return ['address', 'credentials', 'busy', 'unavailable', 'guard'].map(
        (reason) => series[seriesKey('hyperdjango_metrics_scrapes_refused_total', { reason })],
      );
    };
    const { scrape } = await start({ bearerToken: TOKEN });
    expect(await reasons(scrape)).toEqual([0, 0, 0, 0, 0]);
    await scrape();
    await scrape(bearer('wrong'));
    expect(await reasons(scrape)).toEqual([0, 2, 0, 0, 0]);
  });

  it('needs no place to be refused, and takes none', async () => {
    const { scrape } = await start({ bearerToken: TOKEN, maxConcurrentScrapes: 1 });
    const refused = await Promise.all(Array.from({ length: 50 }, () => scrape(bearer('wrong'))));
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([401]));
    expect((await scrape(bearer(TOKEN))).status).toBe(200);
  });

  it('is refused without a word in the log, and headers over the limit with 431', async () => {
    const { scrape, port, logger } = await start({ bearerToken: TOKEN });
    const before = logger.lines.length;
    await scrape(bearer('wrong'));
    await scrape();
    const large = await exchangeRaw(
      port,
      getRequest('/metrics', [`Authorization: Bearer ${'x'.repeat(20_000)}`]),
    );
    expect(large).toMatch(/^HTTP\/1\.1 431 /);
    expect((await scrape(bearer(TOKEN))).status).toBe(200);
    expect(logger.lines.slice(before)).toEqual([]);
  });

  it('is nobody while the function has no token, which is logged once and counted', async () => {
    let token: string | undefined = TOKEN;
    const { scrape, logger } = await start({ bearerToken: () => token as string });
    expect((await scrape(bearer(TOKEN))).status).toBe(200);
    token = undefined;
    expect((await scrape(bearer(TOKEN))).status).toBe(401);
    expect((await scrape(bearer('undefined'))).status).toBe(401);
    token = 'rotated';
    expect((await scrape(bearer(TOKEN))).status).toBe(401);
    const { body } = await scrape({ ...bearer('rotated'), 'Accept-Encoding': 'identity' });
    expect(body.toString()).toContain(
      'hyperdjango_metrics_collector_errors_total{collector="endpoint.bearerToken"} 2\n',
    );
    const told = logger.lines.filter((line) => line.includes('bearerToken'));
    expect(told[0]).toBe(
      'Scrapes are refused: the function of an option returned no usable secret: endpoint.bearerToken: it returned no usable secret ' +
        '(further ones are logged on debug level)',
    );
    expect(logger.lines.join('\n')).not.toMatch(/correct-horse|rotated/);
  });

  it('passes guards: classes with forRoot, instances also with forRootAsync', async () => {
    const hours = new OfficeHours();
    const guards = [new OfficeHoursGuard(hours)];
    for (const async of [false, true]) {
      const { scrape } = await start({ guards, bearerToken: TOKEN }, { async });
      hours.open = false;
      expect((await scrape(bearer(TOKEN))).status).toBe(403);
      hours.open = true;
      expect((await scrape(bearer(TOKEN))).status).toBe(200);
      expect((await scrape()).status).toBe(401);
      await target?.close();
    }
    target = undefined;

    @Module({
      imports: [
        HyperMetricsModule.forRootAsync({
          useFactory: () => ({ registry: new Registry(), endpoint: { guards: [OfficeHoursGuard] } }),
        }),
      ],
    })
    class LateModule {}
    const late = await createApplication(platform, LateModule);
    await expect(late.init()).rejects.toThrow(/OfficeHoursGuard.*forRootAsync/);
    await late.close();
  });

  it('is decided by a guard class of the application', async () => {
    class ClosedGuard implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    const { scrape, gathers } = await start({ guards: [ClosedGuard] });
    expect([(await scrape()).status, gathers()]).toEqual([403, 0]);
  });
});
