/** Executions of each kind that are compared. */
const SAMPLES = 21;
/** Clearly worse: so many times as long, and so much longer. */
const WORSE_FACTOR = 3;
const WORSE_MS = 2;
/** In how many of all pairs. Chance alone gives half of them where both are the same, and fewer with that factor. */
const WORSE_SHARE = 0.6;

/**
 * Compares executions of one statement with its name and without, sent at the same time and in random order: load, locks and
 * the values that happen to be asked for make both slow alike, the plan only one.
 */
export class PlanTrial {
  private readonly named: number[] = [];
  private readonly unnamed: number[] = [];

  constructor(private readonly random: () => number = Math.random) {}

  /** Whether the next execution is to be one without a name. */
  get wantsUnnamed(): boolean {
    if (this.named.length >= SAMPLES || this.unnamed.length >= SAMPLES) {
      return this.unnamed.length < SAMPLES;
    }
    // Not in turns: the application may have values in turns.
    return this.random() < 0.5;
  }

  get isOver(): boolean {
    return this.named.length >= SAMPLES && this.unnamed.length >= SAMPLES;
  }

  add(isNamed: boolean, durationMs: number): void {
    (isNamed ? this.named : this.unnamed).push(durationMs);
  }

  /** Whether the name has made it clearly slower. */
  get isWorse(): boolean {
    let worse = 0;
    for (const named of this.named) {
      for (const unnamed of this.unnamed) {
        worse += named > unnamed * WORSE_FACTOR && named > unnamed + WORSE_MS ? 1 : 0;
      }
    }
    return worse > WORSE_SHARE * this.named.length * this.unnamed.length;
  }

  /** In milliseconds. */
  get medians(): PlanMedians {
    return { named: median(this.named), unnamed: median(this.unnamed) };
  }
}

export interface PlanMedians {
  readonly named: number;
  readonly unnamed: number;
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
}
