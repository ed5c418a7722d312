/** Returns a function that returns the seconds since this call. Clock changes do not affect it. */
export function startStopwatch(): () => number {
  const startedAtMs = nowMs();
  return () => secondsSince(startedAtMs);
}

/** Returns a monotonic time stamp in milliseconds. */
export function nowMs(): number {
  return performance.now();
}

/** @param startedAtMs - a time stamp of {@link nowMs} */
export function secondsSince(startedAtMs: number): number {
  return (performance.now() - startedAtMs) / 1000;
}
