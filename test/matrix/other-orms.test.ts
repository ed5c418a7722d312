import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { CountingPostgres } from '../support/counting-postgres.js';
import { LibraryPackage } from '../support/consumer-package.js';
import { type Exposition, readExposition, seriesOf, sumOf } from '../support/exposition.js';
import { nodeBinary } from './node-binary.js';
import { NEST_12, StrangerFolder } from './stranger-folder.js';

const PREPARATION_TIMEOUT_MS = 900_000;
const SETTLED = { timeoutMs: 60_000, intervalMs: 20 };

/** Kysely and MikroORM want Node.js 22 or newer. */
const NODE = '24';
const PACKAGES = {
  ...NEST_12,
  '@mikro-orm/core': '7.2.5',
  '@mikro-orm/postgresql': '7.2.5',
  '@prisma/adapter-pg': '7.10.1',
  '@prisma/client': '7.10.0',
  'drizzle-orm': '0.45.4',
  knex: '3.3.0',
  kysely: '0.29.9',
  pg: '8.23.1',
  prisma: '7.10.1',
};

/** Each page, and how often it is opened. */
const VISITS = { list: 5, 'one-by-one': 2, add: 3, transaction: 3, fail: 2 } as const;
const BOOKS = 10;

interface Expected {
  /** Idle connections of the ORM's own pool, which it does not give back. */
  readonly kept?: number;
  /** Statements that are sent under a name with `statementCache`. */
  readonly named: boolean;
}

/** What differs between the ORMs. */
const ORMS: Readonly<Record<string, Expected>> = {
  pg: { named: true },
  drizzle: { named: false },
  kysely: { named: true },
  prisma: { named: false },
  'mikro-orm': { named: false },
  knex: { named: false, kept: 1 },
};

describe('an application with its pool of pg under', () => {
  let library: LibraryPackage;
  let server: CountingPostgres;
  let folder: StrangerFolder;

  beforeAll(async () => {
    library = await LibraryPackage.pack();
    server = await CountingPostgres.start();
    folder = await StrangerFolder.create('orms', PACKAGES, library, await nodeBinary(NODE));
    // The command looks for an engine that nothing here uses, and would download it.
    await folder.run('prisma/build/index.js', ['generate', '--schema', 'schema.prisma'], {
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: '1',
    });
  }, PREPARATION_TIMEOUT_MS);

  afterAll(async () => {
    folder?.remove();
    library?.remove();
    await server?.stop();
  });

  it.each(Object.entries(ORMS))(
    '%s counts what the server counts, and ends by itself',
    async (orm, { kept = 0, named }) => {
      const database = `shop_${orm.replace('-', '_')}`;
      const url = await server.createDatabase(database);
      await server.execute(
        url,
        `CREATE TABLE book (id serial PRIMARY KEY, title text NOT NULL, author_id int NOT NULL);
         INSERT INTO book (title, author_id) SELECT 'Book ' || id, 1 FROM generate_series(1, ${BOOKS}) AS id`,
      );
      await server.reset();
      const application = await folder.start(`${orm}.mjs`, { DATABASE_URL: url });
      try {
        const before = await scrape(application.url);
        // What an ORM sends before its pool is handed out.
        const unseen = sum(await server.counts(database)) - queriesOf(before);
        const answers: Record<string, unknown> = {};
        for (const [page, visits] of Object.entries(VISITS)) {
          for (let visit = 1; visit <= visits; visit += 1) {
            const response = await fetch(`${application.url}/${page}`);
            answers[page] ??= await response.json();
          }
        }
        const requests = Object.values(VISITS).reduce((all, one) => all + one, 0);
        await poll(async () => {
          return sumOf(await scrape(application.url), 'hyperdjango_http_requests_total') >= requests;
        }, SETTLED);
        const metrics = await scrape(application.url);
        const counts = await server.counts(database);

        expect(answers).toEqual({
          list: { answer: BOOKS },
          'one-by-one': { titles: Array.from({ length: 7 }, (_, index) => `Book ${index + 1}`) },
          add: { answer: 1 },
          transaction: { answer: 'done' },
          fail: { answer: '42703' },
        });
        // The server does not count statements that it refuses.
        expect(queriesOf(metrics)).toBe(sum(counts) - unseen + VISITS.fail);
        expect(queriesByRoute(metrics)).toEqual({
          '/:name': VISITS.list + VISITS.add + VISITS.transaction * 3 + VISITS.fail,
          '/one-by-one': VISITS['one-by-one'] * 7,
        });
        expect(seriesOf(metrics, 'hyperdjango_n_plus_one_by_route_total')).toEqual({
          '{route="/one-by-one"}': VISITS['one-by-one'],
        });
        expect(seriesOf(metrics, 'hyperdjango_db_query_errors_total')).toEqual({
          '{sqlstate_class="42"}': VISITS.fail,
        });
        expect(metrics.get('hyperdjango_db_pool_total')).toBe(5);
        expect(metrics.get('hyperdjango_db_pool_in_use')).toBe(kept);
        expect(metrics.get('hyperdjango_db_pool_healthy')).toBe(1);
        expect(await hasNames(application.url, named)).toBe(named);
        await application.stop();
        expect(application.stderr).toMatch(/^(\S* ?WARN.*N\+1[\s\S]*)?$/);
      } finally {
        await application.stop();
      }
    },
  );
});

const queriesOf = (metrics: Exposition): number => metrics.get('hyperdjango_db_queries_total') ?? 0;
/** Probes and checks of the library itself. */
const OWN = /^SELECT \$1$|pg_backend_pid\(\) AS pid/;

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.entries(counts).reduce((all, [statement, calls]) => (OWN.test(statement) ? all : all + calls), 0);

/** Whether a repeated statement gets a name: the first ones are sent while the server is checked. */
async function hasNames(url: string, isExpected: boolean): Promise<boolean> {
  let visits = 0;
  await poll(async () => {
    await fetch(`${url}/one-by-one`);
    visits += 1;
    const hits = (await scrape(url)).get('hyperdjango_stmt_cache_hits_total') ?? 0;
    return isExpected ? hits > 0 : visits > 20;
  }, SETTLED);
  return ((await scrape(url)).get('hyperdjango_stmt_cache_hits_total') ?? 0) > 0;
}

function queriesByRoute(metrics: Exposition): Record<string, number> {
  const routes = Object.entries(seriesOf(metrics, 'hyperdjango_db_route_queries_total'));
  return Object.fromEntries(
    routes
      .map(([labels, count]) => [/route="([^"]*)"/.exec(labels)?.[1] ?? '', count] as const)
      .filter(([route]) => route !== '<background>'),
  );
}

async function scrape(url: string): Promise<Exposition> {
  return readExposition(await (await fetch(`${url}/metrics`)).text());
}
