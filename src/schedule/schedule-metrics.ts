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
import { BoundedLabel, OTHER } from '../core/tool/bounded-label.js';
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

/** The series of one job. */
export class Job {
  private running = 0;
  /** The name that its queries count under. */
  readonly route: string;

  constructor(
    readonly label: string,
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
   * @param isFirst - false for further callbacks of a job, which run together with the first one
   */
  begin(isFirst: boolean): (outcome: Outcome) => void {
    const startedAtMs = nowMs();
    const trace = this.traces.current();
    const weight = isFirst ? 1 : 0;
    // The jobs called `other` are several.
    if (isFirst && this.running > 0 && this.label !== OTHER) {
      this.overlaps.inc();
    }
    this.running += weight;
    this.inFlight.inc();
    let isOpen = true;
    return (outcome) => {
      if (isOpen) {
        isOpen = false;
        this.running -= weight;
        this.inFlight.dec();
        this.record({ outcome, seconds: secondsSince(startedAtMs), trace });
      }
    };
  }
}
