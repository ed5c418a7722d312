import type { Reading } from './reading.js';

/** Timers fire a little early or late. */
const TOLERANCE = 0.1;

/** The readings of the last while, so that a present one can be compared with an earlier one. Their number is bounded. */
export class ReadingWindow {
  private readonly readings: Reading[] = [];

  /**
   * @param spanMs - how far back {@link base} goes
   * @param spacingMs - readings that follow another one sooner are not kept; 0 for none
   */
  constructor(
    private readonly spanMs: number,
    private readonly spacingMs: number,
  ) {}

  /** Returns the reading to compare the present one with: the latest of those that are old enough, else the oldest. */
  base(now: Reading): Reading | undefined {
    const latestMs = now.atMs - this.spanMs * (1 - TOLERANCE);
    return this.readings.findLast(({ atMs }) => atMs <= latestMs) ?? this.readings[0];
  }

  add(reading: Reading): void {
    const last = this.readings.at(-1);
    if (last !== undefined && reading.atMs - last.atMs < this.spacingMs * (1 - TOLERANCE)) {
      return;
    }
    this.readings.push(reading);
    // One reading stays that is older than the span.
    const oldestMs = reading.atMs - this.spanMs;
    while ((this.readings[1]?.atMs ?? Infinity) <= oldestMs) {
      this.readings.shift();
    }
  }
}
