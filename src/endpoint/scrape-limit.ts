import type { ScrapeAnswer } from './scrape-answer.js';

/** A client that has read nothing for this long is disconnected when another one needs its place. */
const STALLED_MS = 1000;

/**
 * The limit of concurrent scrapes. A scrape counts from its request until the client has the answer or is gone. This bounds
 * work and memory: each scrape may hold an exposition of its own.
 */
export class ScrapeLimit {
  private readonly underWay = new Set<ScrapeAnswer>();

  constructor(private readonly limit: number) {}

  /** Returns false at the limit, unless a client that does not read can be disconnected. */
  admit(answer: ScrapeAnswer): boolean {
    if (this.underWay.size >= this.limit && !this.disconnectStalled()) {
      return false;
    }
    this.underWay.add(answer);
    answer.onceOver(() => this.underWay.delete(answer));
    return true;
  }

  private disconnectStalled(): boolean {
    const [longest] = [...this.underWay].toSorted((one, other) => other.stalledMs - one.stalledMs);
    if (longest === undefined || longest.stalledMs < STALLED_MS) {
      return false;
    }
    longest.abandon();
    this.underWay.delete(longest);
    return true;
  }
}
