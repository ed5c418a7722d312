import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../../src/core/metric/histogram.js';
import { nativeRow } from '../../../../src/core/native-columns.js';
import type { SeriesLimit } from '../../../../src/core/metric/series-limit.js';
import { samplesOf } from '../../../../src/core/samples.js';
import { modelHistogram } from '../../../support/native-model.js';
import { readNativeRow } from '../../../support/native-rows.js';

function histogramOf({
  buckets = [0.5, 1],
  maxBuckets = 160,
  limit = undefined as SeriesLimit | undefined,
} = {}) {
  return new Histogram(
    {
      name: 'wait_seconds',
      help: 'Waiting.',
      type: 'histogram',
      labelNames: ['queue'],
      buckets,
      native: true,
    },
    limit,
    { maxBuckets },
  );
}

function rowsOf(histogram: Histogram): Record<string, unknown> {
  const { native, labelRows } = histogram.snapshot();
  return Object.fromEntries(
    labelRows.map(([queue], row) => [queue, native && readNativeRow(nativeRow(native, row))]),
  );
}

const empty = modelHistogram([], 160);

describe('a native histogram', () => {
  it('counts zeros, negative numbers, and numbers of every magnitude', () => {
    const histogram = histogramOf();
    const values = [0, -0, 1, 0.3, -0.3, 1e-300, -1e-300, 1e300, -1e300, 5e-324, Number.MAX_VALUE];
    values.forEach((value) => histogram.observe(['mail'], value));
    expect(rowsOf(histogram)).toEqual({ mail: modelHistogram(values, 160) });
  });

  it.each([Number.NaN, Infinity, -Infinity])(
    'refuses %d, as a classic one does, and counts nothing',
    (value) => {
      const histogram = histogramOf();
      histogram.labels('mail');
      expect(() => histogram.observe(['mail'], value)).toThrow(
        'Histogram "wait_seconds" takes finite numbers',
      );
      expect(rowsOf(histogram)).toEqual({ mail: empty });
    },
  );

  it('halves its resolution instead of passing the limit, for a thousand magnitudes', () => {
    const histogram = histogramOf({ maxBuckets: 20 });
    const values = Array.from({ length: 1000 }, (_, index) => 1.9 ** (index - 500));
    values.forEach((value) => histogram.observe(['mail'], value));
    const { mail } = rowsOf(histogram) as { mail: ReturnType<typeof modelHistogram> };
    expect(mail).toEqual(modelHistogram(values, 20));
    expect(mail.schema).toBe(-4);
    expect(Object.keys(mail.positive)).toHaveLength(20);
    expect(mail.zeroThreshold).toBeGreaterThan(2 ** -128);
  });

  it('has as many observations as its classic buckets and its count', () => {
    const histogram = histogramOf();
    [0, 0.1, 0.7, 5, -2].forEach((value) => histogram.observe(['mail'], value));
    const { values } = histogram.snapshot();
    expect([...values]).toEqual([3, 1, 1]);
    expect(histogram.labels('mail').count).toBe(5);
    const { mail } = rowsOf(histogram) as { mail: ReturnType<typeof modelHistogram> };
    const counts = [mail.zeroCount, ...Object.values(mail.positive), ...Object.values(mail.negative)];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
  });

  it('may be without classic buckets: sum, count and the bucket +Inf remain', () => {
    const histogram = histogramOf({ buckets: [] });
    [0.25, 3].forEach((value) => histogram.observe(['mail'], value));
    expect(samplesOf(histogram.snapshot())).toEqual([
      { name: 'wait_seconds_bucket', labels: { queue: 'mail', le: '+Inf' }, value: 2 },
      { name: 'wait_seconds_sum', labels: { queue: 'mail' }, value: 3.25 },
      { name: 'wait_seconds_count', labels: { queue: 'mail' }, value: 2 },
    ]);
    expect(rowsOf(histogram)).toEqual({ mail: modelHistogram([0.25, 3], 160) });
  });

  it('is another one for each series, and starts at 0 after remove(), reset() and zero()', () => {
    const histogram = histogramOf();
    histogram.observe(['mail'], 1);
    histogram.observe(['sms'], 2);
    histogram.observe(['push'], 3);
    histogram.remove('mail');
    expect(rowsOf(histogram)).toEqual({ sms: modelHistogram([2], 160), push: modelHistogram([3], 160) });
    histogram.observe(['mail'], 4);
    histogram.zero(['sms']);
    expect(rowsOf(histogram)).toEqual({
      sms: empty,
      push: modelHistogram([3], 160),
      mail: modelHistogram([4], 160),
    });
    const kept = histogram.labels('push');
    histogram.reset();
    expect(rowsOf(histogram)).toEqual({});
    kept.observe(5);
    expect(rowsOf(histogram)).toEqual({ push: modelHistogram([5], 160) });
  });

  it('has an overflow series past the limit of series, with all samples of the others', () => {
    const limit: SeriesLimit = { take: (series) => series < 1, release: () => {}, onOverflow: () => {} };
    const histogram = histogramOf({ limit });
    histogram.observe(['mail'], 1);
    histogram.observe(['sms'], 2);
    histogram.observe(['push'], 4);
    expect(rowsOf(histogram)).toEqual({ mail: modelHistogram([1], 160), other: modelHistogram([2, 4], 160) });
  });

  it('exists only where the definition asks for it', () => {
    const { definition } = histogramOf();
    const classic = new Histogram({ ...definition, native: false }, undefined, { maxBuckets: 160 });
    classic.observe(['mail'], 1);
    expect(classic.snapshot()).not.toHaveProperty('native');
  });

  it('does not change in a snapshot that was taken', () => {
    const histogram = histogramOf();
    histogram.observe(['mail'], 1);
    const { native } = histogram.snapshot();
    const before = structuredClone(native);
    histogram.observe(['mail'], 1);
    histogram.observe(['mail'], 7);
    expect(native).toEqual(before);
  });
});

describe('the memory of a native series', () => {
  it('grows with its populated buckets', () => {
    const histogram = histogramOf();
    const child = histogram.labels('mail');
    const buckets = histogram.cells.nativeAt(child.offset);
    const bytes = () =>
      (buckets?.positive.indexes.byteLength ?? 0) + (buckets?.positive.counts.byteLength ?? 0);
    expect(bytes()).toBe(0);
    child.observe(1);
    expect(bytes()).toBeLessThan(100);
    for (let index = 0; index < 10_000; index += 1) child.observe(0.001 * 1.001 ** index);
    expect(buckets?.positive.length).toBeLessThanOrEqual(160);
    expect(bytes()).toBeLessThan(3000);
  });
});
