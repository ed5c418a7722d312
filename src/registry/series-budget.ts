import type { CounterChild } from '../core/metric/counter.js';
import type { SeriesLimit } from '../core/metric/series-limit.js';
import { DEFAULT_OPTIONS } from '../options/default-options.js';
import type { SeriesBudgetLimits } from '../options/resolved-options.js';

/** How many series the families of one registry may have, each and in total. */
export class SeriesBudget {
  /** May change while families have series; those stay. */
  limits: SeriesBudgetLimits = DEFAULT_OPTIONS.seriesBudget;
  /** Told once of each family that has come to its ceiling. */
  onOverflow: (family: string) => void = () => {};
  /** Places that families have taken. */
  used = 0;
  private told = new WeakSet<FamilyLimit>();

  /** @param droppedSamplesOf - what counts the samples of one family that could not go to series of their own */
  constructor(readonly droppedSamplesOf: (family: string) => CounterChild | undefined) {}

  limitOf(family: string): SeriesLimit {
    return new FamilyLimit(this, family);
  }

  /** Whoever is told of overflows now knows of none yet. */
  forgetWhatWasTold(): void {
    this.told = new WeakSet();
  }

  /** Tells of this family, unless it was told already. */
  tell(limit: FamilyLimit, family: string): void {
    if (!this.told.has(limit)) {
      this.told.add(limit);
      this.onOverflow(family);
    }
  }
}

/** The part that one family has in a budget. */
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

  /** The family was replaced, and must have given its places back: what still records to it takes none from the others. */
  disconnect(): void {
    this.isExported = false;
  }
}

/** Ends the part that a family without exposition has in its budget. */
export function disconnect(limit: SeriesLimit | undefined): void {
  if (limit instanceof FamilyLimit) {
    limit.disconnect();
  }
}
