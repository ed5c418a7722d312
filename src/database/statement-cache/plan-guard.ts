import { type PlanMedians, PlanTrial } from './plan-trial.js';

/**
 * PostgreSQL plans the first five executions of a statement for their values, and may then take one plan for all of them
 * (PREPARE, "Notes").
 */
const PLANNED_FOR_VALUES = 5;
/** Faster ones cannot have become much slower. */
const SUSPICIOUS_MS = 2;
/** Executions that are looked at before a first suspicion, and between two of them at most. */
const FIRST_LOOK = 16;
const LONGEST_LOOK = 4096;

/**
 * Watches whether one text has become slower by the server's generic plan. When most of its latest executions with a name
 * took longer than 2 ms, a trial compares it with itself, see {@link PlanTrial}; when that acquits it, twice as many
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
   * @param execution - which one of this statement on its connection, from 1 on; `undefined` of one without a name
   * @returns what both kinds took, when the plan has turned out to be clearly worse
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
