import type { ScrapeAnswer } from './scrape-answer.js';

/** After so long without taking anything, a client loses its place to whoever else needs one. */
const STALLED_MS = 1000;

/**
 * The places of scrapes that are under way: from the request until the client has its answer or is gone. That bounds the work
 * and the memory, as everybody under way may hold an exposition of its own. Clients that do not read theirs keep their places
 * only while nobody else needs them.
 */
export class ScrapePlaces {
  private readonly taken = new Set<ScrapeAnswer>();

  constructor(private readonly count: number) {}

  /** Takes a place until the answer is over. Returns whether there was one. */
  take(answer: ScrapeAnswer): boolean {
    if (this.taken.size >= this.count && !this.takeFromStalled()) {
      return false;
    }
    this.taken.add(answer);
    answer.onceOver(() => this.taken.delete(answer));
    return true;
  }

  /** Disconnects the client that has not read for longest. */
  private takeFromStalled(): boolean {
    const [longest] = [...this.taken].toSorted((one, other) => other.stalledMs - one.stalledMs);
    if (longest === undefined || longest.stalledMs < STALLED_MS) {
      return false;
    }
    longest.abandon();
    this.taken.delete(longest);
    return true;
  }
}
