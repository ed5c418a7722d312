import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import type { FamilySnapshot, SnapshotType } from '../../../src/core/family-snapshot.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { openMetricsFormat } from '../../../src/exposition/open-metrics-format.js';
import { textFormat } from '../../../src/exposition/text-format.js';
import { encode } from '../../support/encode.js';
import { parseExposition } from '../../support/parse-exposition.js';
import { parseOpenMetrics } from '../../support/parse-open-metrics.js';

const scalar = (name: string, type: SnapshotType, value = 1): FamilySnapshot => ({
  descriptor: { name, help: 'Help.', type, labelNames: [] },
  labelRows: [[]],
  values: Float64Array.of(value),
});
const render = (...families: FamilySnapshot[]) => encode(openMetricsFormat, ...families).toString();

const histogramOfNothing = (name: string): FamilySnapshot => ({
  ...scalar(name, 'histogram', 0),
  sums: Float64Array.of(0),
});

function histogram(buckets: readonly number[]): Histogram {
  return new Histogram({
    name: 'wait_seconds',
    type: 'histogram',
    help: 'Waiting.',
    labelNames: ['queue'],
    buckets,
  });
}

describe('OpenMetrics', () => {
  it('has the media type of version 1.0', () => {
    expect(openMetricsFormat.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  });

  it('ends with EOF, also when there is nothing else', () => {
    expect(render()).toBe('# EOF\n');
    expect(render(scalar('depth', 'gauge'))).toBe('# HELP depth Help.\n# TYPE depth gauge\ndepth 1\n# EOF\n');
  });

  it('calls a counter without _total, and its samples with it', () => {
    expect(render(scalar('jobs_total', 'counter'))).toBe(
      '# HELP jobs Help.\n# TYPE jobs counter\njobs_total 1\n# EOF\n',
    );
  });

  it.each([
    ['a foreign counter without _total', 'jobs', 'counter'],
    ['a counter that is called _total and nothing else', '_total', 'counter'],
    ['an untyped metric', 'jobs', 'untyped'],
  ] as const)('has %s as unknown, under its own name', (_, name, type) => {
    expect(render(scalar(name, type))).toBe(
      `# HELP ${name} Help.\n# TYPE ${name} unknown\n${name} 1\n# EOF\n`,
    );
  });

  it.each(['gauge', 'histogram', 'summary'] as const)(
    'has a counter as unknown whose name without _total is that of a %s, in whatever order',
    (type) => {
      const other: FamilySnapshot = {
        ...scalar('jobs', type),
        sums: Float64Array.of(1),
        counts: Float64Array.of(1),
      };
      const counter = scalar('jobs_total', 'counter');
      for (const families of [
        [other, counter],
        [counter, other],
      ]) {
        expect(parseOpenMetrics(encode(openMetricsFormat, ...families)).types).toEqual({
          jobs: type,
          jobs_total: 'unknown',
        });
      }
    },
  );

  it.each([
    ['reserves the name of a gauge', 'jobs_total', scalar('jobs_created', 'gauge')],
    ['is called like the count of a histogram', 'jobs_count_total', histogramOfNothing('jobs')],
  ])('has a counter as unknown that %s', (_, name, other) => {
    const counter = scalar(name, 'counter');
    for (const families of [
      [other, counter],
      [counter, other],
    ]) {
      expect(parseOpenMetrics(encode(openMetricsFormat, ...families)).types[name]).toBe('unknown');
    }
  });

  it.each([
    ['whose buckets may be negative', [-1, 1], 1],
    ['whose sum is negative', [1], -0.5],
    ['whose sum is no number', [1], Number.NaN],
  ])('has neither sum nor count of a histogram %s', (_, buckets, value) => {
    const waiting = histogram(buckets);
    waiting.observe(['mail'], 0);
    const { sums, ...snapshot } = waiting.snapshot();
    expect(sums).toHaveLength(1);
    const family = { ...snapshot, sums: Float64Array.of(value) };
    const { samples } = parseOpenMetrics(encode(openMetricsFormat, family));
    expect(new Set(samples.map(({ name }) => name))).toEqual(new Set(['wait_seconds_bucket']));
    expect(samples.at(-1)?.value).toBe(1);
    expect(encode(textFormat, family).toString()).toContain('wait_seconds_count{queue="mail"} 1\n');
  });

  it('has both of the other series of such a histogram, and the count of a summary with a negative sum', () => {
    const waiting = histogram([1]);
    waiting.observe(['mail'], -1);
    waiting.observe(['sms'], 0.5);
    const summary: FamilySnapshot = {
      ...scalar('drift', 'summary'),
      values: Float64Array.of(),
      sums: Float64Array.of(-2),
      counts: Float64Array.of(3),
    };
    const { samples } = parseOpenMetrics(encode(openMetricsFormat, waiting.snapshot(), summary));
    expect(
      samples.map(({ name, value }) => [name, value]).filter(([name]) => name !== 'wait_seconds_bucket'),
    ).toEqual([
      ['wait_seconds_sum', 0.5],
      ['wait_seconds_count', 1],
      ['drift_count', 3],
    ]);
  });

  it('leaves a gauge that ends in _total as it is', () => {
    expect(render(scalar('pool_total', 'gauge'))).toContain('# TYPE pool_total gauge\npool_total 1\n');
  });

  it('escapes backslashes, newlines and quotes in HELP', () => {
    const { descriptor, ...rest } = scalar('depth', 'gauge');
    const help = 'A "quoted" C:\\dir\nand a new line';
    const text = encode(openMetricsFormat, { ...rest, descriptor: { ...descriptor, help } });
    expect(text.toString()).toContain('# HELP depth A \\"quoted\\" C:\\\\dir\\nand a new line\n');
    expect(parseOpenMetrics(text).help).toEqual({ depth: help });
  });

  it('has the samples of the text format, bounds included, to the letter', () => {
    const waiting = histogram([0, 0.005, 1, 2.5, 1e21]);
    waiting.observe(['mail'], 1);
    waiting.observe(['"\\\n'], 2);
    const families = [
      waiting.snapshot(),
      scalar('jobs_total', 'counter', 1e21),
      scalar('depth', 'gauge', Number.NaN),
      scalar('far', 'gauge', -Infinity),
    ];
    const samplesIn = (text: string) =>
      text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const text = encode(textFormat, ...families).toString();
    expect(samplesIn(render(...families))).toEqual(samplesIn(text));
    expect(text).toContain('le="1"');
    expect(parseOpenMetrics(encode(openMetricsFormat, ...families)).samples).toEqual(
      parseExposition(text).samples,
    );
  });
});

describe('exemplars', () => {
  const trace = (id: string) => ({ trace_id: id });

  it('follow the buckets and counters that have them, in OpenMetrics only', () => {
    const waiting = histogram([1, 2]);
    waiting.labels('mail').observe(0.5, trace('a"b\\c\nd'));
    waiting.labels('sms').observe(7, trace('late'));
    const jobs = new Counter({ name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames: [] });
    jobs.labels().inc(3, { ...trace('😀'.repeat(60)) });
    const families = [waiting.snapshot(), jobs.snapshot()];

    const { samples } = parseOpenMetrics(encode(openMetricsFormat, ...families));
    const found = samples
      .filter(({ exemplar }) => exemplar !== undefined)
      .map(({ name, labels, exemplar }) => [name, labels, exemplar?.labels, exemplar?.value]);
    expect(found).toEqual([
      ['wait_seconds_bucket', { queue: 'mail', le: '1' }, trace('a"b\\c\nd'), 0.5],
      ['wait_seconds_bucket', { queue: 'sms', le: '+Inf' }, trace('late'), 7],
      ['jobs_total', {}, trace('😀'.repeat(60)), 3],
    ]);
    const text = encode(textFormat, ...families).toString();
    expect(text).not.toContain('trace_id');
    expect(parseExposition(text).samples).toHaveLength(samples.length);
  });

  it('of a counter that can only be unknown are left out', () => {
    const counter = new Counter({ name: 'jobs', type: 'counter', help: 'Jobs.', labelNames: [] });
    counter.labels().inc(1, trace('x'));
    expect(render(counter.snapshot())).not.toContain('trace_id');
  });

  it('fit in every bucket of many series at once', () => {
    const waiting = histogram(Array.from({ length: 100 }, (_, index) => index));
    for (let series = 0; series < 50; series += 1) {
      for (let value = 0; value < 100; value += 1) {
        waiting.labels(`queue ${series}`).observe(value, trace('"'.repeat(119)));
      }
    }
    const { samples } = parseOpenMetrics(encode(openMetricsFormat, waiting.snapshot()));
    expect(samples).toHaveLength(50 * 103);
    expect(samples.filter(({ exemplar }) => exemplar !== undefined)).toHaveLength(50 * 100);
  });
});
