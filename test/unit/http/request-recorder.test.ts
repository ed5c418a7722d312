import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import {
  HTTP_REQUESTS_IN_FLIGHT,
  HTTP_REQUESTS_TOTAL,
  HTTP_ROUTE_DURATION_SECONDS,
} from '../../../src/catalog/http.catalog.js';
import { MetricConflictError } from '../../../src/core/errors.js';
import { type EndedRequest, RequestRecorder } from '../../../src/http/request-recorder.js';
import { resolveOptions } from '../../../src/options/resolve-options.js';
import type { ResolvedHttpOptions } from '../../../src/options/resolved-options.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';

const DEFAULTS = resolveOptions().http as ResolvedHttpOptions;
const ended = (change: Partial<EndedRequest> = {}): EndedRequest => ({
  method: 'GET',
  route: '/books/:id',
  status: 200,
  durationSeconds: 0.05,
  customLabels: [],
  requestBytes: undefined,
  responseBytes: undefined,
  eventStream: false,
  trace: undefined,
  ...change,
});

function setUp(options: Partial<ResolvedHttpOptions> = {}) {
  const registry = new MetricsRegistry(new Registry(), 'app_');
  const recorder = new RequestRecorder(new RegistryLease(registry), { ...DEFAULTS, ...options });
  return {
    registry,
    recorder,
    record: (request: EndedRequest) => {
      recorder.ended(request, recorder.started());
    },
    scrape: async () => parseExposition(await exposeAsText(registry)).series,
  };
}

const requests = (method: string, status: string) => seriesKey('app_http_requests_total', { method, status });
const IN_FLIGHT = seriesKey('app_http_requests_in_flight');
const DURATION_COUNT = seriesKey('app_http_request_duration_seconds_count');
const routeCount = (method: string, route: string, status: string) =>
  seriesKey('app_http_route_duration_seconds_count', { method, route, status });

