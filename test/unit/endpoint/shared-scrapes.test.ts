import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import type { ScrapeRequest } from '../../../src/endpoint/scrape-request.js';
import { type ScrapeBody, SharedScrapes } from '../../../src/endpoint/shared-scrapes.js';
import { openMetricsFormat } from '../../../src/exposition/open-metrics-format.js';
import { textFormat } from '../../../src/exposition/text-format.js';

const PLAIN = { gzip: 0, identity: 1 };
const GZIP = { gzip: 1, identity: Number.MIN_VALUE };

function setUp(series = 100) {
  let gathers = 0;
  const family = (name: string): FamilySnapshot => ({
    descriptor: { name, help: 'Help.', type: 'gauge', labelNames: ['queue'] },
    labelRows: Array.from({ length: series }, (_, index) => [`queue ${index}`]),
    values: new Float64Array(series).fill(1),
  });
  const scrapes = new SharedScrapes({
    gather: () => {
      gathers += 1;
      return Promise.resolve([family('depth'), family('size')]);
    },
  });
  return {
    gathers: () => gathers,
    scrape: (change: Partial<ScrapeRequest> = {}) =>
      scrapes.body({ format: textFormat, names: [], encodings: PLAIN, withinMs: undefined, ...change }),
  };
}

const bytes = (body: ScrapeBody | undefined) => Buffer.concat(body?.chunks ?? []);

describe('scrapes', () => {
  it('that want the same at once are rendered once, and later ones anew', async () => {
    const { scrape, gathers } = setUp();
    const [first, second] = await Promise.all([scrape(), scrape()]);
    expect(second?.chunks).toBe(first?.chunks);
    expect(gathers()).toBe(1);
    const later = await scrape();
    expect(later?.chunks).not.toBe(first?.chunks);
    expect(bytes(later)).toEqual(bytes(first));
    expect(gathers()).toBe(2);
  });

  it('that want the same compressed share that, and the rendering with those that want it plain', async () => {
    const { scrape, gathers } = setUp();
    const [first, second, plain] = await Promise.all([
      scrape({ encodings: GZIP }),
      scrape({ encodings: GZIP }),
      scrape(),
    ]);
    expect(second?.chunks).toBe(first?.chunks);
    expect([first?.encoding, plain?.encoding]).toEqual(['gzip', 'identity']);
    expect(gunzipSync(bytes(first))).toEqual(bytes(plain));
    expect(first?.byteLength).toBe(bytes(first).length);
    expect(gathers()).toBe(1);
  });

  it('that want other formats or families are not mixed up, and gathered once', async () => {
    const { scrape, gathers } = setUp();
    const [text, openMetrics, depth, both, none] = await Promise.all([
      scrape(),
      scrape({ format: openMetricsFormat }),
      scrape({ names: ['depth'] }),
      scrape({ names: ['depth', 'size'] }),
      scrape({ names: ['none'] }),
    ]);
    expect(bytes(openMetrics).toString()).toBe(`${bytes(text).toString()}# EOF\n`);
    expect(bytes(depth).toString()).not.toContain('size');
    expect(bytes(both)).toEqual(bytes(text));
    expect(bytes(none)).toHaveLength(0);
    expect(gathers()).toBe(1);
  });

  it('of less than 1 KiB stay plain unless plain is not acceptable', async () => {
    const { scrape } = setUp(5);
    const small = await scrape({ encodings: GZIP });
    const forced = await scrape({ encodings: { gzip: 0.1, identity: 0 } });
    expect(small?.byteLength).toBeLessThan(1024);
    expect([small?.encoding, forced?.encoding]).toEqual(['identity', 'gzip']);
    expect(gunzipSync(bytes(forced)).toString()).toContain('depth{queue="queue 4"} 1\n');
  });

  it('whose clients like plain better, or accept nothing', async () => {
    const { scrape, gathers } = setUp();
    expect((await scrape({ encodings: { gzip: 0.5, identity: 1 } }))?.encoding).toBe('identity');
    expect((await scrape({ encodings: { gzip: 1, identity: 1 } }))?.encoding).toBe('gzip');
    expect(await scrape({ encodings: { gzip: 0, identity: 0 } })).toBeUndefined();
    expect(gathers()).toBe(2);
  });

  it('that fail do so together, and leave nothing behind', async () => {
    let failing = true;
    const scrapes = new SharedScrapes({
      gather: () => (failing ? Promise.reject(new Error('broken')) : Promise.resolve([])),
    });
    const request = { format: textFormat, names: [], encodings: GZIP, withinMs: undefined };
    const results = await Promise.allSettled([scrapes.body(request), scrapes.body(request)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    failing = false;
    expect((await scrapes.body(request))?.byteLength).toBe(0);
  });
});
