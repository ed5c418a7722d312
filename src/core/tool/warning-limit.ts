import { nowMs } from './stopwatch.js';

/** Maximum number of warnings per period. */
const WARNINGS = 10;
const PERIOD_MS = 60_000;

/** Limits the warnings of one kind, so that they cannot flood the log. */
export class WarningLimit {
  private warnings = 0;
  private suppressed = 0;
  private periodStartedAtMs = -Infinity;

  /** Returns the number of suppressed warnings since the last one; `undefined` when this one is to be suppressed, too. */
  admit(): number | undefined {
    if (nowMs() - this.periodStartedAtMs >= PERIOD_MS) {
      this.periodStartedAtMs = nowMs();
      this.warnings = 0;
    }
    if (this.warnings >= WARNINGS) {
      this.suppressed += 1;
      return undefined;
    }
    this.warnings += 1;
    const { suppressed } = this;
    this.suppressed = 0;
    return suppressed;
  }
}