describe('RequestRecorder', () => {
  it('exports the unlabelled families at 0 before the first request', async () => {
    const { scrape } = setUp();
    expect(await scrape()).toMatchObject({ [IN_FLIGHT]: 0, [DURATION_COUNT]: 0 });
  });

  it('counts a request in flight from its start to its end', async () => {
    const { recorder, scrape } = setUp();
    const marks = [recorder.started(), recorder.started()] as const;
    expect((await scrape())[IN_FLIGHT]).toBe(2);
    recorder.ended(ended(), marks[0]);
    expect((await scrape())[IN_FLIGHT]).toBe(1);
    recorder.ended(ended(), marks[1]);
    expect((await scrape())[IN_FLIGHT]).toBe(0);
  });

  it('counts by method and status, and observes the duration with and without its route', async () => {
    const { record, scrape } = setUp();
    record(ended());
    record(ended({ status: 404, route: '<unmatched>', durationSeconds: 0.001 }));
    record(ended({ method: 'POST', status: 499, durationSeconds: 20 }));
    expect(await scrape()).toMatchObject({
      [requests('GET', '200')]: 1,
      [requests('GET', '404')]: 1,
      [requests('POST', '499')]: 1,
      [DURATION_COUNT]: 3,
      [seriesKey('app_http_request_duration_seconds_bucket', { le: '0.001' })]: 1,
      [seriesKey('app_http_request_duration_seconds_bucket', { le: '0.05' })]: 2,
      [seriesKey('app_http_request_duration_seconds_bucket', { le: '10' })]: 2,
      [seriesKey('app_http_request_duration_seconds_bucket', { le: '+Inf' })]: 3,
      [routeCount('GET', '/books/:id', '200')]: 1,
      [routeCount('GET', '<unmatched>', '404')]: 1,
      [routeCount('POST', '/books/:id', '499')]: 1,
    });
  });

  it.each(['', 'get', 'HACK', 'GET\n', '__proto__'])(
    'labels the method "%s", which a client may invent, UNKNOWN',
    async (method) => {
      const { record, scrape } = setUp();
      record(ended({ method }));
      const series = await scrape();
      expect(series[requests('UNKNOWN', '200')]).toBe(1);
      expect(series[routeCount('UNKNOWN', '/books/:id', '200')]).toBe(1);
      const methods = Object.keys(series).filter((key) => key.startsWith('app_http_requests_total'));
      expect(methods.toSorted()).toEqual([requests('UNKNOWN', '200'), requests('UNKNOWN', '500')]);
      expect(series[requests('UNKNOWN', '500')]).toBe(0);
    },
  );

  it('exports the failures of a method at 0 from its first request on', async () => {
    const { record, scrape } = setUp();
    record(ended({ method: 'PROPFIND', status: 207 }));
    expect(await scrape()).toMatchObject({
      [requests('PROPFIND', '207')]: 1,
      [requests('PROPFIND', '500')]: 0,
    });
    record(ended({ method: 'PROPFIND', status: 500 }));
    record(ended({ method: 'PROPFIND', status: 503 }));
    expect(await scrape()).toMatchObject({
      [requests('PROPFIND', '207')]: 1,
      [requests('PROPFIND', '500')]: 1,
      [requests('PROPFIND', '503')]: 1,
    });
  });

  it('exports the usual methods at 0 where requests are expected', async () => {
    const { recorder, record, scrape } = setUp();
    recorder.expectRequests();
    record(ended({ status: 500 }));
    const series = Object.entries(await scrape()).filter(([key]) =>
      key.startsWith('app_http_requests_total'),
    );
    expect(Object.fromEntries(series)).toEqual({
      [requests('GET', '200')]: 0,
      [requests('GET', '500')]: 1,
      [requests('POST', '201')]: 0,
      [requests('POST', '500')]: 0,
      [requests('PUT', '200')]: 0,
      [requests('PUT', '500')]: 0,
      [requests('PATCH', '200')]: 0,
      [requests('PATCH', '500')]: 0,
      [requests('DELETE', '200')]: 0,
      [requests('DELETE', '500')]: 0,
    });
  });

  it('keeps as many failures as there are methods, whatever clients invent', async () => {
    const { record, scrape } = setUp();
    for (let time = 0; time < 1_000; time += 1) {
      record(ended({ method: `HACK${time}` }));
    }
    const keys = Object.keys(await scrape()).filter((key) => key.startsWith('app_http_requests_total'));
    expect(keys).toHaveLength(2);
  });

  it.each([
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'CONNECT',
    'TRACE',
    'PROPFIND',
    'M-SEARCH',
  ])('labels the method %s by its name', async (method) => {
    const { record, scrape } = setUp();
    record(ended({ method }));
    expect((await scrape())[requests(method, '200')]).toBe(1);
  });

  it('counts an event stream, and leaves it out of the durations', async () => {
    const { record, scrape } = setUp();
    record(ended({ eventStream: true, durationSeconds: 3600 }));
    const series = await scrape();
    expect(series).toMatchObject({ [requests('GET', '200')]: 1, [IN_FLIGHT]: 0, [DURATION_COUNT]: 0 });
    expect(series).not.toHaveProperty([routeCount('GET', '/books/:id', '200')]);
  });

  it('goes on after a host emptied its families', async () => {
    const { registry, recorder, record, scrape } = setUp();
    record(ended());
    const families = new RegistryLease(registry);
    families.catalogFamily(HTTP_REQUESTS_IN_FLIGHT).remove();
    families.catalogFamily(HTTP_REQUESTS_TOTAL).reset();
    families.catalogFamily({ ...HTTP_ROUTE_DURATION_SECONDS, buckets: DEFAULTS.buckets }).reset();
    recorder.started();
    record(ended());
    expect(await scrape()).toMatchObject({
      [IN_FLIGHT]: 1,
      [requests('GET', '200')]: 1,
      [requests('GET', '500')]: 0,
      [routeCount('GET', '/books/:id', '200')]: 1,
      [DURATION_COUNT]: 2,
    });
  });

  it('has no route family with `routes: false`', async () => {
    const { registry, record } = setUp({ routes: false });
    record(ended());
    const names = (await registry.gather()).map(({ descriptor }) => descriptor.name);
    expect(names).toEqual([
      'app_http_requests_total',
      'app_http_request_duration_seconds',
      'app_http_requests_in_flight',
    ]);
  });

  it('uses `buckets` in both histograms', async () => {
    const { registry } = setUp({ buckets: [1, 2] });
    const buckets = (await registry.gather()).flatMap(({ descriptor }) =>
      descriptor.type === 'histogram' ? [descriptor.buckets] : [],
    );
    expect(buckets).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('cannot share a registry with an application of other buckets', () => {
    const { registry } = setUp({ buckets: [1, 2] });
    expect(() => new RequestRecorder(new RegistryLease(registry), DEFAULTS)).toThrow(MetricConflictError);
  });
});
