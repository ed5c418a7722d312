import { rmSync } from 'node:fs';
import { platform as operatingSystem } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../../sample/src/common/poll.js';
import type { TrafficStatement } from '../../../sample/src/traffic/traffic-statement.js';
import { Traffic } from '../../../sample/src/traffic/traffic.js';
import seed from '../../contract/seed-metrics.json' with { type: 'json' };
import { documentationQueries } from '../../support/documentation-snippets.js';
import { PLATFORMS } from '../../support/platforms.js';
import { quantileOf, rateOf, sumOfRates } from '../../support/prometheus-rates.js';
import {
  checkMetrics,
  findMissingPrograms,
  PrometheusServer,
  readmeScrapeConfig,
  type VectorSample,
} from '../../support/prometheus-server.js';
import { cleanSamples, makeTemporaryPath, SampleProcess } from '../../support/sample-process.js';
import { isSkipped } from '../../support/skipped.js';

const REQUESTS = 6_000;
const CONCURRENCY = 20;
/** Event streams are counted, but how long somebody listens is no latency. */
const EVENT_STREAM_ROUTE = '/events';
const RUN_TIMEOUT_MS = 400_000;
const FINAL_SCRAPE = { timeoutMs: 60_000, intervalMs: 200 };
const RANGE_SECONDS = 300;
const TOLERANCE = 0.1;

/** Names that the contract or prom-client fix although promtool objects. */
const ALLOWED_BY_DESIGN = [
  /^hyperdjango_db_pool_total /,
  /^hyperdjango_db_query_duration_ms_total /,
  /^nodejs_active_\w+_total /,
];

function contractQuery(title: string): string {
  const query = seed.promql.find((candidate) => candidate.title === title);
  if (query === undefined) throw new Error(`The contract has no query "${title}".`);
  return query.expr;
}

const skipped = isSkipped(
  'the bookshop under Prometheus',
  operatingSystem() === 'win32' ? 'the sample needs Linux or macOS' : findMissingPrograms(),
);

