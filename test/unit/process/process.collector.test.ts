import { describe, expect, it } from 'vitest';
import { samplesOf } from '../../../src/core/samples.js';
import { ProcessCollector } from '../../../src/process/process.collector.js';

const sampleOf = (name: string, collector = new ProcessCollector('1.2.3')) => {
  const snapshot = collector.collect().find(({ descriptor }) => descriptor.name === name);
  return snapshot === undefined ? undefined : samplesOf(snapshot)[0];
};

describe('ProcessCollector', () => {
  it('answers a snapshot of one series for each family that it declares', () => {
    const collector = new ProcessCollector('1.2.3');
    const snapshots = collector.collect();
    expect(snapshots.map(({ descriptor }) => descriptor)).toEqual(collector.families);
    expect(snapshots.map(({ labelRows }) => labelRows.length)).toEqual(collector.families.map(() => 1));
    expect(collector.name).toBe('process');
  });

  it('says the version of the application and of Node, without the v', () => {
    const node = process.versions.node;
    expect(sampleOf('info')).toEqual({ name: 'info', labels: { version: '1.2.3', node }, value: 1 });
    expect(node).toMatch(/^\d/);
  });

  it('says how long the process has been running', async () => {
    const collector = new ProcessCollector('1.2.3');
    const before = process.uptime();
    const uptime = sampleOf('uptime_seconds', collector)?.value ?? Number.NaN;
    expect(uptime).toBeGreaterThanOrEqual(before);
    expect(uptime).toBeLessThanOrEqual(process.uptime());
    await new Promise(setImmediate);
    expect(sampleOf('uptime_seconds', collector)?.value).toBeGreaterThan(uptime);
  });

  it('says when the process started, in Unix seconds, the same at every scrape', () => {
    const start = sampleOf('process_start_time_seconds')?.value ?? Number.NaN;
    expect(Math.abs(Date.now() / 1000 - process.uptime() - start)).toBeLessThan(1);
    expect(sampleOf('process_start_time_seconds')?.value).toBe(start);
  });
});
