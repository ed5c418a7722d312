import 'reflect-metadata';
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OpenTelemetry } from '../support/open-telemetry.js';
import { PLATFORMS } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { named, TracedApplication } from '../support/traced-application.js';
import { until } from '../support/watched-database.js';

const traceparent = (digit: string, flags = '01') => ({
  traceparent: `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`,
});

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

/** The traced span of the request for a path. */
async function serverSpan(path: string) {
  const find = () => tracing?.spans.find(({ attributes }) => Object.values(attributes).includes(path));
  await until(`the span of ${path}`, () => find() !== undefined);
  const span = find()?.spanContext();
  if (span === undefined) throw new Error('no span');
  return span;
}

describe.each(PLATFORMS)("exemplars of OpenTelemetry's spans of requests, on %s", (platform) => {
  const start = async (exemplars = true) =>
    (application = await TracedApplication.start(platform, server.url, exemplars));

  it('are the trace of the request, in all families that it is measured in', async () => {
    tracing = OpenTelemetry.start(new AlwaysOnSampler()).instrumentServers();
    const traced = await start();
    await traced.get('/books/1');
    const { traceId, spanId } = await serverSpan('/books/1');
    await until(
      'the request',
      async () => (await traced.value('http_requests_total', { status: '200' })) === 1,
    );

    const exemplars = await traced.exemplars();
    expect(named(exemplars, 'trace_id')).toEqual([
      `db_pool_acquire_duration_seconds idle ${traceId}`,
      `db_pool_use_duration_seconds ${traceId}`,
      `db_queries_per_request ${traceId}`,
      `db_query_duration_seconds select ${traceId}`,
      `handler_duration_seconds http BooksController find success ${traceId}`,
      `http_request_duration_seconds ${traceId}`,
      `http_request_size_bytes GET /books/:id ${traceId}`,
      `http_response_size_bytes GET /books/:id ${traceId}`,
      `http_route_duration_seconds GET /books/:id 200 ${traceId}`,
      `method_duration_seconds Books find success ${traceId}`,
    ]);
    expect(new Set(exemplars.map(([, , { span_id }]) => span_id))).toEqual(new Set([spanId]));
    expect(await traced.exemplars('client')).toEqual(exemplars);
  });

  it('are on counters of errors', async () => {
    tracing = OpenTelemetry.start(new AlwaysOnSampler()).instrumentServers();
    const traced = await start();
    await traced.get('/failing');
    const { traceId } = await serverSpan('/failing');
    await until(
      'the request',
      async () => (await traced.value('http_requests_total', { status: '500' })) === 1,
    );
    const counters = (await traced.exemplars()).filter(([family]) => family.endsWith('_total'));
    expect(named(counters, 'trace_id')).toEqual([
      `db_query_errors_total 22 ${traceId}`,
      `http_requests_total GET 500 ${traceId}`,
      `method_calls_total Books fail error ${traceId}`,
    ]);
  });

  it('are the innermost span where a query is sent', async () => {
    tracing = OpenTelemetry.start(new AlwaysOnSampler()).instrumentServers();
    const traced = await start();
    const spanId = await traced.get('/span');
    const queries = (await traced.exemplars()).filter(([family]) => family === 'db_query_duration_seconds');
    expect(named(queries, 'span_id')).toEqual([`db_query_duration_seconds delete ${spanId}`]);
  });

  it('are missing where spans are not sampled, though the client asked for it', async () => {
    tracing = OpenTelemetry.start(new AlwaysOffSampler()).instrumentServers();
    const traced = await start();
    await traced.get('/books/1', traceparent('a'));
    await traced.get('/failing', traceparent('b'));
    await until(
      'the requests',
      async () => (await traced.value('http_request_duration_seconds_count')) === 2,
    );
    expect(await traced.exemplars()).toEqual([]);
  });

  it('are missing without the option', async () => {
    tracing = OpenTelemetry.start(new AlwaysOnSampler()).instrumentServers();
    const traced = await start(false);
    await traced.get('/failing');
    await serverSpan('/failing');
    await until('the request', async () =>
      (await traced.registry.metrics()).includes('http_request_duration_seconds_count 1'),
    );
    expect(await traced.exemplars('client')).toEqual([]);
  });

  it.each([
    ['00', [], 'is not sampled, though the one that released the connection is', '01'],
    [
      '01',
      [`db_query_duration_seconds insert ${'b'.repeat(32)}`],
      'is sampled, though the other one is not',
      '00',
    ],
  ])(
    'are those of a request that waited for a connection (flags %s): %j, where it %s',
    async (flagsOfWaiter, expected, _, flagsOfHolder) => {
      tracing = OpenTelemetry.start(
        new ParentBasedSampler({ root: new AlwaysOffSampler() }),
      ).instrumentServers();
      const traced = await start();
      const holding = traced.get('/holding', traceparent('a', flagsOfHolder));
      await until('a connection in use', () => traced.pool.totalCount === 1 && traced.pool.idleCount === 0);
      const waiting = traced.get('/waiting', traceparent('b', flagsOfWaiter));
      await until('a request that waits', () => traced.pool.waitingCount === 1);
      traced.release();
      await Promise.all([holding, waiting]);
      expect(await traced.value('db_query_duration_seconds_count', { operation: 'insert' })).toBe(1);
      const inserts = (await traced.exemplars()).filter(([, { operation }]) => operation === 'insert');
      expect(named(inserts, 'trace_id')).toEqual(expected);
    },
  );
});
