import { setTimeout as delay } from 'node:timers/promises';

export interface PollOptions {
  readonly timeoutMs: number;
  readonly intervalMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks until the answer is true; false when it was not in time. */
export async function poll(
  check: () => boolean | Promise<boolean>,
  { timeoutMs, intervalMs, signal }: PollOptions,
): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() >= deadlineMs) return false;
    await delay(intervalMs, undefined, signal === undefined ? {} : { signal });
  }
  return true;
}
