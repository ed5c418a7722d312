import type { BucketCounts } from './quantile.js';
import type { NumberName, Reading } from './reading.js';

/** What happened between two readings. */
export class LiveChange {
  readonly seconds: number;

  /** @param base - the earlier reading; `undefined` when there is none yet */
  constructor(
    readonly now: Reading,
    readonly base: Reading | undefined,
  ) {
    this.seconds = base === undefined ? 0 : (now.atMs - base.atMs) / 1000;
  }

  /** Returns the present value of a gauge. */
  number(name: NumberName): number {
    return this.now.numbers[name];
  }

  /** Returns how much a counter has grown; `NaN` without an earlier reading. */
  growth(name: NumberName): number {
    return growth(this.now.numbers[name], this.base?.numbers[name]);
  }

  perSecond(name: NumberName): number {
    return this.growth(name) / this.seconds;
  }

  /** Returns the requests per second with a status of a class, from 1 to 5. */
  statusPerSecond(first: number): number {
    const { now, base } = this;
    const value = now.statusClasses?.[first - 1] ?? Number.NaN;
    return growth(value, base?.statusClasses?.[first - 1]) / this.seconds;
  }

  get latency(): BucketCounts | undefined {
    const { now, base } = this;
    return bucketGrowth(now.latency, base?.latency);
  }
}

/** Returns how much a counter has grown. After a reset, its present value, as Prometheus does. */
export function growth(now: number, base: number | undefined): number {
  return base === undefined ? Number.NaN : now < base ? now : now - base;
}

/** Returns the observations between two readings; `undefined` without an earlier one. */
export function bucketGrowth(
  now: BucketCounts | undefined,
  base: BucketCounts | undefined,
): BucketCounts | undefined {
  if (now === undefined || base === undefined || now.counts.length !== base.counts.length) {
    return undefined;
  }
  const isReset = now.counts.some((count, index) => count < (base.counts[index] as number));
  return isReset
    ? now
    : {
        bounds: now.bounds,
        counts: now.counts.map((count, index) => count - (base.counts[index] as number)),
      };
}
