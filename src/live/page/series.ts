import type { LivePoints, LiveState, Value } from '../live-messages.js';

const LEAST_SECONDS = 60;

/** The values of the history, and of each second since the page is open. */
export class Series {
  historySeconds = 900;
  /** Times on the service's monotonic clock, rising. */
  private times: number[] = [];
  private columns: Value[][] = [];
  private clockOffsetMs = 0;

  /** Adds what the service remembers: all of it, or what came while there was no connection. */
  addPoints({ isWhole, atMs, values }: LivePoints): void {
    if (isWhole) {
      this.times = [];
      this.columns = [];
    }
    const latest = this.times.at(-1) ?? -Infinity;
    const isNew = atMs.map((time) => time > latest);
    this.times.push(...atMs.filter((_, index) => isNew[index]));
    values.forEach((column, index) => {
      const known = (this.columns[index] ??= []);
      known.push(...column.filter((_, row) => isNew[row]));
    });
  }

  addState({ atMs, clockOffsetMs, values }: LiveState): void {
    this.clockOffsetMs = clockOffsetMs;
    if (atMs <= (this.times.at(-1) ?? -Infinity)) {
      return;
    }
    this.times.push(atMs);
    values.forEach((value, index) => (this.columns[index] ??= []).push(value));
    const oldestMs = atMs - this.historySeconds * 1000;
    const kept = this.times.findIndex((time) => time >= oldestMs);
    if (kept > 0) {
      this.times.splice(0, kept);
      this.columns.forEach((column) => column.splice(0, kept));
    }
  }

  /** Unix times in seconds. When the service's clock was set, all of them move. */
  get seconds(): number[] {
    return this.times.map((time) => this.unixMs(time) / 1000);
  }

  column(index: number): readonly Value[] {
    return this.columns[index] ?? [];
  }

  unixMs(monotonicMs: number): number {
    return monotonicMs + this.clockOffsetMs;
  }

  /** The shown period: from the first value to the latest, and not less than a minute, so that a new service has a picture too. */
  get period(): readonly [from: number, to: number] {
    const [first = 0] = this.times;
    const last = this.times.at(-1) ?? first;
    const seconds = Math.min(Math.max((last - first) / 1000, LEAST_SECONDS), this.historySeconds);
    const to = this.unixMs(last) / 1000;
    return [to - seconds, to];
  }
}
