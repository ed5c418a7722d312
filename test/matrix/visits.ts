import { expect } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import seed from '../contract/seed-metrics.json' with { type: 'json' };
import type { ConsumerApplication } from '../support/consumer-process.js';
import { decodeProtobuf, samplesOfProtobuf } from '../support/decode-protobuf.js';
import { type Exposition, readExposition, seriesOf, sumOf } from '../support/exposition.js';
import { FeedReader } from '../support/feed-reader.js';
import { ask } from '../support/http-client.js';
import { type ParsedSample, parseExposition } from '../support/parse-exposition.js';
import { parseOpenMetrics } from '../support/parse-open-metrics.js';
import { VERSION } from './project.js';

const REQUESTS = 'hyperdjango_http_requests_total';
const JOBS = 'hyperdjango_schedule_run_duration_seconds_count';
const POOL_HEALTHY = 'hyperdjango_db_pool_healthy';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0';
const PROTOBUF =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
/** Of a trace that is sampled. */
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACE_PARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;
const COUNTED = /^hyperdjango_(http|handler)_.*_(total|count)$/;
const DURATION = /^hyperdjango_.*_seconds$/;
const ENDE = { id: 1, name: 'Ende' };
const SETTLED = { timeoutMs: 60_000, intervalMs: 10 };

export interface Visit {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly route: string;
  readonly status: number;
  readonly body?: object;
}

export const VISITS: readonly Visit[] = [
  ...[1, 2, 3].map((id): Visit => ({
    method: 'GET',
    path: `/books/${id}`,
    route: '/books/:id',
    status: 200,
    body: { id },
  })),
  { method: 'GET', path: '/books/momo', route: '/books/:id', status: 400 },
  { method: 'GET', path: '/books/stock', route: '/books/stock', status: 200, body: { statuses: [200, 200] } },
  order({}, 403),
  order({}, 403),
  order({ 'x-api-key': 'momo' }, 201),
  { method: 'GET', path: '/nowhere', route: '<unmatched>', status: 404 },
];

export const DATABASE_VISITS: readonly Visit[] = [
  ...VISITS,
  { method: 'POST', path: '/authors/Ende', route: '/authors/:name', status: 201, body: ENDE },
  { method: 'GET', path: '/authors', route: '/authors', status: 200, body: [ENDE] },
  {
    method: 'GET',
    path: '/authors/one-by-one',
    route: '/authors/one-by-one',
    status: 200,
    body: { found: 1 },
  },
];

/** `save()` sends an INSERT and its transaction's begin and end; the list one SELECT; the loop one for each of seven. */
const DATABASE = {
  queries: 3 + 1 + 7,
  inserts: 1,
  selects: 8,
  statements: { '{statement="INSERT author"}': 1, '{statement="SELECT author"}': 8 },
  capacityByPool: { '{data_source="default",pool="primary"}': 10 },
  nPlusOne: { '{route="/authors/one-by-one"}': 1 },
  pool: { total: 10, inUse: 0 },
  healthy: 1,
};

function order(headers: Readonly<Record<string, string>>, status: number): Visit {
  return { method: 'POST', path: '/books/orders/yearly', route: '/books/orders/:plan', headers, status };
}

/** What an application answered and counted. */
export interface Observation {
  readonly answers: readonly object[];
  readonly scrapeHeaders: Readonly<Record<string, string | null>>;
  readonly requests: Readonly<Record<string, number>>;
  readonly routes: Readonly<Record<string, number>>;
  readonly durations: number | undefined;
  readonly inFlight: number | undefined;
  readonly orders: Readonly<Record<string, number>>;
  readonly timed: Readonly<Record<string, number>>;
  /** By the application's own counter, made without the library. */
  readonly visits: Readonly<Record<string, number>>;
  /** By route and class. */
  readonly exceptions: Readonly<Record<string, number>>;
  readonly handlers: Readonly<Record<string, number>>;
  readonly outgoing: Readonly<Record<string, number>>;
  readonly jobs: Readonly<Record<string, number>>;
  /** Of the sizes of bodies, and of the objectives. */
  readonly sizes: number;
  readonly objectives: number;
  readonly otherForms: OtherForms;
  readonly database: DatabaseObservation | undefined;
  readonly version: string | undefined;
  readonly stderr: string;
}

/** What the endpoint shows beside the text format. */
export interface OtherForms {
  /** Samples of the library's counts that OpenMetrics or protobuf have otherwise than the text format. */
  readonly differing: readonly string[];
  readonly hasExemplars: { readonly openMetrics: boolean; readonly protobuf: boolean };
  /** Families of durations without native buckets. */
  readonly withoutNativeBuckets: readonly string[];
  readonly page: { readonly status: number; readonly contentType: string | undefined };
  readonly requestsOnPage: number | null;
}

