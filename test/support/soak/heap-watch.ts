import { setTimeout as delay } from 'node:timers/promises';
import type { HeapReading, SoakedProcess } from './soaked-process.js';
import { median, slope } from './slope.js';

const READINGS = 60;
/** Of a short soak, on a machine that is busy with other things. */
const FEWEST_READINGS = 5;
const SHORTEST_INTERVAL_MS = 500;
/** Compiled code, filled caches and connections are there by then. */
const WARM_UP = 1 / 3;

export interface HeapTrend {
  readonly readings: number;
  readonly medianBytes: number;
  readonly bytesPerSecond: number;
  /** By the slope, from the end of the warm-up to the end. */
  readonly grownBytes: number;
}

/** Reads the heap after collection, evenly over the time of a soak. */
export class HeapWatch {
  readonly ended: Promise<void>;
  private readonly read: { readonly seconds: number; readonly reading: HeapReading }[] = [];
  private readonly stopping = new AbortController();

  constructor(
    private readonly application: SoakedProcess,
    private readonly durationMs: number,
  ) {
    this.ended = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  trend(part: keyof HeapReading): HeapTrend {
    const points = this.read
      .slice(Math.ceil(this.read.length * WARM_UP))
      .map(({ seconds, reading }) => [seconds, reading[part]] as const);
    const bytesPerSecond = slope(points);
    return {
      readings: points.length,
      medianBytes: median(points.map(([, bytes]) => bytes)),
      bytesPerSecond,
      grownBytes: bytesPerSecond * ((points.at(-1)?.[0] ?? 0) - (points[0]?.[0] ?? 0)),
    };
  }

  private async run(): Promise<void> {
    const intervalMs = Math.max(SHORTEST_INTERVAL_MS, this.durationMs / READINGS);
    const startedMs = performance.now();
    while (!this.stopping.signal.aborted || this.read.length < FEWEST_READINGS) {
      await delay(intervalMs, undefined, { signal: this.stopping.signal }).catch(() => {});
      const seconds = (performance.now() - startedMs) / 1000;
      this.read.push({ seconds, reading: await this.application.ask('heap') });
    }
  }
}
