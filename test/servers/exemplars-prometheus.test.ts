import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findMissingPrograms, PrometheusServer, type StoredExemplars } from '../support/prometheus-server.js';
import { PLATFORMS } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { isSkipped } from '../support/skipped.js';
import { TracedApplication } from '../support/traced-application.js';
import { until } from '../support/watched-database.js';

/** Hexadecimal ids that no other test has. */
const traceOf = (request: number): string => `${'e'.repeat(24)}${String(request).padStart(8, '0')}`;
const traceparent = (request: number, flags = '01') => ({
  traceparent: `00-${traceOf(request)}-${'f'.repeat(16)}-${flags}`,
});

const skipped = isSkipped('exemplars in Prometheus', findMissingPrograms());

describe.skipIf(skipped).each(PLATFORMS)('a real Prometheus that scrapes %s', (platform) => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let application: TracedApplication;
  let prometheus: PrometheusServer;

  beforeAll(async () => {
    server = await startPostgres();
    application = await TracedApplication.start(platform, server.url, true);
    prometheus = await PrometheusServer.start(
      `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: shop\n    static_configs: [{ targets: ['${new URL(application.url).host}'] }]\n`,
      {},
      ['--enable-feature=exemplar-storage'],
    );
  });
  afterAll(async () => {
    await prometheus?.stop();
    await application?.close();
    await server?.stop();
  });

  async function stored(selector: string, traces: readonly string[]): Promise<readonly StoredExemplars[]> {
    const find = async () => prometheus.queryExemplars(`hyperdjango_${selector}`);
    const idsOf = (series: readonly StoredExemplars[]) =>
      series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? ''));
    await until(`the exemplars of ${selector}`, async () => {
      const found = idsOf(await find());
      return traces.every((trace) => found.includes(trace));
    });
    return find();
  }
  const ids = (series: readonly StoredExemplars[]): string[] => [
    ...new Set(series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? ''))),
  ];

  it('answers the very traces of requests and queries, and no others', async () => {
    const startedAtSeconds = Date.now() / 1000;
    await application.get('/books/1', traceparent(1));
    await application.get('/books/2', traceparent(2, '00'));
    await application.get('/failing', traceparent(3));
    const [success, failure] = [traceOf(1), traceOf(3)];

    const routes = await stored('http_route_duration_seconds_bucket', [success, failure]);
    expect(
      Object.fromEntries(
        routes.map(({ seriesLabels, exemplars }) => [seriesLabels['route'], exemplars[0]?.labels]),
      ),
    ).toEqual({
      '/books/:id': { trace_id: success, span_id: 'f'.repeat(16) },
      '/failing': { trace_id: failure, span_id: 'f'.repeat(16) },
    });
    for (const { seriesLabels, exemplars } of routes) {
      for (const { value, timestamp } of exemplars) {
        expect(Number(value)).toBeLessThanOrEqual(Number(seriesLabels['le']));
        expect(timestamp).toBeGreaterThanOrEqual(startedAtSeconds);
        expect(timestamp).toBeLessThanOrEqual(Date.now() / 1000);
      }
    }

    const select = 'db_query_duration_seconds_bucket{operation="select"}';
    const queries = ids(await stored(select, [success]));
    expect(queries.filter((id) => id !== success && id !== failure)).toEqual([]);
    expect(ids(await stored('db_query_errors_total', [failure]))).toEqual([failure]);
    expect(ids(await stored('http_requests_total', [failure]))).toEqual([failure]);
    expect(ids(await stored('method_duration_seconds_bucket', [success]))).toEqual([success]);
    expect(ids(await stored('handler_duration_seconds_bucket', [success, failure]))).toHaveLength(2);
  });

  it('has the series under the names and labels of the text format', async () => {
    const text = await application.get('/metrics');
    const names = new Set([...text.matchAll(/^(hyperdjango_\w+)/gm)].map(([, name]) => name));
    await until('every series', async () => {
      const found = await prometheus.query('count by (__name__) ({__name__=~"hyperdjango_.*"})');
      return found.length === names.size;
    });
    const found = await prometheus.query('count by (__name__) ({__name__=~"hyperdjango_.*"})');
    expect(new Set(found.map(({ metric }) => metric['__name__']))).toEqual(names);
    const whole = await prometheus.query('hyperdjango_http_request_duration_seconds_bucket{le="1"}');
    expect(whole).toHaveLength(1);
  });
});
