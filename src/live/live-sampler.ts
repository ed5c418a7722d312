import type { Gatherer } from '../core/gatherer.js';
import { nowMs } from '../core/tool/stopwatch.js';
import { LiveChange } from './live-change.js';
import { COLUMN_COUNT, layoutOf, valuesOf } from './live-columns.js';
import { type DetailSources, detailsOf } from './live-details.js';
import { jsonValue, LiveHistory } from './live-history.js';
import type { LiveLayout, LiveState } from './live-messages.js';
import { tablesOf } from './live-tables.js';
import { MissingParts } from './missing-parts.js';
import { type Reading, takeReading } from './reading.js';
import { ReadingWindow } from './reading-window.js';

/** Interval of the history. Rates are about as much time. */
export const HISTORY_INTERVAL_MS = 5000;
/** Interval of states while somebody looks. */
const VIEW_INTERVAL_MS = 1000;
/** Rates of tables are about this much time, and the readings that they need lie so far apart. */
const TABLES_SPAN_MS = 300_000;
const TABLES_SPACING_MS = 30_000;
/** Timers fire a little early. */
const EARLY_MS = 500;

export interface SamplerOptions {
  readonly gatherer: Gatherer;
  readonly prefix: string;
  readonly historyMinutes: number;
  readonly details: DetailSources;
  /** Returns the number of processes that the last gather was of. */
  readonly processes: () => number;
  /** Called when a gather failed altogether. */
  readonly onFault: (error: unknown) => void;
}

/** Is told of each sample. */
export interface SampleListener {
  sampled(state: LiveState): void;
  /** The service is still collecting, since a time on the monotonic clock. */
  waiting(sinceMs: number): void;
}

/**
 * Gathers the metrics at an interval, as a scrape does, and keeps the history: every 5 s, and every second while somebody looks. Samples are taken
 * at whole seconds of the clock, so that those of several processes coincide. There is one gather at a time.
 */
export class LiveSampler {
  readonly history: LiveHistory;
  layout: LiveLayout | undefined;
  state: LiveState | undefined;
  private readonly recent = new ReadingWindow(HISTORY_INTERVAL_MS, 0);
  private readonly past = new ReadingWindow(TABLES_SPAN_MS, TABLES_SPACING_MS);
  private readonly missing = new MissingParts();
  private timer: NodeJS.Timeout | undefined;
  private listener: SampleListener | undefined;
  private gatheringSinceMs: number | undefined;
  private gatheredAtMs = -Infinity;
  private recordedAtMs = -Infinity;
  private isRunning = false;

  constructor(private readonly options: SamplerOptions) {
    this.history = new LiveHistory(
      Math.ceil((options.historyMinutes * 60_000) / HISTORY_INTERVAL_MS),
      COLUMN_COUNT,
    );
  }

  start(): void {
    this.isRunning = true;
    this.schedule(0);
  }

  stop(): void {
    this.isRunning = false;
    this.listener = undefined;
    clearTimeout(this.timer);
  }

  /** Samples every second, the first time at once unless a gather has just been, until it is called with `undefined`. */
  follow(listener: SampleListener | undefined): void {
    const isFirst = listener !== undefined && this.listener === undefined;
    this.listener = listener;
    if (isFirst && this.isRunning) {
      const restMs = Math.max(0, this.gatheredAtMs + VIEW_INTERVAL_MS - nowMs());
      this.schedule(this.gatheringSinceMs === undefined ? restMs : undefined);
    }
  }

  /** @param delayMs - by default, until the next whole interval of the clock */
  private schedule(delayMs?: number): void {
    const intervalMs = this.listener === undefined ? HISTORY_INTERVAL_MS : VIEW_INTERVAL_MS;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tick(), delayMs ?? untilWhole(intervalMs)).unref();
  }

  private tick(): void {
    this.schedule();
    if (this.gatheringSinceMs !== undefined) {
      this.listener?.waiting(this.gatheringSinceMs);
      return;
    }
    this.gatheredAtMs = nowMs();
    this.gatheringSinceMs = this.gatheredAtMs;
    void this.sample().finally(() => {
      this.gatheringSinceMs = undefined;
    });
  }

  private async sample(): Promise<void> {
    const { gatherer, prefix, onFault } = this.options;
    // Most values are read at once. One that is waited for must not make their rates smaller.
    const atMs = this.gatheredAtMs;
    try {
      const snapshots = await gatherer.gather();
      if (this.isRunning) {
        this.take(takeReading(snapshots, prefix, atMs));
      }
    } catch (error) {
      if (this.isRunning) {
        this.takeGap(atMs);
        onFault(error);
      }
    }
  }

  private take(reading: Reading): void {
    const values = valuesOf(new LiveChange(reading, this.recent.base(reading)));
    const before = this.past.base(reading);
    // Only tables need routes and statements, which are most of a reading's memory.
    this.recent.add({ ...reading, routes: undefined, statements: undefined });
    this.past.add(reading);
    this.missing.read(reading);
    this.layout = newer(this.layout, layoutOf(reading, this.options.historyMinutes * 60, this.layout));
    this.record(reading.atMs, values);
    const { numbers, statusClasses, version, node } = reading;
    this.publish({
      atMs: Math.round(reading.atMs),
      clockOffsetMs: clockOffsetMs(),
      values: Array.from(values, jsonValue),
      service: {
        version,
        node,
        uptimeSeconds: jsonValue(numbers.uptime),
        processes: this.options.processes(),
        processId: process.pid,
      },
      totals: {
        requests: exact(numbers.requests),
        errors: exact(statusClasses?.at(-1) ?? Number.NaN),
        queries: exact(numbers.queries),
      },
      tables: { ...tablesOf(reading, before), ...detailsOf(this.options.details) },
      missing: this.missing.named,
    });
  }

  /** Adds to the history, at its own interval. */
  private record(atMs: number, values: Float64Array): void {
    if (atMs - this.recordedAtMs >= HISTORY_INTERVAL_MS - EARLY_MS) {
      this.recordedAtMs = atMs;
      this.history.add(atMs, values);
    }
  }

  /** There are no present values: the last state is shown without them. */
  private takeGap(atMs: number): void {
    this.missing.failed(atMs);
    this.record(atMs, new Float64Array(COLUMN_COUNT).fill(Number.NaN));
    if (this.state !== undefined) {
      this.publish({
        ...this.state,
        atMs: Math.round(atMs),
        clockOffsetMs: clockOffsetMs(),
        values: this.state.values.map(() => null),
        missing: this.missing.named,
      });
    }
  }

  private publish(state: LiveState): void {
    this.state = state;
    this.listener?.sampled(state);
  }
}

/** The least distance of two samples, as a share of the interval. */
const LEAST_SHARE = 0.2;

/** Returns the time until the next whole interval of the clock; until the one after it, when a timer has fired a little before it. */
function untilWhole(intervalMs: number): number {
  const leftMs = intervalMs - (Date.now() % intervalMs);
  return leftMs < intervalMs * LEAST_SHARE ? leftMs + intervalMs : leftMs;
}

/** Returns the same object while the layout stays the same: viewers are sent it once. */
function newer(known: LiveLayout | undefined, layout: LiveLayout): LiveLayout {
  return known !== undefined && JSON.stringify(known) === JSON.stringify(layout) ? known : layout;
}

/** Returns what has to be added to a time on the monotonic clock for its Unix time. */
export function clockOffsetMs(): number {
  return Math.round(Date.now() - nowMs());
}

/** Sums are shown as a scrape has them. */
function exact(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
