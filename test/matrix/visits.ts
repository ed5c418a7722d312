import { expect } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import seed from '../contract/seed-metrics.json' with { type: 'json' };
import type { ConsumerApplication } from '../support/consumer-process.js';
import { type Exposition, readExposition, seriesOf, sumOf } from '../support/exposition.js';
import { VERSION } from './project.js';

const REQUESTS = 'hyperdjango_http_requests_total';
const POOL_HEALTHY = 'hyperdjango_db_pool_healthy';
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
  readonly database: DatabaseObservation | undefined;
  readonly version: string | undefined;
  readonly stderr: string;
}

/** Undefined where the family is not on the page. */
export interface DatabaseObservation {
  readonly queries: number | undefined;
  readonly inserts: number | undefined;
  readonly selects: number | undefined;
  readonly nPlusOne: Readonly<Record<string, number>>;
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
      const response = await fetch(application.url + path, { method, headers });
      answers.push({ path, status: response.status, body: (await response.json()) as object });
    }
    // The last response is recorded when it has ended, which its client may notice a moment earlier.
    await poll(async () => {
      const { metrics } = await scrape(application);
      return sumOf(metrics, REQUESTS) >= visits.length;
    }, SETTLED);
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
    pool: {
      total: metrics.get('hyperdjango_db_pool_total'),
      inUse: metrics.get('hyperdjango_db_pool_in_use'),
    },
    healthy: metrics.get(POOL_HEALTHY),
  };
}

async function scrape({ url }: ConsumerApplication): Promise<{ headers: Headers; metrics: Exposition }> {
  const response = await fetch(url + seed.endpoint.path);
  if (response.status !== 200) throw new Error(`The scrape was answered with ${response.status}.`);
  return { headers: response.headers, metrics: readExposition(await response.text()) };
}

function countBy(visits: readonly Visit[], labels: (visit: Visit) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of visits) {
    counts[labels(one)] = (counts[labels(one)] ?? 0) + 1;
  }
  return counts;
}
