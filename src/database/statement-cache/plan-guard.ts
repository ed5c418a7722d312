/** PostgreSQL plans the first five executions of a statement for their values; then it may use one plan for all (PREPARE, "Notes"). */
const PLANNED_FOR_VALUES = 5;
/** Faster executions are not suspicious. */
const SUSPICIOUS_MS = 2;
/** Executions before the first suspicion, and the most between two. */
const FIRST_LOOK = 16;
const LONGEST_LOOK = 4096;

/** Executions of each kind in a trial. */
const SAMPLES = 21;
/** A named execution is worse than an unnamed one when it takes so many times as long, and so much longer. */
const WORSE_FACTOR = 3;
const WORSE_MS = 2;
/** The share of worse pairs that proves a regression. By chance it is at most a half. */
const WORSE_SHARE = 0.6;

/** Median durations of a statement in milliseconds, with its name and without. */
export interface PlanMedians {
  readonly named: number;
  readonly unnamed: number;
}

/**
 * Detects whether the server's generic plan makes one text slower. When most of its latest executions with a name took longer
 * than 2 ms, a {@link PlanTrial} compares them with executions without one. After a trial without a regression, twice as many
 * executions pass before the next suspicion.
 */
export class PlanGuard {
  private looksAt = FIRST_LOOK;
  private seen = 0;
  private slow = 0;
  private trial: PlanTrial | undefined;

  constructor(private readonly random?: () => number) {}

  /** Whether the next execution is to be sent without its name. */
  get wantsUnnamed(): boolean {
    return this.trial?.wantsUnnamed === true;
  }

  /**
   * Records an execution.
   *
   * @param execution - its number on its connection, from 1; `undefined` without a name
   * @returns the medians when the generic plan is clearly worse
   */
  took(execution: number | undefined, durationMs: number): PlanMedians | undefined {
    const isNamed = execution !== undefined;
    if (isNamed && execution <= PLANNED_FOR_VALUES) {
      return undefined;
    }
    if (this.trial !== undefined) {
      this.trial.add(isNamed, durationMs);
      return this.trial.isOver ? this.judge(this.trial) : undefined;
    }
    if (isNamed) {
      this.look(durationMs);
    }
    return undefined;
  }

  private look(durationMs: number): void {
    this.seen += 1;
    this.slow += durationMs > SUSPICIOUS_MS ? 1 : 0;
    if (this.seen >= this.looksAt) {
      this.trial = this.slow > this.seen / 2 ? new PlanTrial(this.random) : undefined;
      this.seen = 0;
      this.slow = 0;
    }
  }

  private judge(trial: PlanTrial): PlanMedians | undefined {
    this.trial = undefined;
    this.looksAt = Math.min(this.looksAt * 2, LONGEST_LOOK);
    return trial.isWorse ? trial.medians : undefined;
  }
}

/**
 * Compares executions of one statement with and without its name, sent in the same period in random order. Load, locks and
 * unusual values slow down both kinds, the generic plan only one.
 */
class PlanTrial {
  private readonly named: number[] = [];
  private readonly unnamed: number[] = [];

  constructor(private readonly random: () => number = Math.random) {}

  get wantsUnnamed(): boolean {
    if (this.named.length >= SAMPLES || this.unnamed.length >= SAMPLES) {
      return this.unnamed.length < SAMPLES;
    }
    // Random, because the application may alternate between kinds of values.
    return this.random() < 0.5;
  }

  get isOver(): boolean {
    return this.named.length >= SAMPLES && this.unnamed.length >= SAMPLES;
  }

  add(isNamed: boolean, durationMs: number): void {
    (isNamed ? this.named : this.unnamed).push(durationMs);
  }

  get isWorse(): boolean {
    let worse = 0;
    for (const named of this.named) {
      for (const unnamed of this.unnamed) {
        worse += named > unnamed * WORSE_FACTOR && named > unnamed + WORSE_MS ? 1 : 0;
      }
    }
    return worse > WORSE_SHARE * this.named.length * this.unnamed.length;
  }

  get medians(): PlanMedians {
    return { named: median(this.named), unnamed: median(this.unnamed) };
  }
}

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? 0;
}
