import { observeCall } from '../core/tool/observe-call.js';
import type { Outcome } from '../core/tool/outcome.js';
import type { ScopeOpener } from '../request-scope/scope-opener.js';
import type { Job, ScheduleMetrics } from './schedule-metrics.js';

/** Runs the scheduled functions of one application, each run as a unit of work that is recorded. */
export class JobRuns {
  private readonly open = new Set<(outcome: Outcome) => void>();
  private isStopped = false;

  constructor(
    private readonly metrics: ScheduleMetrics,
    private readonly scopes: ScopeOpener,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Exports a job before its first run. */
  expect(name: string): void {
    try {
      this.metrics.jobOf(name);
    } catch (error) {
      this.onFault(error);
    }
  }

  /**
   * Calls `work` as a run of a job and returns what it returns. Throws and rejects as `work` does; with `failOnNPlusOne` also with an
   * `NPlusOneError`, as units of work do.
   *
   * @param source - see {@link Job.begin}
   * @param isFirst - see {@link Job.begin}
   */
  run<T>(name: string, source: unknown, isFirst: boolean, work: () => T): T {
    const run = this.isStopped ? undefined : this.begin(name, source, isFirst);
    return run === undefined
      ? work()
      : observeCall(
          () => this.scopes.run(run.job.route, work),
          (outcome, detail) => run.end(outcome === 'error' && isAbort(detail) ? 'cancelled' : outcome),
        );
  }

  /** Records the runs that have not ended as cancelled: the application closes. */
  cancelOpen(): void {
    [...this.open].forEach((end) => end('cancelled'));
  }

  /** From now on, runs are not recorded. */
  stop(): void {
    this.cancelOpen();
    this.isStopped = true;
  }

  private begin(
    name: string,
    source: unknown,
    isFirst: boolean,
  ): { job: Job; end: (outcome: Outcome) => void } | undefined {
    try {
      const job = this.metrics.jobOf(name);
      const record = job.begin(source, isFirst);
      const end = (outcome: Outcome): void => {
        this.open.delete(end);
        try {
          record(outcome);
        } catch (error) {
          this.onFault(error);
        }
      };
      this.open.add(end);
      return { job, end };
    } catch (error) {
      this.onFault(error);
      return undefined;
    }
  }
}

/** Whether the job was told to stop, by an `AbortSignal`. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
