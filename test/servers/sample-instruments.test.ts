import { Agent } from 'node:http';
import { platform as operatingSystem } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { useBookshop } from '../support/bookshop.js';
import { poll } from '../../sample/src/common/poll.js';
import type { PlannedRequest } from '../../sample/src/traffic/request-mix.js';
import { sendRequest } from '../../sample/src/traffic/send-request.js';
import { Traffic } from '../../sample/src/traffic/traffic.js';
import { type Exposition, readExposition } from '../support/exposition.js';
import { PLATFORMS } from '../support/platforms.js';
import { STOP } from '../support/sample-process.js';

const REQUESTS = 1_000;
const TEST_TIMEOUT_MS = 180_000;

/** Counts of all that is decorated or injected in the sample: durations differ from run to run. */
const COUNTS = /^(bookshop|hyperdjango_method)_\w+_(total|count)\b/;

const timed = (className: string, method: string, outcome = 'success'): string =>
  `hyperdjango_method_duration_seconds_count{class="${className}",method="${method}",outcome="${outcome}"}`;
const counted = (className: string, method: string, outcome = 'success'): string =>
  `hyperdjango_method_calls_total{class="${className}",method="${method}",outcome="${outcome}"}`;
const inFlight = (className: string, method: string): string =>
  `hyperdjango_method_in_flight{class="${className}",method="${method}"}`;
const checkouts = (kind: string, outcome = 'success'): string =>
  `bookshop_checkout_seconds_count{outcome="${outcome}",kind="${kind}"}`;
const packings = (size: string): string =>
  `bookshop_parcel_packing_seconds_count{outcome="success",table="front",size="${size}"}`;

const PAGES = [
  {
    path: '/instruments/timed',
    called: {
      'returns()': 'returned',
      'await resolves()': 'resolved',
      'await rejects()': 'rejected',
      'await lastValueFrom(emits())': 2,
      'for await (const value of yields()) last = value': 2,
      'for await (const value of yields()) break': 0,
      'await packs(1)': 'packed 1',
      'await packs(12)': 'packed 12',
    },
    recorded: {
      [timed('TimedExamplesService', 'returns')]: 1,
      [timed('TimedExamplesService', 'resolves')]: 1,
      [timed('TimedExamplesService', 'rejects', 'error')]: 1,
      [timed('TimedExamplesService', 'emits')]: 1,
      [timed('TimedExamplesService', 'yields')]: 1,
      [timed('TimedExamplesService', 'yields', 'cancelled')]: 1,
      [packings('small')]: 1,
      [packings('large')]: 1,
    },
  },
  {
    path: '/instruments/counted',
    called: {
      'halves(8)': 4,
      'halves(7)': '7 copies have no half.',
      'halvesAgain(8)': 4,
      'halvesAgain(7)': '7 copies have no half.',
    },
    recorded: {
      [counted('CountedExamplesService', 'halves')]: 1,
      [counted('CountedExamplesService', 'halves', 'error')]: 1,
      [counted('CountedExamplesService', 'halvesAgain', 'error')]: 1,
    },
  },
  {
    path: '/instruments/inject-metric',
    called: { "wrap(1, 'plain')": '1 in plain paper', "wrap(3, 'golden')": '3 in golden paper' },
    recorded: {
      'bookshop_gifts_wrapped_total{paper="plain"}': 1,
      'bookshop_gifts_wrapped_total{paper="golden"}': 1,
      bookshop_books_per_gift_count: 2,
    },
  },
];

interface Page {
  readonly called: unknown;
  readonly scraped: readonly string[];
}

/** How much each count rose, as far as it did. */
function rises(before: Exposition, after: Exposition): Record<string, number> {
  return Object.fromEntries(
    [...after]
      .filter(([series]) => COUNTS.test(series))
      .map(([series, value]) => [series, value - (before.get(series) ?? 0)] as const)
      .filter(([, rise]) => rise !== 0),
  );
}

