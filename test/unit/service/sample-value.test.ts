import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { scalarSnapshot } from '../../../src/core/family-snapshot.js';
import { sampleValue } from '../../../src/service/sample-value.js';

const jobs = scalarSnapshot(
  { name: 'jobs_total', help: 'Jobs.', type: 'counter', labelNames: ['queue', 'code'] },
  [{ labelRow: ['mail', '200'], value: 3 }],
);
const wait = new Histogram({ name: 'wait', type: 'histogram', help: 'W.', labelNames: [], buckets: [1] });
wait.observe(0.5);
wait.observe(4);
const families = [jobs, { ...wait.snapshot(), constantLabels: { app: 'shop' } }];

describe('sampleValue', () => {
  it('finds a sample by its name and all its labels, as text or number', () => {
    expect(sampleValue(families, 'jobs_total', { queue: 'mail', code: '200' })).toBe(3);
    expect(sampleValue(families, 'jobs_total', { code: 200, queue: 'mail' })).toBe(3);
  });

  it('finds the parts of a histogram, constant labels included', () => {
    expect(sampleValue(families, 'wait_count', { app: 'shop' })).toBe(2);
    expect(sampleValue(families, 'wait_sum', { app: 'shop' })).toBe(4.5);
    expect(sampleValue(families, 'wait_bucket', { app: 'shop', le: 1 })).toBe(1);
    expect(sampleValue(families, 'wait_bucket', { app: 'shop', le: '+Inf' })).toBe(2);
  });

  it.each([
    ['jobs_total', { queue: 'mail' }],
    ['jobs_total', { queue: 'mail', code: '200', more: 'x' }],
    ['jobs_total', { queue: 'sms', code: '200' }],
    ['jobs', { queue: 'mail', code: '200' }],
    ['wait', { app: 'shop' }],
    ['nothing', {}],
  ])('answers undefined for %s %j, which no sample is', (name, labels) => {
    expect(sampleValue(families, name, labels as Record<string, string>)).toBeUndefined();
  });
});
