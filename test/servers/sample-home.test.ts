import { spawnSync } from 'node:child_process';
import { platform as operatingSystem } from 'node:os';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { useBookshop } from '../support/bookshop.js';
import { findBarriers, findMissingBrowser, launchBrowser, openPage } from '../support/browser.js';
import { isSkipped } from '../support/skipped.js';

const missing = findMissingBrowser();
const TEST_TIMEOUT_MS = 180_000;
const ON_PURPOSE: Readonly<Record<string, number>> = {
  '/faults/error': 500,
  '/books/999999': 404,
  '/admin/stats': 403,
};

describe.skipIf(operatingSystem() === 'win32' || isSkipped('the bookshop’s start page', missing))(
  'the bookshop’s start page',
  { timeout: TEST_TIMEOUT_MS },
  () => {
    const shop = useBookshop('express');
    let browser: Browser;

    beforeAll(async () => {
      browser = await launchBrowser();
    });

    afterAll(() => browser?.close());

    const look = async (options = {}) => {
      const watched = await openPage(browser, `${shop.sample.url}/`, options);
      onTestFinished(() => watched.page.context().close());
      return watched;
    };

    it.each([
      [1440, 'light'],
      [1440, 'dark'],
      [360, 'light'],
      [360, 'dark'],
    ] as const)('is for everybody at %i pixels, %s', async (width, colorScheme) => {
      const { page, problems, requests } = await look({ viewport: { width, height: 800 }, colorScheme });

      expect(await findBarriers(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(requests).toEqual([`${shop.sample.url}/`]);
      expect(problems).toEqual([]);
    });

    it('leads to pages, has commands that work, and names metrics that are there then', async () => {
      const { page, problems } = await look({ permissions: ['clipboard-read', 'clipboard-write'] });
      const links = page.locator('main li > a');
      for (const link of await links.all()) {
        const path = (await link.getAttribute('href')) ?? '';
        // An event stream takes its time.
        const response = await fetch(`${shop.sample.url}${path}`, { signal: AbortSignal.timeout(60_000) });
        expect([path, response.status]).toEqual([path, ON_PURPOSE[path] ?? 200]);
        await (path === '/events' ? response.body?.cancel() : response.text());
      }
      expect(await links.count()).toBeGreaterThan(25);

      const outputs: string[] = [];
      for (const command of await page.locator('.command').all()) {
        await command.getByRole('button').click();
        const copied = await page.evaluate<string>('navigator.clipboard.readText()');
        expect(copied).toBe(await command.locator('code').textContent());
        const { status, stdout } = spawnSync('sh', ['-c', copied], { encoding: 'utf8', timeout: 60_000 });
        expect([copied, status]).toEqual([copied, 0]);
        outputs.push(stdout);
      }
      expect(outputs).toEqual([
        expect.stringContaining('"title":"A New Book"'),
        expect.stringContaining('"quantity":1'),
        '{"bytes":13}',
        '{"started":"nightly sales"}',
        expect.stringContaining('"id":2'),
        expect.stringContaining('# {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"'),
        expect.stringMatching(/^application\/vnd\.google\.protobuf;.* \d{3,} bytes\n$/),
      ]);

      for (const family of await page.locator('.families a').all()) {
        const name = (await family.textContent()) ?? '';
        const address = `${shop.sample.url}${await family.getAttribute('href')}`;
        const isThere = async (): Promise<boolean> =>
          new RegExp(`^${name}(_count)?[ {]`, 'm').test(await (await fetch(address)).text());
        await expect.poll(isThere, { timeout: 30_000, message: name }).toBe(true);
      }
      expect(problems).toEqual([]);
    });
  },
);
