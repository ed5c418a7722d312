import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { CountingPostgres } from '../support/counting-postgres.js';
import { LibraryPackage } from '../support/consumer-package.js';
import { type Exposition, readExposition, seriesOf, sumOf } from '../support/exposition.js';
import { nodeBinary } from './node-binary.js';
import { NEST_12, StrangerFolder } from './stranger-folder.js';

const PREPARATION_TIMEOUT_MS = 900_000;
const SETTLED = { timeoutMs: 60_000, intervalMs: 20 };
const NODE = '24';
const PACKAGES = {
  ...NEST_12,
  '@nestjs/observe': '0.3.3',
  '@nestjs/schedule': '12.0.2',
  '@opentelemetry/api': '1.9.0',
  '@opentelemetry/context-async-hooks': '2.12.1',
  '@opentelemetry/instrumentation': '0.223.0',
  '@opentelemetry/instrumentation-express': '0.71.0',
  '@opentelemetry/instrumentation-http': '0.223.0',
  '@opentelemetry/instrumentation-pg': '0.75.0',
  '@opentelemetry/sdk-trace-base': '2.12.1',
  pg: '8.23.1',
};

const EXPRESS = {
  '11.1.4': nestPackages('11.1.4'),
  '11.2.10': nestPackages('11.2.10'),
  '12.0.1': nestPackages('12.0.1'),
};

/** The oldest and newest releases for each Nest. */
const SCHEDULERS = [
  { schedule: '5.0.1', nest: '11.1.4', pool: '8.5.1' },
  { schedule: '6.0.0', nest: '11.1.4', pool: '8.23.1' },
  { schedule: '6.1.3', nest: '11.2.10', pool: '8.23.1' },
  { schedule: '12.0.0', nest: '12.0.1', pool: '8.23.1' },
] as const;

function nestPackages(version: string): Readonly<Record<string, string>> {
  return {
    ...NEST_12,
    '@nestjs/common': version,
    '@nestjs/core': version,
    '@nestjs/platform-express': version,
  };
}

const VISITS = { books: 5, 'one-by-one': 2, fail: 3, jobs: 2, nowhere: 1 } as const;

/** What the library counts, whoever observes beside it. */
const EXPECTED = {
  requests: {
    '{method="GET",status="200"}': VISITS.books + VISITS['one-by-one'] + VISITS.jobs,
    '{method="GET",status="500"}': VISITS.fail,
    '{method="GET",status="404"}': VISITS.nowhere,
  },
  routes: {
    '{method="GET",route="/books",status="200"}': VISITS.books,
    '{method="GET",route="/one-by-one",status="200"}': VISITS['one-by-one'],
    '{method="GET",route="/fail",status="500"}': VISITS.fail,
    '{method="GET",route="/jobs",status="200"}': VISITS.jobs,
    '{method="GET",route="<unmatched>",status="404"}': VISITS.nowhere,
  },
  queries: {
    '{route="/books"}': VISITS.books,
    '{route="/one-by-one"}': VISITS['one-by-one'] * 7,
    '{route="/fail"}': VISITS.fail,
    '{route="job:count books"}': VISITS.jobs,
  },
  nPlusOne: { '{route="/one-by-one"}': VISITS['one-by-one'] },
  errors: { '{sqlstate_class="42"}': VISITS.fail },
  jobs: {
    '{job="count books",outcome="success"}': VISITS.jobs,
    '{job="Jobs.fail",outcome="error"}': VISITS.jobs,
  },
  pool: 5,
  inUse: 0,
  /** The server does not count statements that it refuses. */
  countedByServer: VISITS.books + VISITS['one-by-one'] * 7 + VISITS.jobs,
};

