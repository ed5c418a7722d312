import { describe, expect, it } from 'vitest';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { textFormat } from '../../../src/exposition/text-format.js';
import { encode } from '../../support/encode.js';

const gauge = (change: Partial<FamilySnapshot> = {}): FamilySnapshot => ({
  descriptor: { name: 'depth', help: 'Depth.', type: 'gauge', labelNames: [] },
  labelRows: [[]],
  values: Float64Array.of(1),
  ...change,
});
const text = (snapshot: FamilySnapshot) => encode(textFormat, snapshot).toString();
const linesOf = (snapshot: FamilySnapshot) => text(snapshot).split('\n').slice(2, -1);

describe('the text format', () => {
  it('has the media type of the contract', () => {
    expect(textFormat.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('writes HELP, TYPE and the samples, each line ended', () => {
    expect(text(gauge())).toBe('# HELP depth Depth.\n# TYPE depth gauge\ndepth 1\n');
  });

  it('writes HELP and TYPE of a family without series', () => {
    expect(text(gauge({ labelRows: [], values: new Float64Array() }))).toBe(
      '# HELP depth Depth.\n# TYPE depth gauge\n',
    );
  });

  it('puts families one after the other without a gap, and nothing when there are none', () => {
    expect(encode(textFormat, gauge(), gauge()).toString()).toBe(text(gauge()) + text(gauge()));
    expect(encode(textFormat)).toHaveLength(0);
  });

  it.each(['counter', 'gauge', 'untyped'] as const)('writes %s as the type', (type) => {
    const { descriptor } = gauge();
    expect(text(gauge({ descriptor: { ...descriptor, type } }))).toContain(`\n# TYPE depth ${type}\n`);
  });

  it('escapes backslashes and newlines in HELP, and leaves quotes', () => {
    const { descriptor } = gauge();
    const help = 'A "quoted" C:\\dir\nand a new line — ünïcode';
    expect(text(gauge({ descriptor: { ...descriptor, help } })).split('\n')[0]).toBe(
      '# HELP depth A "quoted" C:\\\\dir\\nand a new line — ünïcode',
    );
  });

  it('escapes backslashes, newlines and quotes in label values', () => {
    const { descriptor } = gauge();
    const snapshot = gauge({
      descriptor: { ...descriptor, labelNames: ['path'] },
      labelRows: [['C:\\n"x"\n\\']],
    });
    expect(linesOf(snapshot)).toEqual(['depth{path="C:\\\\n\\"x\\"\\n\\\\"} 1']);
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [0, '0'],
    [-0, '0'],
    [-1.5, '-1.5'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e21, '1e+21'],
    [5e-324, '5e-324'],
    [2 ** 53, '9007199254740992'],
    [1_700_000_000.123, '1700000000.123'],
  ])('writes the number %s as %s', (value, written) => {
    expect(linesOf(gauge({ values: Float64Array.of(value) }))).toEqual([`depth ${written}`]);
  });

  it('replaces lone surrogates, in label values, constant labels and HELP, by valid UTF-8', () => {
    const { descriptor } = gauge();
    const bytes = encode(
      textFormat,
      gauge({
        descriptor: { ...descriptor, help: 'x\ud800y', labelNames: ['name'] },
        labelRows: [['\udc00']],
        constantLabels: { app: '\ud83d' },
      }),
    );
    const decoded = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    expect(decoded).toBe('# HELP depth x\ufffdy\n# TYPE depth gauge\ndepth{name="\ufffd",app="\ufffd"} 1\n');
  });
});

describe('labels', () => {
  const { descriptor } = gauge();
  const labelled = (labelNames: readonly string[], row: readonly (string | undefined)[]) =>
    gauge({ descriptor: { ...descriptor, labelNames }, labelRows: [row] });

  it('are written in the declared order, then the constant ones', () => {
    const snapshot = labelled(['zone', 'app'], ['z', 'a']);
    expect(linesOf({ ...snapshot, constantLabels: { region: 'eu', cluster: 'one' } })).toEqual([
      'depth{zone="z",app="a",region="eu",cluster="one"} 1',
    ]);
  });

  it('of the series win over constant ones, also when empty', () => {
    const snapshot = labelled(['zone', 'app'], ['z', '']);
    expect(linesOf({ ...snapshot, constantLabels: { app: 'constant', zone: 'constant' } })).toEqual([
      'depth{zone="z",app=""} 1',
    ]);
  });

  it('that a series lacks are left out, or taken from the constant ones', () => {
    const snapshot = labelled(['zone', 'app'], [undefined, undefined]);
    expect(linesOf(snapshot)).toEqual(['depth 1']);
    expect(linesOf({ ...snapshot, constantLabels: { zone: 'z' } })).toEqual(['depth{zone="z"} 1']);
  });

  it('may be constant ones only', () => {
    expect(linesOf(gauge({ constantLabels: { app: 'shop' } }))).toEqual(['depth{app="shop"} 1']);
  });
});

describe('histograms and summaries', () => {
  it('writes cumulative buckets with their bounds, +Inf, sum and count', () => {
    const histogram = new Histogram({
      name: 'wait_seconds',
      type: 'histogram',
      help: 'Waiting.',
      labelNames: ['queue'],
      buckets: [-1, 0.005, 1, 2.5, 1e21],
    });
    for (const value of [-1, 0.005, 1, 1.5, 3]) {
      histogram.observe(['mail'], value);
    }
    const snapshot = { ...histogram.snapshot(), constantLabels: { app: 'shop' } };
    expect(text(snapshot)).toBe(`# HELP wait_seconds Waiting.
# TYPE wait_seconds histogram
wait_seconds_bucket{queue="mail",app="shop",le="-1"} 1
wait_seconds_bucket{queue="mail",app="shop",le="0.005"} 2
wait_seconds_bucket{queue="mail",app="shop",le="1"} 3
wait_seconds_bucket{queue="mail",app="shop",le="2.5"} 4
wait_seconds_bucket{queue="mail",app="shop",le="1e+21"} 5
wait_seconds_bucket{queue="mail",app="shop",le="+Inf"} 5
wait_seconds_sum{queue="mail",app="shop"} 4.505
wait_seconds_count{queue="mail",app="shop"} 5
`);
  });

  it('writes an unlabelled histogram with le alone', () => {
    const histogram = new Histogram({
      name: 'wait',
      type: 'histogram',
      help: 'Waiting.',
      labelNames: [],
      buckets: [1],
    });
    expect(linesOf(histogram.snapshot())).toEqual([
      'wait_bucket{le="1"} 0',
      'wait_bucket{le="+Inf"} 0',
      'wait_sum 0',
      'wait_count 0',
    ]);
  });

  it('writes the quantiles, sum and count of every series of a summary', () => {
    const snapshot: FamilySnapshot = {
      descriptor: {
        name: 'size',
        help: 'Size.',
        type: 'summary',
        labelNames: ['queue'],
        quantiles: [0.5, 0.99],
      },
      labelRows: [['mail'], ['sms']],
      values: Float64Array.of(1, 2, Number.NaN, 4),
      sums: Float64Array.of(10, 20),
      counts: Float64Array.of(5, 6),
    };
    expect(linesOf(snapshot)).toEqual([
      'size{queue="mail",quantile="0.5"} 1',
      'size{queue="mail",quantile="0.99"} 2',
      'size_sum{queue="mail"} 10',
      'size_count{queue="mail"} 5',
      'size{queue="sms",quantile="0.5"} NaN',
      'size{queue="sms",quantile="0.99"} 4',
      'size_sum{queue="sms"} 20',
      'size_count{queue="sms"} 6',
    ]);
  });
});
