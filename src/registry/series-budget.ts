import type { CounterChild } from '../core/counter.js';
import type { SeriesLimit } from '../core/series-limit.js';
import { DEFAULT_OPTIONS } from '../options/default-options.js';
import type { SeriesBudgetLimits } from '../options/resolved-options.js';

/** How many series the families of one registry may have, each and in total. */
export class SeriesBudget {
  /** May change while families have series; those stay. */
  limits: SeriesBudgetLimits = DEFAULT_OPTIONS.seriesBudget;
  /** Told once of each family that has come to its ceiling. */
  onOverflow: (family: string) => void = () => {};
  private used = 0;
  private readonly dropped = new Map<string, CounterChild | undefined>();

  /** @param droppedSamplesOf - what counts the samples of one family that could not go to series of their own */
  constructor(private readonly droppedSamplesOf: (family: string) => CounterChild | undefined) {}

  limitOf(family: string): SeriesLimit {
    return {
      take: (seriesOfFamily) => {
        const fits = seriesOfFamily < this.limits.perFamily && this.used < this.limits.total;
        this.used += fits ? 1 : 0;
        return fits;
      },
      release: (count) => {
        this.used -= count;
      },
      onOverflow: () => {
        if (!this.dropped.has(family)) {
          this.dropped.set(family, this.droppedSamplesOf(family));
          this.onOverflow(family);
        }
        this.dropped.get(family)?.inc();
      },
    };
  }
}
