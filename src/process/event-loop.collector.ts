import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { EVENTLOOP_UTILIZATION_RATIO } from '../catalog/process.catalog.js';
import type { Collector } from '../core/collector.js';
import { scalarSnapshot, type FamilySnapshot } from '../core/family-snapshot.js';
import { nowMs } from '../core/tool/stopwatch.js';

/** The least age of the reading that a window begins with. */
const WINDOW_MS = 10_000;
/** Readings that follow an earlier one sooner are not kept, so that a window has a bounded number of them. */
const LEAST_DISTANCE_MS = 1000;

interface Reading {
  readonly atMs: number;
  readonly utilization: EventLoopUtilization;
}

/**
 * `eventloop_utilization_ratio`: the utilization since the latest earlier reading that is at least {@link WINDOW_MS} old. The time
 * since the last scrape would depend on how many scrapers there are: one that asks right after another would get the share of a few
 * milliseconds.
 */
export class EventLoopCollector implements Collector {
  readonly name = 'event_loop';
  readonly families = [EVENTLOOP_UTILIZATION_RATIO];
  /** The first one begins the window, the later ones are younger than it. */
  private readings: readonly Reading[];

  constructor(
    private readonly now: () => number = nowMs,
    private readonly read: () => EventLoopUtilization = () => performance.eventLoopUtilization(),
  ) {
    this.readings = [{ atMs: now(), utilization: read() }];
  }

  collect(): readonly FamilySnapshot[] {
    const current: Reading = { atMs: this.now(), utilization: this.read() };
    const start = this.readings.findLastIndex(({ atMs }) => current.atMs - atMs >= WINDOW_MS);
    const kept = this.readings.slice(Math.max(0, start));
    const first = kept[0] as Reading;
    const latest = kept.at(-1) as Reading;
    this.readings = current.atMs - latest.atMs >= LEAST_DISTANCE_MS ? [...kept, current] : kept;
    const value = shareBetween(first.utilization, current.utilization);
    return [
      scalarSnapshot(EVENTLOOP_UTILIZATION_RATIO, value === undefined ? [] : [{ labelRow: [], value }]),
    ];
  }
}

/** Returns `undefined` if no time has passed. */
function shareBetween(from: EventLoopUtilization, to: EventLoopUtilization): number | undefined {
  const active = to.active - from.active;
  const total = active + to.idle - from.idle;
  return total > 0 ? Math.min(1, Math.max(0, active / total)) : undefined;
}