describe.skipIf(skipped).each(PLATFORMS)('the bookshop on %s under a real Prometheus', (platform) => {
  let temporaryPath: string | undefined;
  let sample: SampleProcess;
  let prometheus: PrometheusServer | undefined;
  let sent: TrafficStatement;
  /** When the last scrape was stored, and nothing changes any more. */
  let atSeconds: number;

  function ask(): PrometheusServer {
    if (prometheus === undefined) throw new Error('Prometheus is not running.');
    return prometheus;
  }

  const query = (expr: string): Promise<VectorSample[]> => ask().query(expr, atSeconds);

  beforeAll(async () => {
    temporaryPath = makeTemporaryPath();
    sample = await SampleProcess.start({
      temporaryPath,
      environment: { PLATFORM: platform, TRAFFIC: 'off' },
    });
    await sample.waitUntilServing();
    prometheus = await PrometheusServer.start(readmeScrapeConfig(sample.port, '1s'));

    const traffic = new Traffic({ baseUrl: sample.url, totalRequests: REQUESTS, concurrency: CONCURRENCY });
    await traffic.ended;
    sent = traffic.statement;

    // The server may still be ending requests whose clients have left, and their queries.
    const endedAtSeconds = Date.now() / 1000;
    const inFlight = 'hyperdjango_http_requests_in_flight';
    const inUse = 'hyperdjango_db_pool_in_use';
    const settled = `${inFlight} == 0 and ${inUse} == 0 and timestamp(${inFlight}) > ${endedAtSeconds}`;
    const isSettled = async (): Promise<boolean> => (await ask().query(settled)).length === 1;
    if (!(await poll(isSettled, FINAL_SCRAPE))) throw new Error('Requests stay in flight.');
    atSeconds = Date.now() / 1000;
  }, RUN_TIMEOUT_MS);

  afterAll(async () => {
    await prometheus?.stop();
    await cleanSamples();
    if (temporaryPath !== undefined) rmSync(temporaryPath, { recursive: true, force: true, maxRetries: 5 });
  });

  it(`knows what became of each of ${REQUESTS} requests`, () => {
    expect([...sent.surprises]).toEqual([]);
    expect(sent.total).toBe(REQUESTS);
    const kinds = Object.keys(sent.countByMethodAndStatus());
    expect(kinds).toEqual([
      'GET 200',
      'GET 403',
      'GET 404',
      'GET 499',
      'GET 500',
      'POST 201',
      'POST 400',
      'POST 409',
      'PUT 200',
      'PUT 499',
    ]);
  });

  it('stored exactly the requests that were sent, by method and status', async () => {
    const stored = await query('hyperdjango_http_requests_total > 0');

    const counts = stored.map(({ metric, value }) => [`${metric['method']} ${metric['status']}`, value]);
    expect(Object.fromEntries(counts)).toEqual(sent.countByMethodAndStatus());
    expect(stored.length).toBe(Object.keys(sent.countByMethodAndStatus()).length);
  });

  it('stored failures and usual methods at 0 where there were none', async () => {
    const zeros = await query('hyperdjango_http_requests_total == 0');

    expect(zeros.map(({ metric }) => `${metric['method']} ${metric['status']}`).toSorted()).toEqual([
      'DELETE 200',
      'DELETE 500',
      'PATCH 200',
      'PATCH 500',
      'POST 500',
      'PUT 500',
    ]);
  });

  it('stored exactly the requests that were sent to each route, event streams left out', async () => {
    const stored = await query('hyperdjango_http_route_duration_seconds_count');

    const key = (method?: string, route?: string, status?: string | number): string =>
      `${method} ${route} ${status}`;
    const timed = sent.requests.filter(({ route }) => route !== EVENT_STREAM_ROUTE);
    expect(timed.length).toBe(sent.requests.length - 1);
    expect(
      Object.fromEntries(
        stored.map(({ metric, value }) => [key(metric['method'], metric['route'], metric['status']), value]),
      ),
    ).toEqual(
      Object.fromEntries(
        timed.map(({ method, route, status, count }) => [key(method, route, status), count]),
      ),
    );
  });

  it('stored histograms that agree with themselves and with each other', async () => {
    const routes = 'hyperdjango_http_route_duration_seconds';
    const all = 'hyperdjango_http_request_duration_seconds';
    const values = async (expr: string): Promise<number[]> => (await query(expr)).map(({ value }) => value);
    const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
    const timed = sent.requests.filter(({ route }) => route !== EVENT_STREAM_ROUTE);
    const timedTotal = timed.reduce((sum, { count }) => sum + count, 0);

    expect(await values(`${all}_count`)).toEqual([timedTotal]);
    expect(await values(`${routes}_bucket{le="+Inf"} - ignoring(le) ${routes}_count`)).toEqual(
      zeros(timed.length),
    );
    // Twelve bounds and +Inf.
    expect(await values(`sum by (le) (${routes}_bucket) - on (le) ${all}_bucket`)).toEqual(zeros(13));
    const [difference] = await values(`sum(${routes}_sum) - sum(${all}_sum)`);
    expect(difference).toBeCloseTo(0, 3);
  });

  it('stored no request in flight at the end, and every scrape succeeded', async () => {
    expect((await query('hyperdjango_http_requests_in_flight')).map(({ value }) => value)).toEqual([0]);
    expect((await query('min_over_time(up[5m])')).map(({ value }) => value)).toEqual([1]);
  });

  it.each(seed.promql)('answers the contract query "$title"', async ({ expr }) => {
    const answer = await query(expr);

    expect(answer.length).toBeGreaterThan(0);
    expect(answer.filter(({ value }) => !Number.isFinite(value))).toEqual([]);
  });

  it('has a cache hit rate that is the share of hits, and nearly 1 for a shop that asks the same again and again', async () => {
    const cache = 'hyperdjango_stmt_cache';
    const [rate] = await query(contractQuery('Cache hit rate'));
    const [computed] = await query(
      `${cache}_hits_total / ignoring(__name__) (${cache}_hits_total + ${cache}_misses_total)`,
    );
    const [entries] = await query(`${cache}_entries`);

    expect(rate?.value).toBeGreaterThan(0.9);
    expect(rate?.value).toBeLessThan(1);
    expect(rate?.value).toBeCloseTo(computed?.value ?? Number.NaN, 10);
    expect(entries?.value).toBeGreaterThan(0);
    expect((await query(`${cache}_plan_regressions_total`)).map(({ value }) => value)).toEqual([0]);
  });

  it('has request rates as computed from the stored samples', async () => {
    const all = await query(contractQuery('Request rate'));
    const rates = all.filter(({ value }) => value > 0);
    const stored = await ask().queryStored('hyperdjango_http_requests_total[5m]', atSeconds);
    const series = stored.filter(({ samples }) => (samples.at(-1)?.value ?? 0) > 0);

    expect(series.length).toBe(Object.keys(sent.countByMethodAndStatus()).length);
    expect(rates.length).toBe(series.length);
    for (const { metric, samples } of series) {
      const rate = rates.find(
        (candidate) =>
          candidate.metric['method'] === metric['method'] && candidate.metric['status'] === metric['status'],
      );
      expect(deviation(rate?.value, rateOf(samples, RANGE_SECONDS, atSeconds))).toBeLessThan(TOLERANCE);
    }
  });

  it('has an error rate as computed from the stored samples', async () => {
    const [answer] = await query(contractQuery('Error rate'));
    const series = await ask().queryStored('hyperdjango_http_requests_total[5m]', atSeconds);

    const errors = sumOfRates(series, RANGE_SECONDS, atSeconds, ({ status }) => /^5..$/.test(status ?? ''));
    expect(deviation(answer?.value, errors / sumOfRates(series, RANGE_SECONDS, atSeconds))).toBeLessThan(
      TOLERANCE,
    );
  });

  it('has a 99th percentile as computed from the stored samples', async () => {
    const [answer] = await query(contractQuery('P99 latency'));
    const series = await ask().queryStored('hyperdjango_http_request_duration_seconds_bucket[5m]', atSeconds);

    const buckets = series.map(({ metric, samples }) => ({
      le: metric['le'] === '+Inf' ? Infinity : Number(metric['le']),
      rate: rateOf(samples, RANGE_SECONDS, atSeconds),
    }));
    expect(buckets.length).toBe(13);
    expect(deviation(answer?.value, quantileOf(0.99, buckets))).toBeLessThan(TOLERANCE);
  });

  it.each(documentationQueries().answered)('answers the query of the documentation: %s', async (expr) => {
    const names = [...new Set(expr.match(/hyperdjango_\w+/g))];
    for (const name of names) expect([name, (await query(name)).length > 0]).toEqual([name, true]);
    const answer = await query(expr);

    expect(answer.length).toBeGreaterThan(0);
    // A percentile of what did not happen is NaN.
    expect(answer.some(({ value }) => Number.isFinite(value))).toBe(true);
  });

  it('answers nothing to queries about what went wrong, and about what the shop does not export', async () => {
    const { unanswered } = documentationQueries();
    const answers = await Promise.all(unanswered.map(async (expr) => [expr, await query(expr)]));

    expect(unanswered.length).toBeGreaterThan(8);
    expect(answers).toEqual(unanswered.map((expr) => [expr, []]));
  });

  it('stored query times that agree with each other and with the rate', async () => {
    const total = 'hyperdjango_db_query_duration_ms_total';
    const [rate] = await query(`rate(${total}[5m])`);
    const series = await ask().queryStored(`${total}[5m]`, atSeconds);
    const [difference] = await query(`sum(${total}) / 1000 - sum(hyperdjango_db_query_duration_seconds_sum)`);

    expect(series.length).toBe(1);
    expect(rate?.value).toBeGreaterThan(0);
    expect(deviation(rate?.value, sumOfRates(series, RANGE_SECONDS, atSeconds))).toBeLessThan(TOLERANCE);
    expect(difference?.value).toBeCloseTo(0, 3);
  });

  it('stored exactly the failed queries that were sent', async () => {
    const failures = sent.requests.find(({ route }) => route === '/database/failing-query')?.count;
    const stored = await query('hyperdjango_db_query_errors_total > 0');

    expect(stored.map(({ metric, value }) => [metric['sqlstate_class'], value])).toEqual([['23', failures]]);
  });

  it('stored exactly the repeated reads that were sent, and none of the list that is made as it should be', async () => {
    const lists = sent.requests.find(({ route }) => route === '/reviews/n-plus-one')?.count ?? Number.NaN;
    const stored = await query('hyperdjango_n_plus_one_by_route_total{route=~"/reviews.*"}');

    // Two statements for each book.
    expect(stored.map(({ metric, value }) => [metric['route'], value])).toEqual([
      ['/reviews/n-plus-one', 2 * lists],
    ]);
  });

  it('stored as many requests with their queries as requests', async () => {
    const difference = 'hyperdjango_db_queries_per_request_count - sum(hyperdjango_http_requests_total)';
    const average =
      'hyperdjango_db_avg_queries_per_request - hyperdjango_db_queries_per_request_sum / hyperdjango_db_queries_per_request_count';

    expect((await query(difference.replace(' - ', ' - on () ')))[0]?.value).toBe(0);
    expect((await query(average))[0]?.value).toBeCloseTo(0, 6);
  });

  it('stored a healthy pool of which nothing is left in use, and every connection accounted for', async () => {
    const pool = 'hyperdjango_db_pool';
    const values = async (expr: string): Promise<number[]> => (await query(expr)).map(({ value }) => value);

    expect(await values(`${pool}_healthy`)).toEqual([1]);
    expect(await values(`increase(${pool}_health_failures_total[5m])`)).toEqual([0]);
    expect(await values(`${pool}_in_use + ${pool}_thread_owned + ${pool}_waiting`)).toEqual([0]);
    expect(await values('hyperdjango_db_queries_in_flight')).toEqual([0]);
    expect(
      await values(`${pool}_connections_created_total - ${pool}_connections_closed_total - ${pool}_open`),
    ).toEqual([0]);
    expect(await values(`sum(${pool}_capacity_by_pool) - sum(${pool}_total)`)).toEqual([0]);
  });

  // These requests come after those that are compared above, whose queries are asked as of an earlier time.
  it('shows the pool utilization while transactions are held, and a query in flight', async () => {
    const utilization = contractQuery('Pool utilization');
    const inFlight = 'hyperdjango_db_queries_in_flight';
    const now = async (expr: string): Promise<number | undefined> => (await ask().query(expr))[0]?.value;
    const capacity = (await now('hyperdjango_db_pool_total')) ?? Number.NaN;
    expect(capacity).toBe(5);
    expect(await now(utilization)).toBe(0);

    const paths = [...Array.from({ length: 2 }, () => 'transaction?ms=8000'), 'slow-query?ms=8000'];
    const held = paths.map((path) => fetch(`${sample.url}/database/${path}`));
    const becomes = (expr: string, value: number): Promise<boolean> =>
      poll(async () => (await now(expr)) === value, FINAL_SCRAPE);
    expect(await becomes(utilization, 3 / capacity)).toBe(true);
    expect(await becomes(inFlight, 1)).toBe(true);
    expect(await now('hyperdjango_db_pool_thread_owned')).toBe(2);
    expect(await now('hyperdjango_db_pool_available')).toBe(capacity - 3);
    expect(await now('hyperdjango_db_pool_healthy')).toBe(1);

    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await becomes(utilization, 0)).toBe(true);
    expect(await becomes(inFlight, 0)).toBe(true);
  });

  it('has nothing that promtool objects to but names that are fixed', async () => {
    const exposition = await (await fetch(`${sample.url}/metrics`)).text();
    const findings = checkMetrics(exposition);

    expect(findings.filter((line) => !ALLOWED_BY_DESIGN.some((allowed) => allowed.test(line)))).toEqual([]);
    // Proof that promtool was really asked.
    expect(findings.some((line) => line.startsWith('nodejs_active_'))).toBe(true);
  });
});

/** How far off a number is, in proportion; NaN when it is missing. */
function deviation(actual: number | undefined, expected: number): number {
  return Math.abs((actual ?? Number.NaN) / expected - 1);
}
