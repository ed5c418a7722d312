import { describe, expect, it } from 'vitest';
import { PoolHealthChecker } from '../../../../src/database/health/pool-health-checker.js';
import { FakePool } from './fake-pool.js';

/** The health after each check of a pool that is up (`+`) or down (`-`). */
async function healthAfter(checks: string, failureThreshold?: number) {
  const pool = new FakePool();
  const checker = new PoolHealthChecker(pool, { failureThreshold });
  const found: (boolean | undefined)[] = [];
  for (const check of checks) {
    pool.isDown = check === '-';
    found.push((await checker.check()).healthy);
  }
  return found;
}

describe('a pool', () => {
  it('is unhealthy after a failed check by default', async () => {
    expect(await healthAfter('-+-')).toEqual([false, true, false]);
  });

  it('is unhealthy after as many failed checks in a row as the threshold says, until one succeeds', async () => {
    expect(await healthAfter('+--+---+', 3)).toEqual([true, true, true, true, true, true, false, true]);
  });

  it('is neither healthy nor unhealthy before its first success, or so many failures', async () => {
    expect(await healthAfter('--+-', 3)).toEqual([undefined, undefined, true, true]);
    expect(await healthAfter('----', 3)).toEqual([undefined, undefined, false, false]);
  });

  it('has its own row of failures', async () => {
    const [one, other] = [new FakePool(), new FakePool()];
    const checker = new PoolHealthChecker([one, other], { failureThreshold: 2 });
    await checker.check();
    one.isDown = true;
    expect(await checker.check()).toMatchObject({ healthy: true, failures: 1, lastFailure: 'ECONNREFUSED' });
    one.isDown = false;
    other.isDown = true;
    expect(await checker.check()).toMatchObject({ healthy: true, failures: 2 });
    expect(await checker.check()).toMatchObject({ healthy: false, failures: 3 });
  });

  it('that is undecided leaves the health of several open until it is known', async () => {
    const [good, never] = [new FakePool(), new FakePool()];
    never.isDown = true;
    const checker = new PoolHealthChecker([good, never], { failureThreshold: 2 });
    expect(await checker.check()).toMatchObject({ healthy: undefined });
    expect(await checker.check()).toMatchObject({ healthy: false });
  });

  it('is down for a health endpoint while it is not healthy, with the reason', async () => {
    const pool = new FakePool();
    const checker = new PoolHealthChecker(pool, { failureThreshold: 2 });
    const down = { database: { status: 'down', reason: 'ECONNREFUSED' } };
    const up = { database: { status: 'up' } };
    pool.isDown = true;
    expect(await checker.isHealthy()).toEqual(down);
    pool.isDown = false;
    expect(await checker.isHealthy()).toEqual(up);
    pool.isDown = true;
    expect(await checker.isHealthy()).toEqual(up);
    expect(await checker.isHealthy()).toEqual(down);
    pool.ending = true;
    expect(await checker.isHealthy()).toEqual({ database: { status: 'down', reason: 'no pool' } });
  });
});

it.each([0, -1, 1.5, Number.NaN, Infinity])('refuses %s as a failureThreshold', (failureThreshold) => {
  expect(() => new PoolHealthChecker(new FakePool(), { failureThreshold })).toThrow(
    `failureThreshold of a PoolHealthChecker is ${failureThreshold}; allowed: a whole number of at least 1.`,
  );
});
