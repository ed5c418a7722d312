import { platform as operatingSystem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { useBookshop } from '../support/bookshop.js';
import { poll } from '../../sample/src/common/poll.js';
import { Traffic } from '../../sample/src/traffic/traffic.js';
import { seriesOf } from '../support/exposition.js';
import { PLATFORMS } from '../support/platforms.js';
import { STOP } from '../support/sample-process.js';

const REQUESTS = 1_500;
const TEST_TIMEOUT_MS = 180_000;

describe.skipIf(operatingSystem() === 'win32').each(PLATFORMS)(
  'the bookshop on %s',
  { timeout: TEST_TIMEOUT_MS },
  (platform) => {
    const shop = useBookshop(platform);
    const { request, readJson, scrape } = shop;

    it('counts what its traffic generator says it sent', async () => {
      const hasSettled = async (): Promise<boolean> =>
        (await scrape()).get('hyperdjango_http_requests_in_flight') === 0;
      const readCounts = async (): Promise<Record<string, number>> => {
        expect(await poll(hasSettled, STOP)).toBe(true);
        return seriesOf(await scrape(), 'hyperdjango_http_requests_total');
      };

      const before = await readCounts();
      const traffic = new Traffic({ baseUrl: shop.sample.url, totalRequests: REQUESTS });
      await traffic.ended;
      const after = await readCounts();

      const { statement } = traffic;
      expect([...statement.surprises]).toEqual([]);
      expect(statement.total).toBe(REQUESTS);
      const sent = Object.entries(statement.countByMethodAndStatus()).map(([key, count]) => {
        const [method, status] = key.split(' ');
        return [`{method="${method}",status="${status}"}`, count];
      });
      const counted = Object.entries(after).map(([key, count]) => [key, count - (before[key] ?? 0)]);
      expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(sent));
    });

    it('sends all books as a file', async () => {
      const response = await request('/books.csv');
      const [header, first, ...rest] = (await response.text()).trimEnd().split('\n');

      expect(response.headers.get('content-type')).toMatch(/^text\/csv/);
      expect(header).toBe('id,title,author_id,price_cents');
      expect(first).toMatch(/^1,"[^"]+",\d+,\d+$/);
      expect(rest.length).toBeGreaterThanOrEqual(1_999);
    });

    it('makes the same list by one query for each row and without', async () => {
      const page = 'page=3&pageSize=50';
      const list = await readJson(`/reviews?${page}`);

      expect(list).toHaveLength(50);
      expect(list).toHaveProperty('[49].book.author.name');
      expect(await readJson(`/reviews/n-plus-one?${page}`)).toEqual(list);
    });

    it('sells no copy twice, and takes none for an order that fails', async () => {
      const place = async (quantity: number): Promise<number> => {
        const body = JSON.stringify({ bookId: 7, quantity });
        const headers = { 'content-type': 'application/json' };
        return (await request('/orders', { method: 'POST', headers, body })).status;
      };
      const readStock = async (): Promise<number> =>
        ((await readJson('/books/7')) as { readonly stock: number }).stock;

      const before = await readStock();
      expect(await Promise.all([3, 3, 3, 3, 10_000, 3, 3, 3, 3].map(place))).toEqual([
        201, 201, 201, 201, 409, 201, 201, 201, 201,
      ]);
      expect(await readStock()).toBe(before - 24);
    });

    it('takes its time for the slow report', async () => {
      const startedMs = performance.now();
      const sales = await readJson('/reports/sales');

      expect(performance.now() - startedMs).toBeGreaterThan(245);
      expect(sales).toHaveLength(8);
      expect(sales).toHaveProperty('[0].revenueCents', expect.any(Number));
    });

    it('streams uploads, and refuses what is no image', async () => {
      const put = (type: string, body: Uint8Array): Promise<Response> =>
        request('/books/1/cover', { method: 'PUT', headers: { 'content-type': type }, body });

      // More than any body parser here would accept.
      const upload = await put('image/png', new Uint8Array(5_000_000));
      expect([upload.status, await upload.json()]).toEqual([200, { bytes: 5_000_000 }]);
      expect((await put('application/json', Buffer.from('{}'))).status).toBe(415);
      expect((await put('text/plain', Buffer.from('text'))).status).toBe(415);
    });
  },
);