/** Undefined where the family is not on the page. */
export interface DatabaseObservation {
  readonly queries: number | undefined;
  readonly inserts: number | undefined;
  readonly selects: number | undefined;
  readonly nPlusOne: Readonly<Record<string, number>>;
  readonly statements: Readonly<Record<string, number>>;
  readonly capacityByPool: Readonly<Record<string, number>>;
  readonly pool: { readonly total: number | undefined; readonly inUse: number | undefined };
  readonly healthy: number | undefined;
}

export function expectedFrom(visits: readonly Visit[]): Observation {
  return {
    answers: visits.map(({ path, status, body = expect.any(Object) as object }) => ({ path, status, body })),
    scrapeHeaders: seed.endpoint.headers,
    requests: countBy(visits, ({ method, status }) => `{method="${method}",status="${status}"}`),
    routes: countBy(visits, ({ method, route, status }) => {
      return `{method="${method}",route="${route}",status="${status}"}`;
    }),
    durations: visits.length,
    inFlight: 0,
    orders: { '{plan="yearly"}': 1 },
    timed: { '{outcome="success"}': 1 },
    visits: { '{what="books"}': 3 },
    exceptions: {
      '{route="/books/:id",class="BadRequestException"}': 1,
      '{route="/books/orders/:plan",class="ForbiddenException"}': 2,
      '{route="<unmatched>",class="NotFoundException"}': 1,
    },
    // A guard's rejection and a 404 are no handler's.
    handlers: countBy(
      visits.filter(({ status, route }) => status !== 403 && route !== '<unmatched>'),
      ({ status }) => (status < 400 ? 'success' : 'error'),
    ),
    outgoing: { '{method="GET",status="200"}': 2 },
    jobs: { '{job="once",outcome="success"}': 1 },
    sizes: visits.length,
    objectives: 2,
    otherForms: {
      differing: [],
      hasExemplars: { openMetrics: true, protobuf: true },
      withoutNativeBuckets: [],
      page: { status: 200, contentType: 'text/html; charset=utf-8' },
      requestsOnPage: visits.length,
    },
    database: visits === DATABASE_VISITS ? DATABASE : undefined,
    version: VERSION,
    stderr: '',
  };
}

/** Sends the requests one by one, scrapes, and stops the application. */
export async function observe(
  starting: Promise<ConsumerApplication>,
  visits: readonly Visit[],
): Promise<Observation> {
  const application = await starting;
  try {
    const answers = [];
    for (const { method, path, headers = {} } of visits) {
      const response = await fetch(application.url + path, {
        method,
        headers: { traceparent: TRACE_PARENT, ...headers },
      });
      answers.push({ path, status: response.status, body: (await response.json()) as object });
    }
    // The last response is recorded when it has ended, which its client may notice a moment earlier.
    await poll(async () => {
      const { metrics } = await scrape(application);
      return sumOf(metrics, REQUESTS) >= visits.length && sumOf(metrics, JOBS) > 0;
    }, SETTLED);
    const otherForms = await readOtherForms(application);
    const { headers, metrics } = await scrape(application);
    const [info = ''] = Object.keys(seriesOf(metrics, 'hyperdjango_info'));
    // Stopped inside, so that `stderr` has the shutdown too.
    await application.stop();
    return {
      answers,
      scrapeHeaders: Object.fromEntries(
        Object.keys(seed.endpoint.headers).map((name) => [name, headers.get(name)]),
      ),
      requests: seriesOf(metrics, REQUESTS),
      routes: seriesOf(metrics, 'hyperdjango_http_route_duration_seconds_count'),
      durations: metrics.get('hyperdjango_http_request_duration_seconds_count'),
      inFlight: metrics.get('hyperdjango_http_requests_in_flight'),
      orders: seriesOf(metrics, 'orders_total'),
      timed: seriesOf(metrics, 'order_duration_seconds_count'),
      visits: seriesOf(metrics, 'visits_total'),
      exceptions: seriesOf(metrics, 'hyperdjango_http_exceptions_total'),
      handlers: byOutcome(seriesOf(metrics, 'hyperdjango_handler_duration_seconds_count')),
      outgoing: withoutHost(seriesOf(metrics, 'hyperdjango_http_client_request_duration_seconds_count')),
      jobs: seriesOf(metrics, JOBS),
      sizes: sumOf(metrics, 'hyperdjango_http_response_size_bytes_count'),
      objectives: Object.keys(seriesOf(metrics, 'hyperdjango_slo_objective_ratio')).length,
      otherForms,
      database: databaseFrom(metrics),
      version: /version="([^"]*)"/.exec(info)?.[1],
      stderr: application.stderr,
    };
  } finally {
    await application.stop();
  }
}

