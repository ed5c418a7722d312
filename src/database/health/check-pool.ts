import { nowMs } from '../../core/tool/stopwatch.js';
import type { WatchedPool } from '../source/query-source.interface.js';

/** The result of one health check of a pool. */
export interface PoolCheck {
  readonly durationMs: number;
  /** `undefined` when the server answered, else a word or code without secrets. */
  readonly failure: string | undefined;
}

/** Probes a pool's server once, until the timeout or until `signal` is aborted. Never rejects. Closes what it opened. */
export async function checkPool(
  pool: WatchedPool,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PoolCheck> {
  const startedAtMs = nowMs();
  let failure: string | undefined;
  try {
    failure = await ask(pool, timeoutMs, signal);
  } catch (error) {
    failure = wordFor(error);
  }
  return { durationMs: nowMs() - startedAtMs, failure };
}

const TIMEOUT = 'timeout';

function ask(pool: WatchedPool, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  const probe = pool.probe();
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timeout);
      signal.removeEventListener('abort', giveUp);
    };
    const giveUp = (): void => {
      over();
      probe.abandon();
      resolve(TIMEOUT);
    };
    const timeout = setTimeout(giveUp, timeoutMs).unref();
    signal.addEventListener('abort', giveUp);
    probe.answered.finally(over).then(() => resolve(undefined), reject);
  });
}

/** Returns the code of an error, or a word. Messages may contain hosts and users. */
function wordFor(error: unknown): string {
  const { code, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof code === 'string' && /^[A-Z0-9_]+$/.test(code)) {
    return code;
  }
  return typeof message === 'string' && /timeout/i.test(message) ? TIMEOUT : 'error';
}
