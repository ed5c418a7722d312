/** PostgreSQL plans the first five executions of a statement for their values, and may then take one plan for all (PREPARE). */
const CUSTOM_PLANS = 5;
const SAMPLES = 25;
const MIN_BEFORE = 5;
const MIN_AFTER = 11;
/** Clearly worse: so many times the median before, and so much longer. */
const WORSE_FACTOR = 3;
const WORSE_MS = 5;

/**
 * How long the executions of one text took, before the server may have switched to its generic plan and after.
 *
 * The plan is a regression when the median of the last executions after the switch, of 11 at least, is more than three times
 * the median before it, and more than 5 ms longer.
 */
export class PlanLatencies {
  private readonly before: number[] = [];
  private readonly after: number[] = [];
  private recorded = 0;

  /**
   * @param execution - which one of this statement on its connection, from 1 on
   * @returns whether the generic plan has turned out to be a regression
   */
  record(execution: number, durationMs: number): boolean {
    if (execution <= CUSTOM_PLANS) {
      keep(this.before, durationMs);
      return false;
    }
    keep(this.after, durationMs);
    this.recorded += 1;
    // Medians are asked for now and then only.
    return this.recorded % MIN_AFTER === 0 && this.isRegression;
  }

  /** In milliseconds, for the warning. */
  get medians(): { readonly before: number; readonly after: number } {
    return { before: median(this.before), after: median(this.after) };
  }

  private get isRegression(): boolean {
    if (this.before.length < MIN_BEFORE || this.after.length < MIN_AFTER) {
      return false;
    }
    const { before, after } = this.medians;
    return after > before * WORSE_FACTOR && after > before + WORSE_MS;
  }
}

/** The latest ones. */
function keep(samples: number[], durationMs: number): void {
  samples.push(durationMs);
  if (samples.length > SAMPLES) {
    samples.shift();
  }
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
}
