import { vi } from 'vitest';

/**
 * Patience is for broken code, not for slow machines: `vi.waitFor()` and `vi.waitUntil()` give up after a second by themselves,
 * which is little while other work keeps the machine busy.
 */
const PATIENCE_MS = 60_000;

const { waitFor, waitUntil } = vi;

/** As one of vitest's functions, with more patience where none is given. */
function patient<Wait extends (check: never, options?: never) => unknown>(wait: Wait): Wait {
  return ((check: never, options?: number | object) => {
    const given = typeof options === 'number' ? { timeout: options } : options;
    return wait(check, { timeout: PATIENCE_MS, ...given } as never);
  }) as Wait;
}

vi.waitFor = patient(waitFor as never);
vi.waitUntil = patient(waitUntil as never);