describe.skipIf(operatingSystem() === 'win32').each(PLATFORMS)(
  "the bookshop's decorators on %s",
  { timeout: TEST_TIMEOUT_MS },
  (platform) => {
    const shop = useBookshop(platform);
    const { request, readJson, readMetrics, scrape } = shop;

    const order = async (quantity: number): Promise<number> => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ bookId: 11, quantity });
      return (await request('/orders', { method: 'POST', headers, body })).status;
    };
    const upload = async (type: string): Promise<number> => {
      const headers = { 'content-type': type };
      return (await request('/books/1/cover', { method: 'PUT', headers, body: 'bytes' })).status;
    };
    /** The server has seen the request when this settles, and gets no further. */
    const leave = async (planned: Partial<PlannedRequest> & Pick<PlannedRequest, 'route'>): Promise<void> => {
      const { route } = planned;
      const whole = { method: 'GET', path: route, headers: {}, body: undefined, leaves: undefined };
      expect(await sendRequest(shop.sample.url, new Agent(), { ...whole, ...planned, status: 499 })).toBe(
        499,
      );
    };

    it.each(PAGES)('shows at $path what its calls recorded', async ({ path, called, recorded }) => {
      const before = await scrape();
      const page = await readJson<Page>(path);
      const exposition = await readMetrics();

      expect(page.called).toEqual(called);
      expect(rises(before, readExposition(exposition))).toEqual(recorded);
      expect(exposition.split('\n')).toEqual(expect.arrayContaining([...page.scraped]));
      const shown = page.scraped.map((line) => line.slice(0, line.lastIndexOf(' ')));
      expect(shown).toEqual(expect.arrayContaining(Object.keys(recorded)));
    });

    it('shows at /instruments/in-flight two calls while they last, and none afterwards', async () => {
      const gauge = inFlight('InFlightExamplesService', 'runs');

      expect(await readJson('/instruments/in-flight')).toEqual({
        called: 'await runs(() => runs(scrape))',
        before: [`${gauge} 0`],
        during: [`${gauge} 2`],
        after: [`${gauge} 0`],
      });
      expect((await scrape()).get(gauge)).toBe(0);
    });

    it('observes the values that the page at /instruments/inject-metric names', async () => {
      const readHistogram = async (): Promise<(number | undefined)[]> => {
        const exposition = await scrape();
        const ends = ['bucket{le="1"}', 'bucket{le="2"}', 'bucket{le="5"}', 'bucket{le="+Inf"}', 'sum'];
        return ends.map((end) => exposition.get(`bookshop_books_per_gift_${end}`));
      };

      const before = await readHistogram();
      await request('/instruments/inject-metric');
      const after = await readHistogram();
      expect(after.map((value, index) => Number(value) - Number(before[index]))).toEqual([1, 1, 2, 2, 4]);
    });

    it('links every page from the index', async () => {
      const links = Object.values(await readJson<Record<string, string>>('/'));

      const paths = PAGES.map(({ path }) => path);
      expect(links).toEqual(expect.arrayContaining([...paths, '/instruments/in-flight']));
    });

    it('counts the copies that were sold, and a refused order as an error', async () => {
      const before = await scrape();
      expect([await order(1), await order(4), await order(10_000)]).toEqual([201, 201, 409]);

      expect(rises(before, await scrape())).toEqual({
        bookshop_copies_sold_total: 5,
        [checkouts('single')]: 1,
        [checkouts('several')]: 1,
        [checkouts('several', 'error')]: 1,
      });
    });

    it('times every method of the books service, whichever route calls it', async () => {
      const before = await scrape();
      const paths = ['/books', '/books/1', '/books/1/reviews', '/authors/1/books', '/books/999999999'];
      const statuses: number[] = [];
      for (const path of paths) statuses.push((await request(path)).status);
      expect(statuses).toEqual([200, 200, 200, 200, 404]);

      expect(rises(before, await scrape())).toEqual({
        [timed('BooksService', 'list')]: 1,
        [timed('BooksService', 'get')]: 2,
        [timed('BooksService', 'listByAuthor')]: 1,
        [timed('BooksService', 'get', 'error')]: 1,
      });
    });

    it('times the file until its last byte was read', async () => {
      const before = await scrape();
      const file = await (await request('/books.csv')).text();
      expect(file.split('\n').length).toBeGreaterThan(2_000);

      expect(rises(before, await scrape())).toEqual({
        [timed('BooksService', 'inBatches')]: 1,
        [timed('BookExportController', 'download')]: 1,
      });
    });

    it('counts uploads that were refused or broke off as errors', async () => {
      const before = await scrape();
      expect([await upload('image/png'), await upload('text/plain')]).toEqual([200, 415]);
      const headers = { 'content-type': 'image/png' };
      const body = Buffer.alloc(50_000);
      const route = '/books/1/cover';
      await leave({ method: 'PUT', route, headers, body, leaves: 'at status 100' });

      const failed = counted('CoversController', 'upload', 'error');
      const hasEnded = async (): Promise<boolean> => rises(before, await scrape())[failed] === 2;
      expect(await poll(hasEnded, STOP)).toBe(true);
      expect(rises(before, await scrape())).toEqual({
        [timed('BooksService', 'get')]: 2,
        [counted('CoversController', 'upload')]: 1,
        [failed]: 2,
      });
    });

    it('keeps a report in flight whose client has left, until it is made', async () => {
      const gauge = inFlight('ReportsService', 'salesByCountry');
      const isMade = async (): Promise<boolean> => (await scrape()).get(gauge) === 0;
      // On a slow machine the report may be made before the scrape.
      const isBeingMade = async (): Promise<boolean> => {
        await leave({ route: '/reports/sales', leaves: 'at status 102' });
        return (await scrape()).get(gauge) === 1;
      };

      expect(await isMade()).toBe(true);
      expect(await poll(isBeingMade, STOP)).toBe(true);
      expect(await poll(isMade, STOP)).toBe(true);
    });

    it('agrees with the traffic generator about what requests led to, those included whose client left', async () => {
      const before = await scrape();
      const traffic = new Traffic({ baseUrl: shop.sample.url, totalRequests: REQUESTS });
      await traffic.ended;
      const { statement } = traffic;
      expect([...statement.surprises]).toEqual([]);

      const sent = (method: string, route: string, status: number): number =>
        statement.requests.find(
          (kind) => kind.method === method && kind.route === route && kind.status === status,
        )?.count ?? Number.NaN;
      const uploads = (outcome: string): string => counted('CoversController', 'upload', outcome);
      const downloads = (outcome: string): string => timed('BookExportController', 'download', outcome);

      // What clients have left may still be ending.
      await vi.waitFor(
        async () => {
          const after = await scrape();
          const counts = rises(before, after);
          expect(counts).toMatchObject({
            [uploads('success')]: sent('PUT', '/books/:id/cover', 200),
            [uploads('error')]: sent('PUT', '/books/:id/cover', 499),
            [checkouts('single')]: sent('POST', '/orders', 201),
            [checkouts('several', 'error')]: sent('POST', '/orders', 409),
            bookshop_copies_sold_total: sent('POST', '/orders', 201),
            [timed('BooksService', 'list')]: sent('GET', '/books', 200),
            [timed('TimedExamplesService', 'emits')]: sent('GET', '/instruments/timed', 200),
            [counted('CountedExamplesService', 'halves')]: sent('GET', '/instruments/counted', 200),
            bookshop_books_per_gift_count: 2 * sent('GET', '/instruments/inject-metric', 200),
          });
          const ended = ['success', 'cancelled'].map((outcome) => counts[downloads(outcome)] ?? 0);
          expect(ended.reduce((sum, count) => sum + count)).toBe(sent('GET', '/books.csv', 200));
          expect(after.get(inFlight('ReportsService', 'salesByCountry'))).toBe(0);
        },
        { timeout: STOP.timeoutMs, interval: STOP.intervalMs },
      );
    });
  },
);
