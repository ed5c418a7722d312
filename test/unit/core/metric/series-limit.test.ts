import { expect, it, vi } from 'vitest';
import { Counter } from '../../../../src/core/metric/counter.js';

/** A family of at most two series of its own. */
function limitedCounter() {
  const limit = { take: (series: number) => series < 2, release: vi.fn(), onOverflow: vi.fn() };
  const counter = new Counter(
    { name: 'jobs_total', type: 'counter', labelNames: ['queue'], help: 'Jobs.' },
    limit,
  );
  return { counter, limit };
}

it('a place that a removed series left is given to the next one, the overflow series being none of them', () => {
  const { counter, limit } = limitedCounter();
  for (const queue of ['a', 'b', 'c']) {
    counter.inc({ queue });
  }
  expect(limit.onOverflow).toHaveBeenCalledTimes(1);
  counter.remove('a');
  counter.inc({ queue: 'd' });
  expect(counter.snapshot().labelRows).toEqual([['b'], ['other'], ['d']]);
  counter.inc({ queue: 'e' });
  expect(limit.onOverflow).toHaveBeenCalledTimes(2);
});
