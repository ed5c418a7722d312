import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exposition, seriesOf, sumOf } from '../../support/exposition.js';
import { type LogEntry, runShop, type ShopRun } from './shop-run.js';
import { CountingPostgres, type StatementCounts } from '../../support/counting-postgres.js';
import { ADMIN_API, PAYMENT_WAIT_MS, SHOP_API, TRAFFIC, type Visit } from './traffic.js';
import { VendureProject } from './vendure-project.js';

/** With the first download of Vendure. */
const PREPARATION_TIMEOUT_MS = 900_000;
const PREFIX = 'hyperdjango_';
const METRICS = { http: { handlers: true }, healthChecker: false };
/** What the statement cache asks the server on its own account: no query of the application. */
const OWN_STATEMENT = 'SELECT pg_backend_pid() AS pid';
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
let withCache: ShopRun;

beforeAll(async () => {
  project = await VendureProject.create();
  postgres = await CountingPostgres.start();
  const template = 'populated';
  await project.populate(await postgres.createDatabase(template));
  const run = (name: string, metrics?: object): Promise<ShopRun> =>
    runShop(project, postgres, { name, template, ...(metrics && { metrics }) }, TRAFFIC);
  without = await run('without');
  withModule = await run('with_module', METRICS);
  withCache = await run('with_cache', { ...METRICS, statementCache: true });
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
  ['with the statement cache', () => withCache],
] as const;

describe.each(runs)('%s', (_name, getRun) => {
  it('answers the same', () => {
    expect(getRun().answers).toEqual(without.answers);
  });

  it('logs what Vendure logs, and its own warnings', () => {
    const vendures = getRun().log.filter(({ context }) => context !== 'HyperMetrics');
    expect(vendures.map(firstLine)).toEqual(without.log.map(firstLine));
  });

  it('counts the queries that the server executed, and the one that it refused', () => {
    const { before, after, statements } = getRun();
    const [executed, news] = [sumOfCalls(statements), Object.keys(statements).filter(isNew)];
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

it('names statements of the shop', () => {
  const { before, after } = withCache;
  const [hits, misses] = ['stmt_cache_hits_total', 'stmt_cache_misses_total'].map((name) =>
    delta(before, after, name),
  ) as [number, number];
  console.log(
    `Statement cache: ${hits} hits, ${misses} misses, a hit rate of ${((100 * hits) / (hits + misses)).toFixed(1)} %; ` +
      `queries: ${[without, withModule, withCache].map(({ statements }) => sumOfCalls(statements)).join(', ')}.`,
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

function sumOfCalls(counts: StatementCounts): number {
  const calls = Object.entries(counts).map(([text, count]) => (text.startsWith(OWN_STATEMENT) ? 0 : count));
  return calls.reduce((total, count) => total + count, 0);
}

function delta(before: Exposition, after: Exposition, family: string): number {
  return sumOf(after, PREFIX + family) - sumOf(before, PREFIX + family);
}

function firstLine({ level, message }: LogEntry): string {
  return `${level} ${message.split('\n')[0]}`;
}
