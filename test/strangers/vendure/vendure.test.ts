import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalogFamily } from '../../../src/catalog/catalog-family.js';
import { CATALOG } from '../../../src/catalog/catalog.js';
import { decodeProtobuf } from '../../support/decode-protobuf.js';
import { switchedOff } from '../../support/every-option.js';
import { type Exposition, seriesOf, sumOf } from '../../support/exposition.js';
import { TRACE_ID } from './client.js';
import { EVERYTHING, LEFT_OFF } from './everything.js';
import { type LogEntry, runShop, type Shown, type ShopOptions, type ShopRun } from './shop-run.js';
import { CountingPostgres, type StatementCounts } from '../../support/counting-postgres.js';
import { ADMIN_API, PAYMENT_WAIT_MS, SHOP_API, TRAFFIC, type Visit } from './traffic.js';
import { VendureProject } from './vendure-project.js';

/** With the first download of Vendure. */
const PREPARATION_TIMEOUT_MS = 900_000;
const PREFIX = 'hyperdjango_';
const METRICS = { http: { handlers: true }, healthChecker: false };
/** What is 0 in a quiet shop without faults; `method_…` needs decorators. */
const MAY_BE_ZERO =
  /^(method_|db_pool_(waiting|in_use|thread_owned|health_failures|connections_closed)|.*_in_flight|schedule_overlaps|stmt_cache_(plan_|bypass|evict)|http_client_errors|metrics_(scrapes_refused|collector_errors|series_dropped)|process_\w+_limit)/;
/** What the library asks the server on its own account: no queries of the application. */
const OWN_STATEMENT =
  /^(SELECT pg_backend_pid\(\) AS pid|SELECT \$1$|SELECT current_setting\(\$1\) AS version|EXPLAIN |BEGIN READ ONLY|SET LOCAL (lock|statement)_timeout)|hyper_metrics_slow_queries/;
/** The library's transactions end with it, like those of the application. */
const ROLLBACK = 'ROLLBACK';
/** Of the requests. None of it may be in what the library shows. */
const DATA = ['buyer-1@', 'Long Road', 'keeper-of-the-shop', 'ORDER-1', 'Renamed'];
/** A busy machine is too slow to explain some query. */
const OWN_WARNING =
  /^WARN (N\+1 queries: POST \/(shop|admin)-api read \d+ times: SELECT |Suspected connection leak: |No connection leak: |A slow query could not be explained: The database did not answer within )/;
