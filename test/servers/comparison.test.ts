import { readFileSync } from 'node:fs';
import { Pool } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { chaptersOf, tableRows } from '../support/documentation-blocks.js';
import { type Compared, compare, type Comparison } from '../support/peers/compared-application.js';
import { labelOf, NOTHING, outcomeOf, totalsOf } from '../support/peers/comparison-table.js';
import { OBSERVE } from '../support/peers/observe.js';
import { OPEN_TELEMETRY } from '../support/peers/open-telemetry.js';
import { installPeers, type Peer } from '../support/peers/peer.js';
import {
  EXPRESS_PROM_BUNDLE,
  FASTIFY_METRICS,
  NESTJS_PROMETHEUS,
} from '../support/peers/prometheus-peers.js';
import { THIS_LIBRARY } from '../support/peers/this-library.js';
import { type Platform, PLATFORMS } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';

/** In the order of the tables' columns. */
const OTHERS = [NESTJS_PROMETHEUS, EXPRESS_PROM_BUNDLE, FASTIFY_METRICS, OPEN_TELEMETRY, OBSERVE];
/** What the page and README say is so up to Node.js 24; in 26, more responses that wait in a pipeline are closed. */
const isOnThePage = Number.parseInt(process.versions.node, 10) <= 24;
const TITLES = { express: 'Express', fastify: 'Fastify' };

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const readme = new Map(tableRows(read('README.md')).map(([title = '', ...cells]) => [title, cells]));
const chapters = chaptersOf(read('docs/comparison.md'));

const results = new Map<string, Comparison>();
let familiesWithDatabase: readonly string[] = [];

const resultsOf = (peer: Peer, platform: Platform): readonly Compared[] | undefined =>
  results.get(`${peer.name} ${platform}`)?.cases;

const caseOf = (peer: Peer, platform: Platform, name: string): Compared | undefined =>
  resultsOf(peer, platform)?.find((one) => one.name === name);

/** As test/e2e/request-matrix holds it; the family of all requests has no routes. */
function ownLabelOf(platform: Platform, name: string): string {
  const route = caseOf(THIS_LIBRARY, platform, name)?.expected.route;
  return typeof route === 'string' ? `\`${route}\`` : '';
}

beforeAll(async () => {
  const require = await installPeers();
  // OpenTelemetry patches the process, for the others too.
  for (const peer of [THIS_LIBRARY, ...OTHERS.filter((other) => other !== OPEN_TELEMETRY), OPEN_TELEMETRY]) {
    for (const platform of PLATFORMS.filter((one) => peer.platforms.includes(one))) {
      results.set(`${peer.name} ${platform}`, await compare(peer, platform, require));
    }
  }
  await queryPool();
  familiesWithDatabase = await (await OPEN_TELEMETRY.start(require)).families();
});

describe.each(PLATFORMS)('on %s', (platform) => {
  const compared = OTHERS.filter((peer) => peer.platforms.includes(platform));

  it('this library counts every request once, with the status that was sent', () => {
    const own = resultsOf(THIS_LIBRARY, platform) ?? [];

    expect(own.length).toBeGreaterThan(40);
    expect(own.filter((one) => outcomeOf(one) !== 'yes')).toEqual([]);
  });

  it.runIf(isOnThePage)('README says how many ways to end a request each package counts', () => {
    const ways = resultsOf(THIS_LIBRARY, platform)?.length;
    const found = [THIS_LIBRARY, ...OTHERS].map((peer) => {
      const result = resultsOf(peer, platform);
      return result === undefined ? NOTHING : totalsOf(result);
    });

    const title = `${TITLES[platform]}, of ${ways} ways a request can end: counted / with the right status`;
    expect(readme.get(title)).toEqual(found);
  });

  it.runIf(isOnThePage)('the page says of each way what each package counted', () => {
    const found = (resultsOf(THIS_LIBRARY, platform) ?? []).map(({ name, expected }, index) => [
      name,
      expected.status === 499 ? NOTHING : String(expected.status),
      ...compared.map((peer) => {
        const one = resultsOf(peer, platform)?.[index];
        return one === undefined ? '' : outcomeOf(one);
      }),
    ]);

    expect(tableRows(chapters.get(`Requests on ${TITLES[platform]}`) ?? '').slice(2)).toEqual(found);
  });

  it('the page has the labels of routes', () => {
    const [, , ...rows] = tableRows(chapters.get(`Routes on ${TITLES[platform]}`) ?? '');
    const found = rows.map(([name = '']) => [
      name,
      ownLabelOf(platform, name),
      ...compared.map((peer) => labelOf(caseOf(peer, platform, name))),
    ]);

    expect(rows.length).toBeGreaterThan(4);
    expect(rows).toEqual(found);
  });
});

it('http.md and architecture.md say how many of them an interceptor sees', () => {
  const ways = resultsOf(THIS_LIBRARY, 'express')?.length;
  const [seen, right] = totalsOf(resultsOf(NESTJS_PROMETHEUS, 'express') ?? [])
    .split(' / ')
    .map(Number);
  const [http, architecture] = ['docs/http.md', 'docs/architecture.md'].map((file) =>
    read(file).replaceAll(/\s+/g, ' '),
  );

  expect(http).toContain(`Of ${ways} ways in which a request to Express can end, it sees ${seen} (`);
  expect(architecture).toContain(
    `sees ${seen} of ${ways} ways in which a request to Express ends, ${Number(seen) - Number(right)} with the wrong status`,
  );
});

it.each([
  ['Route of `GET /api/items/7`', 'a parameter'],
  ['Route of an unknown path', 'an unknown path outside the prefix'],
])('README has the row %s as it was found', (title, name) => {
  const found = OTHERS.map((peer) => {
    const labels = peer.platforms.map((platform) => labelOf(caseOf(peer, platform, name)));
    return [...new Set(labels)].join(', ');
  });

  expect(readme.get(title)).toEqual([ownLabelOf('express', name), ...found]);
});

describe('the families for Prometheus', () => {
  const familiesOf = (peer: Peer): readonly string[] =>
    peer === OPEN_TELEMETRY
      ? familiesWithDatabase
      : PLATFORMS.flatMap((platform) => results.get(`${peer.name} ${platform}`)?.families ?? []);

  it('are those that the page lists', () => {
    const [, , ...listed] = tableRows(chapters.get('Families') ?? '');
    const found = OTHERS.map((peer) => [
      peer.name,
      familiesOf(peer)
        .map((name) => `\`${name}\``)
        .join(', ') || NOTHING,
    ]);

    expect(listed).toEqual(found);
  });

  it('are of databases where README says so', () => {
    const found = OTHERS.filter((peer) => familiesOf(peer).some((name) => /(^|_)(db|pool|quer)/.test(name)));

    expect(found).toEqual([OPEN_TELEMETRY]);
  });
});

/** So that OpenTelemetry's metrics of a pool exist. */
async function queryPool(): Promise<void> {
  const database = await startPostgres();
  const pool = new Pool({ connectionString: database.url });
  await pool.query('SELECT 1');
  await pool.end();
  await database.stop();
}
