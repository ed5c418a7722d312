import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { seriesOf, sumOf } from '../support/exposition.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { REQUEST_CASES, request } from '../support/request-matrix.cases.js';
import { configureMatrix, RequestMatrixModule } from '../support/request-matrix.module.js';
import { MIDDLEWARE_CASES } from '../support/request-matrix.middleware.js';
import { SENT_STATUS_CASES } from '../support/request-matrix.sent-status.js';

const TOTAL = 'hyperdjango_http_requests_total';
const DURATION_COUNT = 'hyperdjango_http_request_duration_seconds_count';
const ROUTE_COUNT = 'hyperdjango_http_route_duration_seconds_count';
const IN_FLIGHT = 'hyperdjango_http_requests_in_flight';

const CASES = [...REQUEST_CASES, ...SENT_STATUS_CASES, ...MIDDLEWARE_CASES];

describe.each(PLATFORMS)('requests on %s', (platform) => {
  const registry = new Registry();
  let target: RunningApplication;

  beforeAll(async () => {
    target = await startApplication(platform, RequestMatrixModule.with({ registry }), configureMatrix);
  });
  afterAll(() => target.close());

  const cases = CASES.filter(({ only = platform }) => only === platform);
  for (const { name, send, recorded } of cases) {
    it(`counts ${name} exactly once`, async () => {
      registry.resetMetrics();
      const answer = await send(target);
      const expected = typeof recorded === 'function' ? recorded(platform) : recorded;
      const { method, status, route, requests = 1, timed = true } = expected;
      expect(answer instanceof Response ? answer.status : status).toBe(status);

      await vi.waitFor(async () => expect(sumOf(await target.read(), TOTAL)).toBe(requests));
      const exposition = await target.read();
      expect(seriesOf(exposition, TOTAL)).toEqual({ [`{method="${method}",status="${status}"}`]: requests });
      expect(exposition.get(IN_FLIGHT)).toBe(0);
      expect(exposition.get(DURATION_COUNT)).toBe(timed ? requests : 0);
      const routes = timed ? (typeof route === 'string' ? { [route]: requests } : route) : {};
      expect(seriesOf(exposition, ROUTE_COUNT)).toEqual(
        Object.fromEntries(
          Object.entries(routes).map(([template, count]) => [
            `{method="${method}",route="${template}",status="${status}"}`,
            count,
          ]),
        ),
      );
    });
  }

  it('never counts scrapes, and shows none of them in flight', async () => {
    registry.resetMetrics();
    await request(target, '/metrics');
    await request(target, '/metrics?name[]=up', { method: 'HEAD' });
    const text = await (await fetch(`${target.url}/metrics`)).text();

    expect(text).toContain(`\n${IN_FLIGHT} 0\n`);
    expect(sumOf(await target.read(), TOTAL)).toBe(0);
  });
});
