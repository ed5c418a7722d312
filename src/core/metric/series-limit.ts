/** The value of every label of the series that takes what is past a limit. */
export const OVERFLOW_LABEL_VALUE = 'other';

/** How many series a family may have. */
export interface SeriesLimit {
  /** Takes the place of one more series; `false` when there is none left. */
  take(seriesOfFamily: number): boolean;
  /** Gives places back. */
  release(count: number): void;
  /** A sample went to the overflow series, because its own could not be made. */
  onOverflow(): void;
}
