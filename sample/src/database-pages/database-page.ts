/** Cause and effect: what was done, and what scrapes say of the whole application before, in the middle and afterwards. */
export interface DatabasePage {
  readonly done: string;
  readonly before: readonly string[];
  readonly during: readonly string[];
  readonly after: readonly string[];
}
