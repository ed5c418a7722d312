/** Starts a measurement; calling the result gives the seconds since then. Not affected by clock changes. */
export function startStopwatch(): () => number {
  const startedAtMs = nowMs();
  return () => secondsSince(startedAtMs);
}

/** A monotonic time stamp in milliseconds, for {@link secondsSince}. */
export function nowMs(): number {
  return performance.now();
}

export function secondsSince(startedAtMs: number): number {
  return (performance.now() - startedAtMs) / 1000;
}
