import type { Logger } from '../core/tool/logger.js';
import type { Undo } from '../core/tool/subscriptions.js';
import { WarnOnce } from '../core/tool/warn-once.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import type { ScopeOpener } from '../request-scope/scope-opener.js';
import { hookDecoratedMethods } from './decorated-methods-hook.js';
import { JobRuns } from './job-runs.js';
import { hookRegisteredJobs } from './registered-jobs-hook.js';
import { ScheduleMetrics } from './schedule-metrics.js';
import type { SchedulerLike } from './scheduler.interface.js';

/** The scheduled jobs of one application. */
export class ApplicationSchedules {
  private readonly faults: WarnOnce;
  private runs: JobRuns | undefined;

  /** @param find - returns the application's scheduler, if it has one */
  constructor(
    private readonly registry: RegistryLease,
    private readonly scopes: ScopeOpener,
    logger: Logger,
    private readonly find: () => SchedulerLike | undefined,
  ) {
    this.faults = new WarnOnce(logger, 'Runs of scheduled jobs cannot be recorded');
  }

  /** Whether runs are recorded. */
  get isOn(): boolean {
    return this.runs !== undefined;
  }

  /**
   * Observes all jobs, present and future, until the returned function is called. Does nothing without a scheduler. Must be called
   * before jobs are started.
   *
   * @throws `MetricConflictError` when the host has a metric of the same name.
   */
  start(): Undo {
    const scheduler = this.find();
    if (scheduler === undefined) {
      return () => {};
    }
    const runs = new JobRuns(new ScheduleMetrics(this.registry), this.scopes, (error) => this.failed(error));
    this.runs = runs;
    const undos: Undo[] = [() => runs.stop()];
    for (const hook of [hookDecoratedMethods, hookRegisteredJobs]) {
      try {
        undos.push(hook(scheduler, runs));
      } catch (error) {
        this.failed(error);
      }
    }
    return () => {
      this.runs = undefined;
      undos.toReversed().forEach((undo) => undo());
    };
  }

  /** Records the runs that have not ended as cancelled: the application closes. */
  closing(): void {
    this.runs?.cancelOpen();
  }

  private failed(error: unknown): void {
    this.registry.countError('schedules');
    this.faults.report(error);
  }
}
