import { vi } from 'vitest';
import { type ParsedSample, parseExposition } from '../parse-exposition.js';
import { type Counted, type PeerUnderTest, SENTINEL } from './peer.js';

export interface ScrapedPeerConfig extends Pick<
  PeerUnderTest,
  'imports' | 'providers' | 'options' | 'configure'
> {
  /** Its exposition. */
  scrape(): Promise<string>;
  /** The samples that count requests, and their labels. */
  readonly requests: { readonly name: string; readonly status: string; readonly route?: string };
  close?(): Promise<void>;
}

/** A peer whose counts are in its exposition: those of a case are the difference that it made. */
export function scrapedPeer({ scrape, requests, close, ...parts }: ScrapedPeerConfig): PeerUnderTest {
  const { name: counter, status, route = '' } = requests;
  const results = new Map<string, Counted[]>();
  let before = new Map<string, ParsedSample>();

  const readCounts = async (): Promise<Map<string, ParsedSample>> =>
    new Map(
      parseExposition(await scrape())
        .samples.filter(({ name }) => name === counter)
        .map((sample) => [JSON.stringify(sample.labels), sample]),
    );
  const added = async (): Promise<Counted[]> =>
    [...(await readCounts())]
      .map(([key, { labels, value }]) => ({
        status: labels[status] ?? '',
        route: labels[route] ?? '',
        requests: value - (before.get(key)?.value ?? 0),
      }))
      .filter((counted) => counted.requests !== 0);
  const isSentinel = (counted: Counted): boolean => counted.status === String(SENTINEL.status);

  return {
    ...parts,
    async begin() {
      before = await readCounts();
    },
    // Requests are counted in the order in which they end: when the sentinel is, those before it are.
    async end(name, sendSentinel) {
      await sendSentinel();
      results.set(
        name,
        await vi.waitFor(async () => {
          const all = await added();
          const sentinels = all.filter((counted) => isSentinel(counted));
          if (sentinels.length !== 1)
            throw new Error(`${name}: the sentinel is not counted: ${JSON.stringify(all)}`);
          return all.filter((counted) => !isSentinel(counted));
        }),
      );
    },
    counted: async () => results,
    families: async () => Object.keys(parseExposition(await scrape()).types),
    close: async () => close?.(),
  };
}
