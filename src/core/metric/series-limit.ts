/** The value of every label of the overflow series, which takes the samples past a limit. */
export const OVERFLOW_LABEL_VALUE = 'other';

/** Limits the number of series of a family. */
export interface SeriesLimit {
  /** Takes room for one more series; returns `false` when none is left. */
  take(seriesOfFamily: number): boolean;
  /** Gives the room of some series back. */
  release(count: number): void;
  /** Called for each sample that went to the overflow series. */
  onOverflow(): void;
}
