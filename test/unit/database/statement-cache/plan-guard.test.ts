import { describe, expect, it } from 'vitest';
import { PlanGuard } from '../../../../src/database/statement-cache/plan-guard.js';

/** The same sequence in every run. */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** How long an execution takes, by its number and by whether it is planned for all values. */
type Latency = (n: number, isGeneric: boolean) => number;

interface Outcome {
  /** At which execution it was found worse; `undefined`: never. */
  readonly foundAt: number | undefined;
  /** Executions that were sent without a name. */
  readonly unnamed: number;
}

/** A statement on connections that take turns. */
function execute(latency: Latency, total: number, { connections = 1, seed = 1 } = {}): Outcome {
  const guard = new PlanGuard(pseudoRandom(seed));
  const executions = Array.from({ length: connections }, () => 0);
  let unnamed = 0;
  for (let n = 0; n < total; n += 1) {
    const connection = n % connections;
    if (guard.wantsUnnamed) {
      unnamed += 1;
      if (guard.took(undefined, latency(n, false)) !== undefined) {
        return { foundAt: n, unnamed };
      }
    } else {
      const execution = (executions[connection] ?? 0) + 1;
      executions[connection] = execution;
      if (guard.took(execution, latency(n, execution > 5)) !== undefined) {
        return { foundAt: n, unnamed };
      }
    }
  }
  return { foundAt: undefined, unnamed };
}

describe('a generic plan that is much slower', () => {
  it('is found within a hundred executions', () => {
    const { foundAt } = execute((_, isGeneric) => (isGeneric ? 34 : 0.2), 1000);
    expect(foundAt).toBeLessThan(100);
  });

  it('is found on ten connections at once', () => {
    const { foundAt } = execute((_, isGeneric) => (isGeneric ? 34 : 0.2), 1000, { connections: 10 });
    expect(foundAt).toBeLessThan(150);
  });

  it('is found although the first executions were slow for other reasons', () => {
    const { foundAt } = execute((n, isGeneric) => (n < 5 || isGeneric ? 34 : 0.2), 1000);
    expect(foundAt).toBeLessThan(100);
  });

  it('is found when the server takes to it late', () => {
    const { foundAt } = execute((n, isGeneric) => (isGeneric && n > 500 ? 34 : 0.2), 5000);
    expect(foundAt).toBeGreaterThan(500);
    expect(foundAt).toBeLessThan(700);
  });

  it('is found when it is worse for three values of four', () => {
    const random = pseudoRandom(7);
    const { foundAt } = execute((_, isGeneric) => (isGeneric && random() < 0.75 ? 34 : 0.3), 5000);
    expect(foundAt).toBeDefined();
  });

  // docs/named-statements.md says so.
  it('is not found when it is worse for one value of four', () => {
    const random = pseudoRandom(7);
    const { foundAt } = execute((_, isGeneric) => (isGeneric && random() < 0.25 ? 34 : 0.3), 50_000);
    expect(foundAt).toBeUndefined();
  });

  it('tells the medians of both', () => {
    const guard = new PlanGuard(pseudoRandom(1));
    let medians;
    for (let n = 0; medians === undefined; n += 1) {
      medians = guard.wantsUnnamed ? guard.took(undefined, 0.5) : guard.took(n + 1, 20);
    }
    expect(medians).toEqual({ named: 20, unnamed: 0.5 });
  });
});

describe('what is slow for other reasons', () => {
  const exponential = (random: () => number, mean: number): number => -Math.log(1 - random()) * mean;

  it.each<readonly [string, (random: () => number) => Latency]>([
    ['a burst of load after the fifth execution', () => (n) => (n < 5 ? 0.3 : 20)],
    ['load that comes and goes', () => (n) => (Math.floor(n / 100) % 2 === 0 ? 0.3 : 50)],
    ['a statement that is always slow', () => () => 200],
    ['values in turns, of which every other one is slow', () => (n) => (n % 2 === 0 ? 0.3 : 30)],
    ['values of which half are slow', (random) => () => (random() < 0.5 ? 0.3 : 30)],
    ['values of which most are slow', (random) => () => (random() < 0.3 ? 0.3 : 30)],
    ['waits of very different length', (random) => () => exponential(random, 20)],
    ['a plan that takes twice as long', () => (_, isGeneric) => (isGeneric ? 20 : 10)],
    ['a plan that takes 1 ms longer', () => (_, isGeneric) => (isGeneric ? 1.1 : 0.1)],
  ])('%s: keeps its name in a hundred runs', (_, latencyOf) => {
    const found = Array.from({ length: 100 }, (_unused, run) => {
      const random = pseudoRandom(run + 1000);
      return execute(latencyOf(random), 5000, { connections: 3, seed: run + 1 }).foundAt;
    });
    expect(found.filter((at) => at !== undefined)).toEqual([]);
  });

  it('is sent without a name ever more rarely', () => {
    const total = 100_000;
    const { unnamed } = execute(() => 20, total);
    expect(unnamed).toBeLessThan(0.01 * total);
    // Not never: the server may take to a worse plan later.
    const late = execute((n, isGeneric) => (isGeneric && n > 50_000 ? 200 : 20), total);
    expect((late.foundAt ?? Infinity) - 50_000).toBeLessThan(2 * 4096 + 200);
  });

  it('nor are fast statements compared, nor the first five executions', () => {
    expect(execute(() => 1.9, 10_000).unnamed).toBe(0);
    expect(execute((_, isGeneric) => (isGeneric ? 0.2 : 100), 10_000).unnamed).toBe(0);
  });
});
