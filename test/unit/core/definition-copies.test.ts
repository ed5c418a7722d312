import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import { Histogram } from '../../../src/core/metric/histogram.js';

describe('a definition that is changed after use', () => {
  it('does not change the labels of the family', () => {
    const labelNames = ['queue'];
    const counter = new Counter({ name: 'jobs_total', type: 'counter', help: 'Jobs done.', labelNames });
    labelNames.push('state');
    counter.inc(['mail']);
    expect(counter.definition.labelNames).toEqual(['queue']);
  });

  it('does not change the buckets of the family', () => {
    const buckets = [1, 2];
    const histogram = new Histogram({
      name: 'wait',
      type: 'histogram',
      help: 'Waiting.',
      labelNames: ['queue'],
      buckets,
    });
    histogram.observe(['mail'], 1);
    buckets.push(3);
    histogram.observe(['sms'], 2);
    expect(histogram.snapshot().descriptor.buckets).toEqual([1, 2]);
    expect([...histogram.snapshot().values]).toEqual([1, 0, 0, 0, 1, 0]);
  });
});
