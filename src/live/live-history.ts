import type { LivePoints, Value } from './live-messages.js';

/** More digits than a chart can show, and fewer bytes than all. */
const PRECISION = 6;

/**
 * The values of all columns at the last moments, in one array that never grows: 8 bytes for each value, and for each time. Its moments are
 * numbered from 1 on.
 */
export class LiveHistory {
  private readonly times: Float64Array;
  private readonly values: Float64Array;
  private added = 0;

  constructor(
    private readonly capacity: number,
    private readonly columns: number,
  ) {
    this.times = new Float64Array(capacity);
    this.values = new Float64Array(capacity * columns);
  }

  /** The number of the latest moment; 0 before the first. */
  get sequence(): number {
    return this.added;
  }

  get byteLength(): number {
    return this.times.byteLength + this.values.byteLength;
  }

  /** Replaces the oldest moment when there is no room. */
  add(atMs: number, values: Float64Array): void {
    const row = this.added % this.capacity;
    this.times[row] = atMs;
    this.values.set(values.subarray(0, this.columns), row * this.columns);
    this.added += 1;
  }

  /** Returns the moments after one that the reader has; all of them if some in between are gone. */
  since(sequence: number): LivePoints {
    const oldest = Math.max(0, this.added - this.capacity);
    const isWhole = sequence < oldest || sequence > this.added || sequence === 0;
    const first = isWhole ? oldest : sequence;
    const rows = Array.from({ length: this.added - first }, (_, index) => (first + index) % this.capacity);
    return {
      isWhole,
      atMs: rows.map((row) => Math.round(this.times[row] as number)),
      values: Array.from({ length: this.columns }, (_, column) =>
        rows.map((row) => jsonValue(this.values[row * this.columns + column] as number)),
      ),
    };
  }
}

/** Returns a number as JSON has it: short, and `null` for what is not finite. */
export function jsonValue(value: number): Value {
  return Number.isFinite(value) ? Number(value.toPrecision(PRECISION)) : null;
}
