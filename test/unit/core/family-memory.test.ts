import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import { Gauge } from '../../../src/core/metric/gauge.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { heapUsed, survivors } from '../../support/garbage.js';

const counterOf = (...labelNames: string[]) =>
  new Counter({ name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames });
const histogramOf = (buckets: number[], ...labelNames: string[]) =>
  new Histogram({ name: 'wait', type: 'histogram', help: 'Waiting.', labelNames, buckets });

describe('series in a snapshot', () => {
  it('stay in the order in which they were made when some are removed and others take their place', () => {
    const counter = counterOf('queue');
    ['a', 'b', 'c', 'd'].forEach((queue, index) => counter.inc([queue], index + 1));
    counter.remove('b');
    counter.remove('a');
    counter.inc(['e'], 5);
    counter.inc(['b'], 6);
    counter.inc(['f'], 7);
    const { labelRows, values } = counter.snapshot();
    expect(labelRows.flat()).toEqual(['c', 'd', 'e', 'b', 'f']);
    expect([...values]).toEqual([3, 4, 5, 6, 7]);
  });

  it('come last when a detached child makes them reappear', () => {
    const counter = counterOf('queue');
    const held = counter.labels('a');
    counter.inc(['b'], 2);
    counter.remove('a');
    held.inc(1);
    const { labelRows, values } = counter.snapshot();
    expect(labelRows.flat()).toEqual(['b', 'a']);
    expect([...values]).toEqual([2, 1]);
  });

  it('of histograms keep their own buckets and sums when places are taken over', () => {
    const histogram = histogramOf([1, 2], 'queue');
    histogram.observe(['a'], 0.5);
    histogram.observe(['b'], 1.5);
    histogram.observe(['c'], 9);
    histogram.remove('a');
    histogram.observe(['d'], 2);
    const { labelRows, values, sums } = histogram.snapshot();
    expect(labelRows.flat()).toEqual(['b', 'c', 'd']);
    expect([...values]).toEqual([0, 1, 0, 0, 0, 1, 0, 1, 0]);
    expect([...(sums ?? [])]).toEqual([1.5, 9, 2]);
  });

  it('are not mixed up by a child that was kept over a reset', () => {
    const gauge = new Gauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames: ['queue'] });
    const kept = ['a', 'b', 'c'].map((queue) => gauge.labels(queue));
    kept.forEach((child, index) => child.set(index + 1));
    gauge.reset();
    gauge.set(['x'], 10);
    kept[1]?.inc(20);
    kept[0]?.set(30);
    expect(gauge.snapshot().labelRows.flat()).toEqual(['x', 'b', 'a']);
    expect([...gauge.snapshot().values]).toEqual([10, 20, 30]);
    expect(kept.map(({ value }) => value)).toEqual([30, 20, 0]);
  });
});

describe('100,000 series', () => {
  const COUNT = 100_000;
  const rowAt = (index: number): [string, string] => [`queue ${index % 317}`, `${index}`];

  it('are kept apart, found again and snapshot in order', () => {
    const counter = counterOf('queue', 'id');
    for (let index = 0; index < COUNT; index += 1) {
      counter.inc(rowAt(index), index);
    }
    for (let index = 0; index < COUNT; index += 1) {
      const [queue, id] = rowAt(index);
      counter.inc({ id, queue }, 1);
    }
    const { labelRows, values } = counter.snapshot();
    expect(labelRows).toHaveLength(COUNT);
    expect(values.every((value, index) => value === index + 1)).toBe(true);
    expect(labelRows.every((row, index) => row[1] === `${index}`)).toBe(true);
  });

  it('half of which were removed leave the other half as it was', () => {
    const histogram = histogramOf([COUNT / 2], 'queue', 'id');
    for (let index = 0; index < COUNT; index += 1) {
      histogram.observe(rowAt(index), index);
    }
    for (let index = 0; index < COUNT; index += 2) {
      histogram.remove(...rowAt(index));
    }
    const { labelRows, values, sums } = histogram.snapshot();
    expect(labelRows).toHaveLength(COUNT / 2);
    expect(labelRows.every((row, at) => row[1] === `${at * 2 + 1}`)).toBe(true);
    expect(sums?.every((sum, at) => sum === at * 2 + 1)).toBe(true);
    const below = values.filter((_, at) => at % 2 === 0).reduce((total, count) => total + count, 0);
    expect(below).toBe(COUNT / 4);
  });

  it('that come and go take the place of a few', () => {
    const counter = counterOf('id');
    for (let index = 0; index < COUNT; index += 1) {
      counter.inc([`${index}`]);
      counter.remove(`${index - 10}`);
    }
    expect(counter.snapshot().labelRows).toHaveLength(10);
    expect(counter.cells.values.length).toBeLessThanOrEqual(32);
  });
});

describe('the memory of series', () => {
  it('is given back by reset()', async () => {
    const histogram = histogramOf([1, 2, 3], 'id');
    const references: WeakRef<object>[] = [];
    for (let index = 0; index < 1000; index += 1) {
      references.push(new WeakRef(histogram.labels(`${index}`)));
    }
    expect(histogram.cells.values.length).toBeGreaterThanOrEqual(1000 * 5);
    histogram.reset();
    expect(histogram.cells.values).toHaveLength(5);
    expect(await survivors(references)).toBe(0);
  });

  it('is given back by remove(), all but the numbers, which others take over', async () => {
    const counter = counterOf('queue', 'id');
    const references: WeakRef<object>[] = [];
    for (let index = 0; index < 1000; index += 1) {
      references.push(new WeakRef(counter.labels('mail', `${index}`)));
    }
    const { length } = counter.cells.values;
    for (let index = 0; index < 1000; index += 1) {
      counter.remove('mail', `${index}`);
    }
    expect(await survivors(references)).toBe(0);
    for (let index = 0; index < 1000; index += 1) {
      counter.inc(['sms', `${index}`]);
    }
    expect(counter.cells.values).toHaveLength(length);
    expect(counter.snapshot().values.every((value) => value === 1)).toBe(true);
  });

  it('is kept by a child of theirs only for itself once all were removed', async () => {
    const counter = counterOf('queue', 'id');
    const children = ['1', '2', '3'].map((id) => counter.labels('mail', id));
    const references = children.map((child) => new WeakRef(child));
    const [, kept] = children;
    children.length = 0;
    counter.reset();
    expect(await survivors(references)).toBe(1);
    kept?.inc();
    expect(counter.snapshot().labelRows).toEqual([['mail', '2']]);
  });

  it('is that of a child and its row of labels, and little more, beside the numbers', async () => {
    const COUNT = 20_000;
    const labels = Array.from({ length: COUNT }, (_, index) => ({
      method: index % 2 === 0 ? 'GET' : 'POST',
      route: `/books/${index >> 2}`,
      status: index & 2 ? '404' : '200',
    }));
    const histogram = histogramOf([1, 2, 3], 'method', 'route', 'status');
    const before = await heapUsed();
    labels.forEach((values) => histogram.observe({ ...values }, 1));
    const bytes = ((await heapUsed()) - before) / COUNT;
    expect(histogram.snapshot().labelRows).toHaveLength(COUNT);
    // 64 and 72; the others are places in the list of series and in the index. With room for what V8 adds.
    expect(bytes).toBeGreaterThan(100);
    expect(bytes).toBeLessThan(260);
  });
});