/** With line and column. Not what carries queries only, such as TypeORM. */
const LINE_OF_VENDURE = /node_modules\/@vendure\/core\/dist\/.*\.js:\d+:\d+$/;
/** What a stack points at. */
const CALL = /^(await )?[\w.]+\s*\(|^await /;
/** Of `variants` and `facetValues` in Vendure's resolver for a product, which the lists of products repeat. */
const REPEATING_FIELDS = [
  'this.productVariantService.getVariantsByProductId(',
  'this.productService.getFacetValuesForProduct(',
  'this.facetValueService.findByIds(',
];

let project: VendureProject;
let postgres: CountingPostgres;
let without: ShopRun;
let withModule: ShopRun;
let withEverything: ShopRun;
let slowQueries: readonly SlowQueryRow[];

beforeAll(async () => {
  project = await VendureProject.create();
  postgres = await CountingPostgres.start();
  const template = 'populated';
  await project.populate(await postgres.createDatabase(template));
  const run = (options: Omit<ShopOptions, 'template'>): Promise<ShopRun> =>
    runShop(project, postgres, { template, ...options }, TRAFFIC);
  without = await run({ name: 'without' });
  withModule = await run({ name: 'with_module', metrics: METRICS });
  withEverything = await run({ name: 'with_everything', metrics: EVERYTHING, isWatched: true });
  slowQueries = await postgres.execute<SlowQueryRow>(
    postgres.urlOf('with_everything'),
    'SELECT * FROM hyper_metrics_slow_queries',
  );
}, PREPARATION_TIMEOUT_MS);

afterAll(async () => {
  project?.remove();
  await postgres?.stop();
});

it('sells without the module', () => {
  expect(without.answers.map(({ name, status }) => ({ name, status }))).toEqual(
    TRAFFIC.map(({ name, status }) => ({ name, status })),
  );
  const sold = without.answers.filter(({ name }) => name === 'the bank is slow');
  expect(sold.map(({ body }) => (JSON.parse(body) as Payment).data.addPaymentToOrder)).toMatchObject(
    ['ORDER-1', 'ORDER-2'].map((code) => ({
      code,
      state: 'PaymentSettled',
      payments: [{ state: 'Settled' }],
    })),
  );
});

const runs = [
  ['with the module', () => withModule],
  ['with everything', () => withEverything],
] as const;

describe.each(runs)('%s', (_name, getRun) => {
  it('answers the same', () => {
    expect(getRun().answers).toEqual(without.answers);
  });

  it('logs what Vendure logs, and its own warnings', () => {
    const { log, stderr } = getRun();
    const vendures = log.filter(({ context }) => context !== 'HyperMetrics');
    expect(vendures.map(firstLine)).toEqual(without.log.map(firstLine));
    expect(withoutProcess(stderr)).toBe(withoutProcess(without.stderr));
    const ours = log.filter(({ context }) => context === 'HyperMetrics').map(firstLine);
    expect(ours.filter((line) => !OWN_WARNING.test(line))).toEqual([]);
  });

  it('counts the queries that the server executed, and the one that it refused', () => {
    const { before, after, statements } = getRun();
    const news = Object.keys(statements).filter((text) => isNew(text) && !OWN_STATEMENT.test(text));
    const executed = sumOfCalls(statements);
    expect(delta(before, after, 'db_query_errors_total')).toBe(1);
    expect(delta(before, after, 'db_queries_total'), `Not sent without the module: ${news.join('; ')}`).toBe(
      executed + 1,
    );
    expect(after.get(`${PREFIX}db_queries_in_flight`)).toBe(0);
  });

  it('counts the requests that were sent, by method and status', () => {
    const { after } = getRun();
    expect(seriesOf(after, `${PREFIX}http_requests_total`)).toEqual(
      countBy(({ method, status }) => `{method="${method}",status="${status}"}`),
    );
    expect(after.get(`${PREFIX}http_requests_in_flight`)).toBe(0);
  });

  it('labels requests with the path of their GraphQL API, and unanswered ones as unmatched', () => {
    const routes = seriesOf(getRun().after, `${PREFIX}http_route_duration_seconds_count`);
    expect(routes).toEqual(
      countBy(({ method, status, route }) => `{method="${method}",route="${route}",status="${status}"}`),
    );
  });

  it('times handlers from their start to the end of their transaction, by outcome', () => {
    const { after } = getRun();
    expect({
      addItemToOrder: handler(after, 'addItemToOrder'),
      addPaymentToOrder: handler(after, 'addPaymentToOrder'),
      adjustOrderLine: handler(after, 'adjustOrderLine'),
      updateProduct: handler(after, 'updateProduct'),
      product: handler(after, 'product'),
    }).toEqual({
      addItemToOrder: { success: 10, error: 2 },
      addPaymentToOrder: { success: 4, error: 2 },
      adjustOrderLine: { success: 2 },
      updateProduct: { success: 1, error: 1 },
      product: { success: 10, error: 1 },
    });
    // Of each outcome two have waited for the bank. Timers may be a millisecond early.
    const waitedSeconds = (2 * (PAYMENT_WAIT_MS - 1)) / 1000;
    expect(handler(after, 'addPaymentToOrder', 'sum')['success']).toBeGreaterThan(waitedSeconds);
    expect(handler(after, 'addPaymentToOrder', 'sum')['error']).toBeGreaterThan(waitedSeconds);
  });

  it('finds N+1 queries, each with the line of Vendure that asks', () => {
    const { findings, after } = getRun();
    expect(findings.length).toBeGreaterThan(10);
    expect(sumOf(after, `${PREFIX}n_plus_one_total`)).toBeGreaterThanOrEqual(findings.length);
    for (const { location = 'an unknown place' } of findings) {
      expect(location).toMatch(LINE_OF_VENDURE);
      expect(codeAt(location), `at ${location}`).toMatch(CALL);
    }
    const resolvers = findings.filter(({ location }) => location?.includes('/dist/api/resolvers/'));
    expect(resolvers.map(({ location = '' }) => codeAt(location))).toEqual(
      expect.arrayContaining(REPEATING_FIELDS.map((code) => expect.stringContaining(code) as string)),
    );
  });
});

describe('with everything', () => {
  it('leaves no option off', () => {
    expect(switchedOff(EVERYTHING)).toEqual(LEFT_OFF);
  });

  it('has data in every family', () => {
    const { after } = withEverything;
    const isAbsent = ({ name, type }: CatalogFamily): boolean =>
      sumOf(after, PREFIX + name + (type === 'histogram' ? '_count' : '')) === 0;
    const absent = CATALOG.filter(isAbsent).map(({ name }) => name);
    expect(absent.filter((name) => !MAY_BE_ZERO.test(name))).toEqual([]);
  });

  it('counts the requests to the bank, the run of the job and the exceptions that Nest answers', () => {
    const { after } = withEverything;
    const outgoing = seriesOf(after, `${PREFIX}http_client_request_duration_seconds_count`);
    expect(Object.entries(outgoing).map(([labels, count]) => [labels.replace(/:\d+/, ''), count])).toEqual([
      ['{method="POST",host="127.0.0.1",status="503"}', 2],
      ['{method="POST",host="127.0.0.1",status="201"}', 2],
    ]);
    expect(seriesOf(after, `${PREFIX}http_route_outgoing_seconds_total`)).toEqual({
      '{route="/shop-api"}': expect.toSatisfy(
        (seconds: number) => seconds > (4 * (PAYMENT_WAIT_MS - 1)) / 1000,
      ) as number,
    });
    expect(seriesOf(after, `${PREFIX}schedule_run_duration_seconds_count`)).toEqual({
      '{job="count products",outcome="success"}': 1,
    });
    expect(seriesOf(after, `${PREFIX}http_exceptions_total`)).toEqual({
      '{route="<middleware>",class="BadRequestException"}': 1,
      '{route="<unmatched>",class="NotFoundException"}': 4,
    });
  });

  it('counts each statement by its tables', () => {
    const { after } = withEverything;
    expect(sumOf(after, `${PREFIX}db_statement_calls_total`)).toBe(sumOf(after, `${PREFIX}db_queries_total`));
    expect(seriesOf(after, `${PREFIX}db_statement_calls_total`)).toHaveProperty([
      '{statement="SELECT collection, collection_translation"}',
    ]);
  });

  it('suspects connections that are held for long, each with the line that asked for it', () => {
    const suspected = warningsOf(withEverything, 'Suspected connection leak');
    expect(suspected.length).toBeGreaterThan(0);
    for (const warning of suspected) {
      const [, location = ''] = /requested at (\S+)\. Release/.exec(warning) ?? [];
      expect(location).toMatch(/^serve\.mjs:\d+:\d+$|node_modules\/@vendure\/core\/dist\/.*\.js:\d+:\d+$/);
    }
  });

  it('writes slow queries down, reads with their plans', () => {
    const reads = slowQueries.filter(({ operation }) => operation === 'select');
    const explained = reads.filter(({ plan }) => plan !== null);
    expect(new Set(slowQueries.map(({ route }) => route))).toContain('/shop-api');
    expect(explained.length).toBeGreaterThan(reads.length / 4);
  });

  it('shows exemplars, native histograms and the live page', () => {
    const { openMetrics, protobuf, page, state } = withEverything.shown as Shown;
    expect(openMetrics).toContain(`trace_id="${TRACE_ID}"`);
    const durations = decodeProtobuf(protobuf).find(
      ({ name }) => name === `${PREFIX}http_request_duration_seconds`,
    );
    expect(durations?.metric?.[0]?.histogram).toMatchObject({
      sampleCount: TRAFFIC.length,
      schema: expect.any(Number) as number,
    });
    expect(page).toEqual({ status: 200, contentType: 'text/html; charset=utf-8' });
    expect(state).toMatchObject({ totals: { requests: TRAFFIC.length }, missing: { rows: [], omitted: 0 } });
  });

  it('shows nothing of the requests’ data', () => {
    const { after, shown, log, findings } = withEverything;
    const ours = log.filter(({ context }) => context === 'HyperMetrics');
    const text = JSON.stringify([[...after], shown?.openMetrics, shown?.state, ours, findings, slowQueries]);
    expect(DATA.filter((value) => text.includes(value))).toEqual([]);
  });
});

it('names statements of the shop', () => {
  const { before, after } = withEverything;
  const [hits, misses] = ['stmt_cache_hits_total', 'stmt_cache_misses_total'].map((name) =>
    delta(before, after, name),
  ) as [number, number];
  console.log(
    `Statement cache: ${hits} hits, ${misses} misses, a hit rate of ${((100 * hits) / (hits + misses)).toFixed(1)} %; ` +
      `queries: ${[without, withModule, withEverything].map(({ statements }) => sumOfCalls(statements)).join(', ')}.`,
  );
  expect(hits).toBeGreaterThan(0);
  expect(after.get(`${PREFIX}stmt_cache_entries`)).toBeGreaterThan(0);
  expect(sumOf(withModule.after, `${PREFIX}stmt_cache_hits_total`)).toBe(0);
});

/** From a location in a stack to the end of its line. */
function codeAt(location: string): string | undefined {
  const [, file = '', line, column] = /^(.*):(\d+):(\d+)$/.exec(location) ?? [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines[Number(line) - 1]?.slice(Number(column) - 1);
}

interface SlowQueryRow {
  readonly operation: string;
  readonly route: string | null;
  readonly plan: string | null;
}

interface Payment {
  readonly data: { readonly addPaymentToOrder: unknown };
}

function countBy(series: (visit: Visit & { route: string }) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const visit of TRAFFIC) {
    const name = series({ ...visit, route: visit.route ?? routeOf(visit.path) });
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function routeOf(path: string): string {
  const [pathname = ''] = path.split('?');
  return [SHOP_API, ADMIN_API, '/health'].includes(pathname) ? pathname : '<unmatched>';
}

function handler(metrics: Exposition, name: string, part = 'count'): Record<string, number> {
  const series = seriesOf(metrics, `${PREFIX}handler_duration_seconds_${part}`);
  return Object.fromEntries(
    Object.entries(series)
      .filter(([labels]) => labels.includes(`handler="${name}"`))
      .map(([labels, value]) => [/outcome="(\w+)"/.exec(labels)?.[1] ?? '', value]),
  );
}

function isNew(text: string): boolean {
  return !(text in without.statements);
}

/** Of the application. */
function sumOfCalls(counts: StatementCounts): number {
  const calls = Object.entries({ ...counts, [ROLLBACK]: without.statements[ROLLBACK] ?? 0 });
  return calls.reduce((total, [text, count]) => total + (OWN_STATEMENT.test(text) ? 0 : count), 0);
}

/** The numbers of a process in Node's warnings. */
function withoutProcess(text: string): string {
  return text.replaceAll(/node:\d+/g, 'node');
}

function warningsOf({ log }: ShopRun, beginning: string): string[] {
  return log.filter(({ message }) => message.startsWith(beginning)).map(({ message }) => message);
}

function delta(before: Exposition, after: Exposition, family: string): number {
  return sumOf(after, PREFIX + family) - sumOf(before, PREFIX + family);
}

function firstLine({ level, message }: LogEntry): string {
  return `${level} ${message.split('\n')[0]}`;
}
