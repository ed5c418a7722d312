import { describe, expect, it } from 'vitest';
import type { ProcessLimits } from '../../../src/process/control-groups.js';
import { LimitsCollector } from '../../../src/process/limits.collector.js';
import { deferred } from '../../support/deferred.js';

const valuesOf = (collector: LimitsCollector): number[][] =>
  collector.collect().map(({ values }) => [...values]);
const settled = (): Promise<void> => new Promise(setImmediate);

describe('LimitsCollector', () => {
  it('exports the limits that it has read', async () => {
    const collector = new LimitsCollector(() => Promise.resolve({ memoryBytes: 1024, cpuCores: 0.5 }));
    await settled();
    expect(valuesOf(collector)).toEqual([[1024], [0.5]]);
  });

  it('exports no limit that is unknown', async () => {
    const collector = new LimitsCollector(() =>
      Promise.resolve({ memoryBytes: undefined, cpuCores: undefined }),
    );
    await settled();
    expect(valuesOf(collector)).toEqual([[], []]);
  });

  it('never waits for files, and reads them once at a time', async () => {
    const reading = deferred<ProcessLimits>();
    let reads = 0;
    let nowMs = 0;
    const collector = new LimitsCollector(
      () => {
        reads += 1;
        return reading.promise;
      },
      () => nowMs,
    );
    nowMs = 100_000;
    expect(valuesOf(collector)).toEqual([[], []]);
    expect(reads).toBe(1);
    reading.resolve({ memoryBytes: 7, cpuCores: undefined });
    await settled();
    expect(valuesOf(collector)).toEqual([[7], []]);
  });

  it('reads them again after half a minute, and forgets limits that it cannot read any more', async () => {
    let nowMs = 0;
    let answer = (): Promise<ProcessLimits> => Promise.resolve({ memoryBytes: 1, cpuCores: 1 });
    const collector = new LimitsCollector(
      () => answer(),
      () => nowMs,
    );
    await settled();
    answer = () => Promise.resolve({ memoryBytes: 2, cpuCores: undefined });
    nowMs = 29_999;
    collector.collect();
    await settled();
    expect(valuesOf(collector)).toEqual([[1], [1]]);
    nowMs = 30_000;
    collector.collect();
    await settled();
    expect(valuesOf(collector)).toEqual([[2], []]);
    answer = () => Promise.reject(new Error('no'));
    nowMs = 60_000;
    collector.collect();
    await settled();
    expect(valuesOf(collector)).toEqual([[], []]);
  });
});
