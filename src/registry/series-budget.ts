import type { SeriesLimit } from '../core/series-limit.js';
import { DEFAULT_OPTIONS } from '../options/default-options.js';
import type { SeriesBudgetLimits } from '../options/resolved-options.js';

/** How many series the families of one registry may have, each and in total. */
export class SeriesBudget {
  /** May change while families have series; those stay. */
  limits: SeriesBudgetLimits = DEFAULT_OPTIONS.seriesBudget;
  private used = 0;

  /** @param onOverflow - told of each sample that could not go to a series of its own: the family's name */
  constructor(private readonly onOverflow: (family: string) => void) {}

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
      onOverflow: () => this.onOverflow(family),
    };
  }
}
