import { performance } from 'node:perf_hooks';
import { vi } from 'vitest';

/** Lets the monotonic clock of this process jump ahead while it runs on, until mocks are restored. */
export function laterClock(): { add(ms: number): void } {
  const now = performance.now.bind(performance);
  let aheadMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
  return {
    add: (ms) => {
      aheadMs += ms;
    },
  };
}
