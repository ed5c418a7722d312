import { nowMs } from '../../core/tool/stopwatch.js';
import type { WatchedPool } from '../source/query-source.interface.js';

/** The outcome of asking the server behind one pool. */
export interface PoolCheck {
  readonly durationMs: number;
  /** `undefined` when the server answered; else a word or code, and nothing that could be a secret. */
  readonly failure: string | undefined;
}

/** Asks once, for `timeoutMs` at most, or until `signal` is aborted. Never rejects, and leaves nothing behind. */
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

/** Messages may name hosts, users and more; codes do not. */
function wordFor(error: unknown): string {
  const { code, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof code === 'string' && /^[A-Z0-9_]+$/.test(code)) {
    return code;
  }
  return typeof message === 'string' && /timeout/i.test(message) ? TIMEOUT : 'error';
}
