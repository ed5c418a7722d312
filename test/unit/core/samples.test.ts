import { describe, expect, it } from 'vitest';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { samplesOf } from '../../../src/core/samples.js';

describe('samplesOf', () => {
  it('gives a scalar family one sample a series', () => {
    const snapshot: FamilySnapshot = {
      descriptor: { name: 'depth', help: 'Depth.', type: 'gauge', labelNames: ['queue'] },
      labelRows: [['mail'], ['sms']],
      values: Float64Array.of(1, Number.NaN),
    };
    expect(samplesOf(snapshot)).toEqual([
      { name: 'depth', labels: { queue: 'mail' }, value: 1 },
      { name: 'depth', labels: { queue: 'sms' }, value: Number.NaN },
    ]);
  });

  it('accumulates the buckets of a histogram per series', () => {
    const histogram = new Histogram({
      name: 'wait',
      type: 'histogram',
      help: 'Waiting.',
      labelNames: ['queue'],
      buckets: [0.5, 1],
    });
    for (const value of [0.5, 0.75, 3]) {
      histogram.observe(['mail'], value);
    }
    histogram.observe(['sms'], 1);
    const of = (queue: string, le: string, value: number) => ({
      name: 'wait_bucket',
      labels: { queue, le },
      value,
    });
    expect(samplesOf(histogram.snapshot())).toEqual([
      of('mail', '0.5', 1),
      of('mail', '1', 2),
      of('mail', '+Inf', 3),
      { name: 'wait_sum', labels: { queue: 'mail' }, value: 4.25 },
      { name: 'wait_count', labels: { queue: 'mail' }, value: 3 },
      of('sms', '0.5', 0),
      of('sms', '1', 1),
      of('sms', '+Inf', 1),
      { name: 'wait_sum', labels: { queue: 'sms' }, value: 1 },
      { name: 'wait_count', labels: { queue: 'sms' }, value: 1 },
    ]);
  });

  it('gives a summary its quantiles, sum and count', () => {
    const snapshot: FamilySnapshot = {
      descriptor: {
        name: 'size',
        help: 'Size.',
        type: 'summary',
        labelNames: [],
        quantiles: [0.5, 0.99],
      },
      labelRows: [[]],
      values: Float64Array.of(10, 90),
      sums: Float64Array.of(1000),
      counts: Float64Array.of(20),
    };
    expect(samplesOf(snapshot)).toEqual([
      { name: 'size', labels: { quantile: '0.5' }, value: 10 },
      { name: 'size', labels: { quantile: '0.99' }, value: 90 },
      { name: 'size_sum', labels: {}, value: 1000 },
      { name: 'size_count', labels: {}, value: 20 },
    ]);
  });

  it('adds constant labels behind the own ones, which win, and leaves missing ones out', () => {
    const snapshot: FamilySnapshot = {
      descriptor: { name: 'depth', help: 'Depth.', type: 'untyped', labelNames: ['queue', 'zone'] },
      constantLabels: { zone: 'constant', app: 'shop' },
      labelRows: [
        ['mail', 'own'],
        ['sms', undefined],
      ],
      values: Float64Array.of(1, 2),
    };
    const samples = samplesOf(snapshot);
    expect(samples).toEqual([
      { name: 'depth', labels: { queue: 'mail', zone: 'own', app: 'shop' }, value: 1 },
      { name: 'depth', labels: { queue: 'sms', zone: 'constant', app: 'shop' }, value: 2 },
    ]);
    expect(Object.keys(samples[0]?.labels ?? {})).toEqual(['queue', 'zone', 'app']);
  });
});
