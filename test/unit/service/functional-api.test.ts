import { register } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { HTTP_REQUESTS_TOTAL } from '../../../src/catalog/http.catalog.js';
import type { Counter } from '../../../src/core/metric/counter.js';
import {
  globalHostRegistry,
  openProcessWideRegistry,
  processWideRegistry,
  registryOf,
} from '../../../src/registry/default-registry.js';
import {
  collectMetrics,
  httpRequestDuration,
  httpRequestsInFlight,
  httpRequestsTotal,
} from '../../../src/service/functional-api.js';
import { parseExposition, seriesKey } from '../../support/parse-exposition.js';

// The functional API works on prom-client's global registry: nothing of one test may stay for the next.
const closings: (() => void)[] = [];
afterEach(() => {
  closings.splice(0).forEach((close) => close());
  register.clear();
});

const collect = async () => parseExposition(await collectMetrics());
const getTotal = (prefix = 'hyperdjango_') =>
  seriesKey(`${prefix}http_requests_total`, { method: 'GET', status: '200' });

describe('the functional API', () => {
  it('decides nothing when it is imported', () => {
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('records in both label forms, and reads values back', async () => {
    httpRequestsTotal.inc(['GET', '200']);
    httpRequestsTotal.inc({ method: 'GET', status: '200' }, 2);
    httpRequestDuration.observe(0.042);
    httpRequestsInFlight.inc();
    expect(httpRequestsInFlight.value).toBe(1);
    expect((await collect()).series).toMatchObject({
      [getTotal()]: 3,
      [seriesKey('hyperdjango_http_request_duration_seconds_bucket', { le: '0.025' })]: 0,
      [seriesKey('hyperdjango_http_request_duration_seconds_bucket', { le: '0.05' })]: 1,
      [seriesKey('hyperdjango_http_requests_in_flight')]: 1,
    });
  });

  it('exports the process families without an application, once, however many collect at a time', async () => {
    const [first, second] = await Promise.all([collect(), collect()]);
    for (const { series, types } of [first, second]) {
      expect(types).toMatchObject({ hyperdjango_info: 'gauge', hyperdjango_uptime_seconds: 'gauge' });
      const infos = Object.entries(series).filter(([key]) => key.startsWith('hyperdjango_info'));
      expect(infos.map(([, value]) => value)).toEqual([1]);
    }
    expect(register.getSingleMetric('hyperdjango_info')).toBeUndefined();
  });

  it('works with methods taken off the families', async () => {
    const { inc } = httpRequestsInFlight;
    inc(4);
    expect(httpRequestsInFlight.value).toBe(4);
  });

  it('starts again at 0, and is exported, after the global registry was cleared', async () => {
    httpRequestsTotal.inc(['GET', '200'], 5);
    register.clear();
    httpRequestsTotal.inc(['GET', '200']);
    expect((await collect()).series[getTotal()]).toBe(1);
  });

  it('follows the first open application, and falls back when the last has closed', async () => {
    const open = (prefix: string) => {
      const close = openProcessWideRegistry(registryOf(globalHostRegistry, prefix));
      closings.push(close);
      return close;
    };
    const closeFirst = open('first_');
    const closeSecond = open('second_');
    httpRequestsTotal.inc(['GET', '200'], 1);
    closeFirst();
    httpRequestsTotal.inc(['GET', '200'], 10);
    closeSecond();
    httpRequestsTotal.inc(['GET', '200'], 100);
    expect((await collect()).series).toMatchObject({
      [getTotal('first_')]: 1,
      [getTotal('second_')]: 10,
      [getTotal()]: 100,
    });
  });

  it('uses the family of the application, whatever buckets it chose', async () => {
    const registry = registryOf(globalHostRegistry, 'chosen_');
    closings.push(openProcessWideRegistry(registry));
    const family = registry.family(
      'chosen_http_request_duration_seconds',
      {
        name: 'http_request_duration_seconds',
        type: 'histogram',
        help: 'Duration.',
        labelNames: [],
        buckets: [1],
      },
      {},
    );
    httpRequestDuration.observe(0.5);
    expect([...family.snapshot().values]).toEqual([1, 0]);
  });

  it('shares its families with whoever asks the process-wide registry', () => {
    const family = processWideRegistry().family('hyperdjango_http_requests_total', HTTP_REQUESTS_TOTAL);
    httpRequestsTotal.inc(['GET', '404'], 3);
    expect((family as Counter).labels('GET', '404').value).toBe(3);
  });
});
