import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { DatabaseMetrics } from '../../../../src/database/database-metrics.js';
import { PoolHealthChecker } from '../../../../src/database/health/pool-health-checker.js';
import { RegistryLease } from '../../../../src/registry/registry-lease.js';
import { registryOf } from '../../../../src/registry/default-registry.js';
import { sampleValue } from '../../../../src/service/sample-value.js';
import { FakePool } from './fake-pool.js';

const checkers: PoolHealthChecker[] = [];

afterEach(() => checkers.splice(0).forEach((checker) => checker.stop()));

function setUp() {
  const application = new RegistryLease(registryOf(new Registry(), 'x_'));
  const metrics = DatabaseMetrics.of(application.registry);
  const read = async (name: string) => sampleValue(await application.gather(), `x_${name}`, {});
  return { metrics, read };
}

/** Started, with its first check behind it. */
async function started(pools: FakePool[], failureThreshold?: number): Promise<PoolHealthChecker> {
  const checker = new PoolHealthChecker(pools, { intervalSeconds: 3600, failureThreshold });
  checkers.push(checker);
  await checker.start().check();
  return checker;
}

describe('the health metrics', () => {
  it('count the checks of a checker once that is followed twice', async () => {
    const { metrics, read } = setUp();
    const checker = await started([new FakePool()]);
    const ends = [metrics.followChecker(checker), metrics.followChecker(checker)];
    await checker.check();
    expect(await read('db_pool_health_checks_total')).toBe(1);
    ends[0]?.();
    await checker.check();
    expect(await read('db_pool_health_checks_total')).toBe(2);
    ends[1]?.();
    expect(await read('db_pool_healthy')).toBeUndefined();
  });

  it('are of the first of two checkers of a source, and of the other when that one stops', async () => {
    const { metrics, read } = setUp();
    const pool = new FakePool();
    const [first, second] = [await started([pool]), await started([pool])];
    metrics.followChecker(first);
    metrics.followChecker(second);
    pool.isDown = true;
    await second.check();
    expect(await read('db_pool_health_checks_total')).toBe(0);
    expect(await read('db_pool_healthy')).toBe(1);
    await first.check();
    expect(await read('db_pool_health_failures_total')).toBe(1);
    expect(await read('db_pool_healthy')).toBe(0);
    first.stop();
    pool.isDown = false;
    await second.check();
    expect(await read('db_pool_health_checks_total')).toBe(2);
    expect(await read('db_pool_health_failures_total')).toBe(1);
    expect(await read('db_pool_healthy')).toBe(1);
  });

  it('are those of the worst of several pools', async () => {
    const { metrics, read } = setUp();
    const pools = [new FakePool(), new FakePool()] as const;
    const checker = await started([...pools]);
    metrics.followChecker(checker);
    pools[1].isDown = true;
    await checker.check();
    expect(await read('db_pool_healthy')).toBe(0);
    expect(await read('db_pool_health_checks_total')).toBe(2);
    expect(await read('db_pool_health_failures_total')).toBe(1);
    expect(await read('db_pool_health_check_duration_seconds_count')).toBe(2);
    pools[1].ending = true;
    expect(await read('db_pool_healthy')).toBe(1);
    pools[0].ending = true;
    expect(await read('db_pool_healthy')).toBeUndefined();
  });

  it('are 0 after as many failed checks in a row as the threshold of the checker, each of which counts', async () => {
    const { metrics, read } = setUp();
    const [pool, never] = [new FakePool(), new FakePool()];
    const checker = await started([pool], 2);
    metrics.followChecker(checker);
    pool.isDown = true;
    const found: unknown[] = [];
    for (let time = 0; time < 3; time += 1) {
      await checker.check();
      found.push([await read('db_pool_healthy'), await read('db_pool_health_failures_total')]);
    }
    expect(found).toEqual([
      [1, 1],
      [0, 2],
      [0, 3],
    ]);
    pool.isDown = false;
    await checker.check();
    expect(await read('db_pool_healthy')).toBe(1);
    never.isDown = true;
    metrics.followChecker(await started([never], 2));
    expect(await read('db_pool_healthy')).toBeUndefined();
  });
});
