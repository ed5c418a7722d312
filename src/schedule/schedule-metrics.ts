import {
  SCHEDULE_LAST_SUCCESS_TIMESTAMP_SECONDS,
  SCHEDULE_OVERLAPS_TOTAL,
  SCHEDULE_RUN_DURATION_SECONDS,
  SCHEDULE_RUNS_IN_FLIGHT,
} from '../catalog/schedule.catalog.js';
import type { LegalExemplarLabels } from '../core/exemplar.js';
import type { CounterChild } from '../core/metric/counter.js';
import type { Gauge, GaugeChild } from '../core/metric/gauge.js';
import type { Histogram } from '../core/metric/histogram.js';
import { BoundedLabel } from '../core/tool/bounded-label.js';
import type { Outcome } from '../core/tool/outcome.js';
import { nowMs, secondsSince } from '../core/tool/stopwatch.js';
import type { TraceSource } from '../core/trace-source.interface.js';
import type { RegistryLease } from '../registry/registry-lease.js';

/** The families of the runs of scheduled jobs. */
export class ScheduleMetrics {
  private readonly durations: Histogram<'job' | 'outcome'>;
  private readonly lastSuccess: Gauge<'job'>;
  private readonly inFlight: Gauge<'job'>;
  private readonly overlaps: { labels(job: string): CounterChild };
  private readonly traces: TraceSource;
  private readonly label = new BoundedLabel();
  private readonly jobs = new Map<string, Job>();

  constructor(registry: RegistryLease) {
    this.durations = registry.catalogFamily(SCHEDULE_RUN_DURATION_SECONDS);
    this.lastSuccess = registry.catalogFamily(SCHEDULE_LAST_SUCCESS_TIMESTAMP_SECONDS);
    this.inFlight = registry.catalogFamily(SCHEDULE_RUNS_IN_FLIGHT);
    this.overlaps = registry.catalogFamily(SCHEDULE_OVERLAPS_TOTAL);
    this.traces = registry.traces;
  }

  /** Returns the job of a name, always the same one. Past the limit of names, the job `other`. */
  jobOf(name: string): Job {
    const label = this.label.valueOf(name);
    let job = this.jobs.get(label);
    if (job === undefined) {
      job = this.create(label);
      this.jobs.set(label, job);
    }
    return job;
  }

  private create(label: string): Job {
    // At 0, so that rate() sees the first run.
    this.durations.labels(label, 'success');
    this.durations.labels(label, 'error');
    return new Job(label, this.inFlight.labels(label), this.overlaps.labels(label), this.traces, (run) => {
      this.durations.labels(label, run.outcome).observeTraced(run.seconds, run.trace);
      if (run.outcome === 'success') {
        this.lastSuccess.labels(label).setToCurrentTime();
      }
    });
  }
}

/** A run that has ended. */
interface EndedRun {
  readonly outcome: Outcome;
  readonly seconds: number;
  /** The trace of the code that called the job. */
  readonly trace: LegalExemplarLabels | undefined;
}

/** The series of one job, which several sources can share: cron jobs and intervals of one name, and instances of one class. */
export class Job {
  /** The number of its runs by source. */
  private readonly running = new Map<unknown, number>();
  /** The name that its queries count under. */
  readonly route: string;

  constructor(
    label: string,
    private readonly inFlight: GaugeChild,
    private readonly overlaps: CounterChild,
    private readonly traces: TraceSource,
    private readonly record: (run: EndedRun) => void,
  ) {
    this.route = `job:${label}`;
  }

  /**
   * Records the beginning of a run. Calling the result records its end; further calls do nothing.
   *
   * @param source - what is scheduled; only runs of the same source overlap
   * @param isFirst - false for further callbacks of a job, which run together with the first one
   */
  begin(source: unknown, isFirst: boolean): (outcome: Outcome) => void {
    const startedAtMs = nowMs();
    const trace = this.traces.current();
    if (isFirst) {
      if (this.running.has(source)) {
        this.overlaps.inc();
      }
      this.add(source, 1);
    }
    this.inFlight.inc();
    let isOpen = true;
    return (outcome) => {
      if (isOpen) {
        isOpen = false;
        if (isFirst) {
          this.add(source, -1);
        }
        this.inFlight.dec();
        this.record({ outcome, seconds: secondsSince(startedAtMs), trace });
      }
    };
  }

  private add(source: unknown, change: number): void {
    const count = (this.running.get(source) ?? 0) + change;
    if (count === 0) {
      this.running.delete(source);
    } else {
      this.running.set(source, count);
    }
  }
}
