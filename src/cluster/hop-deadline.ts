const SHARE = 0.1;
const LONGEST_MS = 100;

/** What is left of a time for whoever is asked on the way: the answers must be back before the time is over. */
export function nextHopMs(withinMs: number): number {
  return withinMs - Math.min(withinMs * SHARE, LONGEST_MS);
}
