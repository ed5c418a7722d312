const SHARE = 0.1;
const LONGEST_MS = 100;

/** Returns the timeout for the next hop of a request: shorter than `withinMs`, so that the answer arrives in time. */
export function nextHopMs(withinMs: number): number {
  return withinMs - Math.min(withinMs * SHARE, LONGEST_MS);
}
