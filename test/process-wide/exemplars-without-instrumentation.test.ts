import 'reflect-metadata';
import { trace } from '@opentelemetry/api';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HyperMetricsOptions } from '../../src/index.js';
import { OpenTelemetry } from '../support/open-telemetry.js';
import { PLATFORMS } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { named, TracedApplication } from '../support/traced-application.js';
import { until } from '../support/watched-database.js';

const TRACE = 'a'.repeat(32);
const SPAN = 'b'.repeat(16);
const ALL = [
  'db_pool_acquire_duration_seconds idle',
  'db_pool_use_duration_seconds',
  'db_queries_per_request',
  'db_query_duration_seconds select',
  'handler_duration_seconds http BooksController find success',
  'http_request_duration_seconds',
  'http_request_size_bytes GET /books/:id',
  'http_response_size_bytes GET /books/:id',
  'http_route_duration_seconds GET /books/:id 200',
  'method_duration_seconds Books find success',
];

let server: Awaited<ReturnType<typeof startPostgres>>;
let tracing: OpenTelemetry | undefined;
let application: TracedApplication | undefined;

beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => {
  await application?.close();
  await tracing?.stop();
  application = undefined;
  tracing = undefined;
});
afterAll(() => server.stop());

describe.each(PLATFORMS)('on %s', (platform) => {
  const start = async (
    exemplars: HyperMetricsOptions['exemplars'],
    use: Parameters<typeof TracedApplication.start>[3] = [],
  ) => (application = await TracedApplication.start(platform, server.url, exemplars, use));
  const requests = async (count: number) =>
    until(
      'the requests',
      async () => (await application?.value('http_request_duration_seconds_count')) === count,
    );

  it('a sampled traceparent is the exemplar of everything that the request does', async () => {
    const traced = await start(true);
    await traced.get('/books/1', { traceparent: `00-${TRACE}-${SPAN}-01` });
    await requests(1);
    expect(named(await traced.exemplars(), 'trace_id')).toEqual(ALL.map((series) => `${series} ${TRACE}`));
    expect(new Set(named(await traced.exemplars(), 'span_id').map((text) => text.slice(-16)))).toEqual(
      new Set([SPAN]),
    );
  });

  it.each([
    ['not sampled', `00-${TRACE}-${SPAN}-00`],
    ['invalid', `00-${TRACE}-${SPAN}-1`],
    ['missing', ''],
  ])('a traceparent that is %s is none', async (_, traceparent) => {
    const traced = await start(true);
    await traced.get('/books/1', traceparent === '' ? {} : { traceparent });
    await traced.get('/failing', traceparent === '' ? {} : { traceparent });
    await requests(2);
    expect(await traced.exemplars()).toEqual([]);
    expect(await traced.value('metrics_collector_errors_total', { collector: 'exemplars' })).toBe(0);
  });

  it("a span of the application's middleware is the exemplar of the request, though no span was active before it", async () => {
    tracing = OpenTelemetry.start(new AlwaysOnSampler());
    let traceId: string | undefined;
    const traced = await start(true, [
      (request, _response, next) => {
        trace.getTracer('test').startActiveSpan('middleware', (span) => {
          if ((request as { readonly url: string }).url === '/books/1') {
            traceId = span.spanContext().traceId;
          }
          next();
          span.end();
        });
      },
    ]);
    await traced.get('/books/1');
    await requests(1);
    const exemplars = (await traced.exemplars()).filter(([family]) => !family.startsWith('db_pool'));
    expect(named(exemplars, 'trace_id')).toEqual(ALL.slice(2).map((series) => `${series} ${traceId}`));
  });

  it("labels of the application's function are the exemplars", async () => {
    const traced = await start(() => ({ request: 'r-1' }));
    await traced.get('/books/1', { traceparent: `00-${TRACE}-${SPAN}-01` });
    await requests(1);
    expect(named(await traced.exemplars(), 'request')).toEqual(ALL.map((series) => `${series} r-1`));
  });

  it.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('no tracer');
      },
    ],
    ['returns labels of 129 characters', () => ({ trace_id: 'x'.repeat(121) }) as never],
    ['returns a rejected promise', () => Promise.reject(new Error('no tracer')) as never],
  ])('a function that %s costs the exemplars, and nothing else', async (_, exemplars) => {
    const traced = await start(exemplars);
    expect(await traced.get('/books/1')).toBe('found');
    await requests(1);
    expect(await traced.exemplars()).toEqual([]);
    expect(await traced.value('db_query_duration_seconds_count', { operation: 'select' })).toBe(1);
    expect(await traced.value('metrics_collector_errors_total', { collector: 'exemplars' })).toBeGreaterThan(
      3,
    );
  });
});
