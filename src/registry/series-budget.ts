import type { CounterChild } from '../core/metric/counter.js';
import type { SeriesLimit } from '../core/metric/series-limit.js';
import { DEFAULT_OPTIONS } from '../options/default-options.js';
import type { SeriesBudgetLimits } from '../options/resolved-options.js';

/** Limits the number of series in one registry: per family and in total. */
export class SeriesBudget {
  /** The present limits. A change affects new series only. */
  limits: SeriesBudgetLimits = DEFAULT_OPTIONS.seriesBudget;
  /** Called once per family that exceeds its limit. */
  onOverflow: (family: string) => void = () => {};
  /** The number of series that count towards the total. */
  used = 0;
  private told = new WeakSet<FamilyLimit>();

  /** @param droppedSamplesOf - returns the counter of one family's samples that went to the overflow series */
  constructor(readonly droppedSamplesOf: (family: string) => CounterChild | undefined) {}

  limitOf(family: string): SeriesLimit {
    return new FamilyLimit(this, family);
  }

  /** Reports every overflow again: the listener is new. */
  forgetWhatWasTold(): void {
    this.told = new WeakSet();
  }

  /** Calls {@link onOverflow} the first time for each family. */
  tell(limit: FamilyLimit, family: string): void {
    if (!this.told.has(limit)) {
      this.told.add(limit);
      this.onOverflow(family);
    }
  }
}

/** One family's part of a budget. */
class FamilyLimit implements SeriesLimit {
  private isExported = true;
  private hasOverflowed = false;
  private dropped: CounterChild | undefined;

  constructor(
    private readonly budget: SeriesBudget,
    private readonly family: string,
  ) {}

  take(seriesOfFamily: number): boolean {
    const { limits, used } = this.budget;
    if (!this.isExported) {
      return seriesOfFamily < limits.perFamily;
    }
    const fits = seriesOfFamily < limits.perFamily && used < limits.total;
    this.budget.used += fits ? 1 : 0;
    return fits;
  }

  release(count: number): void {
    this.budget.used -= this.isExported ? count : 0;
  }

  onOverflow(): void {
    if (this.isExported) {
      if (!this.hasOverflowed) {
        this.hasOverflowed = true;
        this.dropped = this.budget.droppedSamplesOf(this.family);
      }
      this.dropped?.inc();
      this.budget.tell(this, this.family);
    }
  }

  /** Disconnects a replaced family, which has released its series: its new series do not count towards the total. */
  disconnect(): void {
    this.isExported = false;
  }
}

/** Disconnects a family that is no longer exported from its budget. */
export function disconnect(limit: SeriesLimit | undefined): void {
  if (limit instanceof FamilyLimit) {
    limit.disconnect();
  }
}
