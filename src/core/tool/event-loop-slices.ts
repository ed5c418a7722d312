import { setImmediate as nextTurn } from 'node:timers/promises';
import { nowMs } from './stopwatch.js';

/** For so long at a time, work that nobody waits for urgently may keep the event loop from turning. */
const SLICE_MS = 4;

/** Cuts long work into slices, between which the event loop turns. Pieces of work that run side by side share one. */
export class EventLoopSlices {
  private endsAtMs = nowMs() + SLICE_MS;

  get isOver(): boolean {
    return nowMs() >= this.endsAtMs;
  }

  /** Resolves when there is time to go on. To be asked for only when {@link isOver}: else go on at once. */
  async next(): Promise<void> {
    // Whoever wakes up first starts the next slice; when it is used up as well, the others wait for another one.
    while (this.isOver) {
      const ended = this.endsAtMs;
      await nextTurn();
      if (this.endsAtMs === ended) {
        this.endsAtMs = nowMs() + SLICE_MS;
      }
    }
  }
}