describe('an application with other observers', () => {
  let library: LibraryPackage;
  let server: CountingPostgres;
  let folder: StrangerFolder;
  let collector: Server;
  let telemetry = 0;

  beforeAll(async () => {
    library = await LibraryPackage.pack();
    server = await CountingPostgres.start();
    folder = await StrangerFolder.create('observers', PACKAGES, library, await nodeBinary(NODE));
    collector = createServer((request, response) => {
      request.resume().on('end', () => {
        telemetry += 1;
        response.writeHead(202, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  }, PREPARATION_TIMEOUT_MS);

  afterAll(async () => {
    folder?.remove();
    library?.remove();
    await server?.stop();
    collector?.closeAllConnections();
    collector?.close();
  });

  const others = ['none', 'observe', 'opentelemetry', 'observe and opentelemetry'];
  it.each(others.flatMap((names) => ['others', 'metrics'].map((first) => [names, first] as const)))(
    '%s, %s first: has the same numbers',
    async (names, first) => {
      const sent = telemetry;
      const port = (collector.address() as AddressInfo).port;
      const numbers = await visitShop(folder, server, {
        WITH: names,
        FIRST: first,
        OBSERVE_ENDPOINT: `http://127.0.0.1:${port}`,
        whileRunning: async (url) => {
          // The others see the same application.
          const spans = (await (await fetch(`${url}/spans`)).json()) as string[];
          expect(spans.some((name) => name.startsWith('pg.query'))).toBe(names.includes('opentelemetry'));
          const isSeen = !names.includes('observe') || (await poll(() => telemetry > sent, SETTLED));
          expect(isSeen).toBe(true);
        },
      });
      expect(numbers).toEqual(EXPECTED);
    },
  );

  it.each(SCHEDULERS)(
    'has the same numbers with @nestjs/schedule $schedule on Nest $nest',
    async ({ schedule, nest, pool }) => {
      const packages = { ...EXPRESS[nest], '@nestjs/schedule': schedule, pg: pool };
      const other = await StrangerFolder.create('observers', packages, library, await nodeBinary(NODE));
      try {
        for (const first of ['others', 'metrics']) {
          expect(await visitShop(other, server, { WITH: 'none', FIRST: first })).toEqual(EXPECTED);
        }
      } finally {
        other.remove();
      }
    },
    PREPARATION_TIMEOUT_MS,
  );
});

interface Visit {
  readonly WITH: string;
  readonly FIRST: string;
  readonly OBSERVE_ENDPOINT?: string;
  whileRunning?(url: string): Promise<void>;
}

let databases = 0;

/** Sends the requests to an application. Returns its numbers, and that of the server. */
async function visitShop(
  folder: StrangerFolder,
  server: CountingPostgres,
  { whileRunning, ...environment }: Visit,
): Promise<typeof EXPECTED> {
  databases += 1;
  const database = `shop_${databases}`;
  const url = await server.createDatabase(database);
  await server.execute(url, 'CREATE TABLE book (id int, title text)');
  await server.reset();
  const application = await folder.start('shop.mjs', { DATABASE_URL: url, ...environment });
  try {
    for (const [page, visits] of Object.entries(VISITS)) {
      for (let visit = 1; visit <= visits; visit += 1) {
        await (await fetch(`${application.url}/${page}`)).arrayBuffer();
      }
    }
    const total = Object.values(VISITS).reduce((all, one) => all + one, 0);
    await poll(async () => {
      const metrics = await scrape(application.url);
      return (
        sumOf(metrics, 'hyperdjango_http_requests_total') >= total &&
        sumOf(metrics, 'hyperdjango_schedule_run_duration_seconds_count') >= 2 * VISITS.jobs
      );
    }, SETTLED);
    const metrics = await scrape(application.url);

    const counts = Object.entries(await server.counts(database));
    const ofApplication = counts.filter(([statement]) => statement.includes('book'));
    const counted = ofApplication.reduce((all, [, calls]) => all + calls, 0);
    await whileRunning?.(application.url);
    await application.stop();
    return { ...observed(metrics), countedByServer: counted };
  } finally {
    await application.stop();
  }
}

function observed(metrics: Exposition): Omit<typeof EXPECTED, 'countedByServer'> {
  return {
    requests: seriesOf(metrics, 'hyperdjango_http_requests_total') as (typeof EXPECTED)['requests'],
    routes: seriesOf(metrics, 'hyperdjango_http_route_duration_seconds_count') as (typeof EXPECTED)['routes'],
    queries: seriesOf(metrics, 'hyperdjango_db_route_queries_total') as (typeof EXPECTED)['queries'],
    nPlusOne: seriesOf(metrics, 'hyperdjango_n_plus_one_by_route_total') as (typeof EXPECTED)['nPlusOne'],
    errors: seriesOf(metrics, 'hyperdjango_db_query_errors_total') as (typeof EXPECTED)['errors'],
    jobs: seriesOf(metrics, 'hyperdjango_schedule_run_duration_seconds_count') as (typeof EXPECTED)['jobs'],
    pool: metrics.get('hyperdjango_db_pool_total') ?? Number.NaN,
    inUse: metrics.get('hyperdjango_db_pool_in_use') ?? Number.NaN,
  };
}

async function scrape(url: string): Promise<Exposition> {
  return readExposition(await (await fetch(`${url}/metrics`)).text());
}