function databaseFrom(metrics: Exposition): DatabaseObservation | undefined {
  if (!metrics.has(POOL_HEALTHY)) return undefined;
  const duration = 'hyperdjango_db_query_duration_seconds_count';
  return {
    queries: metrics.get('hyperdjango_db_queries_per_request_sum'),
    inserts: metrics.get(`${duration}{operation="insert"}`),
    selects: metrics.get(`${duration}{operation="select"}`),
    nPlusOne: seriesOf(metrics, 'hyperdjango_n_plus_one_by_route_total'),
    statements: Object.fromEntries(
      Object.entries(seriesOf(metrics, 'hyperdjango_db_statement_calls_total')).filter(([labels]) =>
        labels.includes(' author"'),
      ),
    ),
    capacityByPool: seriesOf(metrics, 'hyperdjango_db_pool_capacity_by_pool'),
    pool: {
      total: metrics.get('hyperdjango_db_pool_total'),
      inUse: metrics.get('hyperdjango_db_pool_in_use'),
    },
    healthy: metrics.get(POOL_HEALTHY),
  };
}

/** The counts of requests and handlers, by name and labels. */
function countsOf(samples: readonly ParsedSample[]): ReadonlyMap<string, number> {
  return new Map(
    samples
      .filter(({ name }) => COUNTED.test(name))
      .map(({ name, labels, value }) => [name + JSON.stringify(labels), value]),
  );
}

/** Text, OpenMetrics and protobuf one after the other: nothing counts meanwhile but the scrapes themselves. */
async function readOtherForms({ url }: ConsumerApplication): Promise<OtherForms> {
  const endpoint = url + seed.endpoint.path;
  const openMetrics = parseOpenMetrics((await ask(endpoint, { accept: OPEN_METRICS })).body).samples;
  const families = decodeProtobuf((await ask(endpoint, { accept: PROTOBUF })).body);
  const text = countsOf(parseExposition((await ask(endpoint)).body).samples);
  const page = await ask(`${endpoint}/live`);
  const feed = await FeedReader.open(`${endpoint}/live/feed`);
  const state = await feed.sampledState();
  feed.close();
  const histograms = families.filter(({ type }) => type === 'HISTOGRAM');
  return {
    differing: [openMetrics, samplesOfProtobuf(families)].flatMap((samples) => {
      const counts = countsOf(samples);
      return [...text].filter(([series, value]) => counts.get(series) !== value).map(String);
    }),
    hasExemplars: {
      openMetrics: openMetrics.some(({ exemplar }) => exemplar?.labels['trace_id'] === TRACE_ID),
      protobuf: JSON.stringify(histograms).includes(TRACE_ID),
    },
    withoutNativeBuckets: histograms
      .filter(
        ({ name, metric = [] }) =>
          DURATION.test(name) && metric.some(({ histogram }) => histogram?.schema === undefined),
      )
      .map(({ name }) => name),
    page: { status: page.status, contentType: page.headers['content-type'] },
    requestsOnPage: state.totals.requests,
  };
}

async function scrape({ url }: ConsumerApplication): Promise<{ headers: Headers; metrics: Exposition }> {
  const response = await fetch(url + seed.endpoint.path);
  if (response.status !== 200) throw new Error(`The scrape was answered with ${response.status}.`);
  return { headers: response.headers, metrics: readExposition(await response.text()) };
}

function byOutcome(series: Readonly<Record<string, number>>): Record<string, number> {
  return summedBy(series, (labels) => /outcome="(\w+)"/.exec(labels)?.[1] ?? labels);
}

/** The port is another one each time. */
function withoutHost(series: Readonly<Record<string, number>>): Record<string, number> {
  return summedBy(series, (labels) => labels.replace(/host="127\.0\.0\.1:\d+",/, ''));
}

function summedBy(
  series: Readonly<Record<string, number>>,
  keyOf: (labels: string) => string,
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [labels, value] of Object.entries(series))
    sums[keyOf(labels)] = (sums[keyOf(labels)] ?? 0) + value;
  return sums;
}

function countBy(visits: readonly Visit[], labels: (visit: Visit) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of visits) {
    counts[labels(one)] = (counts[labels(one)] ?? 0) + 1;
  }
  return counts;
}
