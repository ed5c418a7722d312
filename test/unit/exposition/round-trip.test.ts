import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { Gauge } from '../../../src/core/metric/gauge.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { samplesOf } from '../../../src/core/samples.js';
import { textFormat } from '../../../src/exposition/text-format.js';
import { encode as encodeWith } from '../../support/encode.js';
import { parseExposition } from '../../support/parse-exposition.js';

const HOSTILE_TEXTS = [
  '',
  ' ',
  '"',
  '""',
  '\\',
  '\\\\',
  '\\"',
  '\\n',
  '\n',
  '\\\n',
  '\r\n',
  '\t',
  '\u0000',
  '\u0085\u2028\u2029',
  '}',
  '{a="b"} 1',
  '",le="0.1',
  ',',
  '=',
  '# HELP x y',
  'x\n# TYPE x counter\nx 1',
  'äöü 漢字 😀',
  '\ufeffbom',
  'Robert"); DROP TABLE books;--',
];
const HOSTILE_NUMBERS = [
  0,
  -1,
  0.1 + 0.2,
  1e-7,
  1e21,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.MAX_SAFE_INTEGER,
];

const encode = (...families: FamilySnapshot[]) => parseExposition(encodeWith(textFormat, ...families));

describe('a parser that knows only the specification reads back', () => {
  it.each(HOSTILE_TEXTS)('the label value %j', (value) => {
    const counter = new Counter({
      name: 'jobs_total',
      type: 'counter',
      help: 'Jobs.',
      labelNames: ['first', 'second'],
    });
    counter.inc([value, 'x'], 3);
    counter.inc(['x', value], 4);
    expect(encode({ ...counter.snapshot(), constantLabels: { third: value } }).samples).toEqual([
      { name: 'jobs_total', labels: { first: value, second: 'x', third: value }, value: 3 },
      { name: 'jobs_total', labels: { first: 'x', second: value, third: value }, value: 4 },
    ]);
  });

  it.each(HOSTILE_TEXTS.filter((text) => text.trim() !== ''))('the HELP text %j', (help) => {
    const gauge = new Gauge({ name: 'depth', type: 'gauge', help, labelNames: [] });
    const { help: read, types, samples } = encode(gauge.snapshot());
    expect(read).toEqual({ depth: help });
    expect(types).toEqual({ depth: 'gauge' });
    expect(samples).toEqual([{ name: 'depth', labels: {}, value: 0 }]);
  });

  it.each([...HOSTILE_NUMBERS, Number.NaN, Infinity, -Infinity])('the number %s', (value) => {
    const gauge = new Gauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames: [] });
    gauge.set(value);
    expect(encode(gauge.snapshot()).samples).toEqual([{ name: 'depth', labels: {}, value }]);
  });

  it('all of them together, series by series', () => {
    const histogram = new Histogram({
      name: 'wait_seconds',
      type: 'histogram',
      help: 'Waiting "long" \\ or\nnot.',
      labelNames: ['queue'],
      buckets: HOSTILE_NUMBERS.toSorted((a, b) => a - b),
    });
    HOSTILE_TEXTS.forEach((queue, index) => {
      histogram.observe([queue], HOSTILE_NUMBERS[index % HOSTILE_NUMBERS.length] ?? 0);
    });
    const snapshot = { ...histogram.snapshot(), constantLabels: { app: 'a"b\\c\nd' } };
    const { samples } = encode(snapshot);
    expect(samples).toHaveLength(HOSTILE_TEXTS.length * (HOSTILE_NUMBERS.length + 3));
    expect(samples).toEqual(samplesOf(snapshot));
  });

  it('values with lone surrogates as one series, not as two equal ones', () => {
    const counter = new Counter({
      name: 'jobs_total',
      type: 'counter',
      help: 'Jobs.',
      labelNames: ['queue'],
    });
    counter.inc(['\ud800'], 1);
    counter.inc(['\udbff'], 2);
    expect(encode(counter.snapshot()).samples).toEqual([
      { name: 'jobs_total', labels: { queue: '\ufffd' }, value: 3 },
    ]);
  });
});

describe('the parser of these tests', () => {
  const head = '# TYPE x gauge\n';

  it.each([
    ['an unescaped quote', `${head}x{a="b"c"} 1\n`],
    ['a raw newline in a value', `${head}x{a="b\nc"} 1\n`],
    ['an unknown escape', `${head}x{a="\\t"} 1\n`],
    ['a repeated label', `${head}x{a="1",a="2"} 1\n`],
    ['a repeated series', `${head}x{a="1",b="2"} 1\nx{b="2",a="1"} 2\n`],
    ['a missing end of line', `${head}x 1`],
    ['a word for a number', `${head}x Infinity\n`],
    ['a sample without a type', `${head}y 1\n`],
    ['a second type', head + head],
    ['broken UTF-8', Uint8Array.of(0x23, 0x20, 0xff, 0x0a)],
  ])('refuses %s', (_, exposition) => {
    expect(() => parseExposition(exposition)).toThrow(Error);
  });
});
