import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { logHealth } from '../../../../src/database/health/health-log.js';
import { PoolHealthChecker } from '../../../../src/database/health/pool-health-checker.js';
import { FakePool } from './fake-pool.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const WARNING =
  'warn: Health check of the database "shop" fails: ECONNREFUSED. A line follows when it succeeds again.';
const again = (seconds: number): string =>
  `log: Health check of the database "shop" succeeds again after ${seconds} s.`;

/** What is logged during checks, 30 s apart, of a pool that is up (`+`) or down (`-`). */
async function linesAfter(checks: string, failureThreshold?: number): Promise<string[]> {
  const pool = new FakePool();
  const checker = new PoolHealthChecker(pool, { failureThreshold });
  const lines: string[] = [];
  const logger = {
    log: (line: string) => void lines.push(`log: ${line}`),
    warn: (line: string) => void lines.push(`warn: ${line}`),
  };
  const stop = logHealth(checker, logger, () => 'shop');
  for (const check of checks) {
    pool.isDown = check === '-';
    await checker.check();
    vi.advanceTimersByTime(30_000);
  }
  stop();
  pool.isDown = !pool.isDown;
  await checker.check();
  return lines;
}

it.each<[string, number | undefined, string[]]>([
  ['+++', undefined, []],
  ['+---', undefined, [WARNING]],
  ['+---++', undefined, [WARNING, again(90)]],
  ['--+-+', undefined, [WARNING, again(60), WARNING, again(30)]],
  ['+--+--', 3, []],
  ['+----+', 3, [WARNING, again(60)]],
])('one line says that a database fails its checks, and one that it does no more: %s', async (...given) => {
  const [checks, failureThreshold, lines] = given;
  expect(await linesAfter(checks, failureThreshold)).toEqual(lines);
});
