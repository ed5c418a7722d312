import { nextTurn } from './next-turn.js';
import { nowMs } from './stopwatch.js';

/** How long a scrape may block the event loop at a time. */
const SLICE_MS = 2;

/** Divides long work into slices, between which the event loop handles other events. Concurrent work shares one slice. */
export class EventLoopSlices {
  private endsAtMs = nowMs() + SLICE_MS;

  get isOver(): boolean {
    return nowMs() >= this.endsAtMs;
  }

  /** Resolves when the next slice begins. Call it only when {@link isOver}. */
  async next(): Promise<void> {
    // The first waiter starts the next slice. When that one is used up too, the other waiters wait again.
    while (this.isOver) {
      const ended = this.endsAtMs;
      await nextTurn();
      if (this.endsAtMs === ended) {
        this.endsAtMs = nowMs() + SLICE_MS;
      }
    }
  }
}
