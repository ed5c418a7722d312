import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import type { FamilySnapshot } from '../../../src/core/family-snapshot.js';
import { Gauge } from '../../../src/core/metric/gauge.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { samplesOf } from '../../../src/core/samples.js';
import { openMetricsFormat } from '../../../src/exposition/open-metrics-format.js';
import { renderExposition, renderText } from '../../../src/exposition/render.js';
import { textFormat } from '../../../src/exposition/text-format.js';
import { encode } from '../../support/encode.js';
import { parseExposition } from '../../support/parse-exposition.js';

const MANY = 15_000;

function gaugeOf(series: number): Gauge {
  const gauge = new Gauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames: ['queue'] });
  for (let index = 0; index < series; index += 1) {
    gauge.set([`queue number ${index}`], index + 0.25);
  }
  return gauge;
}

const samplesIn = (snapshot: FamilySnapshot) => parseExposition(encode(textFormat, snapshot)).samples;

describe('a rendering', () => {
  it('has the bytes of all chunks and their length', async () => {
    const snapshot = gaugeOf(MANY).snapshot();
    const { chunks, byteLength } = await renderExposition(textFormat, [snapshot]);

    expect(chunks.length).toBeGreaterThan(5);
    expect(Buffer.concat(chunks).equals(encode(textFormat, snapshot))).toBe(true);
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(byteLength);
  });

  it('is the same as a string and as bytes, with lone surrogates replaced', async () => {
    const families = [gaugeOf(MANY), gaugeOf(0)].map((gauge) => gauge.snapshot());
    const [{ descriptor }] = families as [FamilySnapshot];
    families.push({ ...families[1]!, descriptor: { ...descriptor, help: 'é – \ud800', name: 'odd' } });
    const { chunks } = await renderExposition(textFormat, families);
    const text = await renderText(textFormat, families);

    expect(text).toBe(Buffer.concat(chunks).toString());
    expect(text.endsWith('\n# HELP odd é – \ufffd\n# TYPE odd gauge\n')).toBe(true);
  });

  it('pauses in many families without series', () => {
    const { descriptor } = gaugeOf(0).snapshot();
    const families = Array.from({ length: 5000 }, (_, index) => ({
      descriptor: { ...descriptor, name: `depth_${index}` },
      labelRows: [],
      values: new Float64Array(),
    }));
    expect([...textFormat.encode(families)].length).toBeGreaterThan(5);
  });

  it('lets the event loop turn before it has ended', async () => {
    const snapshot = gaugeOf(MANY).snapshot();
    const state = { ended: false };
    const rendering = renderExposition(
      textFormat,
      Array.from({ length: 20 }, () => snapshot),
    ).finally(() => {
      state.ended = true;
    });
    let turns = 0;
    while (!state.ended) {
      await nextTurn();
      turns += 1;
    }
    await rendering;
    expect(turns).toBeGreaterThan(5);
  });

  it('shows the snapshot, whatever happens to the family meanwhile', async () => {
    const gauge = gaugeOf(MANY);
    const snapshot = gauge.snapshot();
    const expected = samplesOf(snapshot);
    const rendering = renderExposition(textFormat, [snapshot]);
    gauge.reset();
    gauge.set(['another'], 1);
    expect(samplesIn(gauge.snapshot())).toEqual([{ name: 'depth', labels: { queue: 'another' }, value: 1 }]);
    const { chunks } = await rendering;
    expect(parseExposition(Buffer.concat(chunks)).samples).toEqual(expected);
  });

  it('writes numbers and series that are longer than a chunk', () => {
    const counter = new Counter({
      name: 'jobs_total',
      type: 'counter',
      help: 'Jobs.',
      labelNames: ['queue'],
    });
    counter.inc(['long '.repeat(50_000)], 1.5);
    counter.inc(['short'], 2);
    const wide = new Histogram({
      name: 'wait',
      type: 'histogram',
      help: 'Waiting. '.repeat(20_000),
      labelNames: ['queue'],
      buckets: Array.from({ length: 3000 }, (_, index) => index / 7),
    });
    wide.observe(['x'.repeat(100)], 10);
    for (const snapshot of [counter.snapshot(), wide.snapshot()]) {
      expect(samplesIn(snapshot)).toEqual(samplesOf(snapshot));
    }
  });

  it.each([
    0,
    9,
    10,
    99,
    100,
    12_345,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    1e21,
    -1,
    -(2 ** 31),
    0.5,
    -2.5e-300,
  ])('writes %s as JavaScript does', (value) => {
    const gauge = new Gauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames: [] });
    gauge.set(value);
    expect(encode(textFormat, gauge.snapshot()).toString()).toContain(`\ndepth ${value}\n`);
  });
});

describe('labels that are kept from scrape to scrape', () => {
  const constant = { app: 'shop' };

  it('follow series that are removed, come again and come anew', () => {
    const gauge = gaugeOf(5);
    const check = () => expect(samplesIn(gauge.snapshot())).toEqual(samplesOf(gauge.snapshot()));
    check();
    gauge.remove('queue number 1');
    check();
    gauge.set(['queue number 1'], 7);
    gauge.set(['new'], 8);
    check();
    gauge.remove('new');
    check();
    gauge.reset();
    check();
    gauge.set(['queue number 3'], 1);
    check();
  });

  it('change with the constant labels, and come back', () => {
    const snapshot = gaugeOf(2).snapshot();
    for (const constantLabels of [constant, {}, { app: 'bank', zone: 'a' }, constant]) {
      const changed = { ...snapshot, constantLabels };
      expect(samplesIn(changed)).toEqual(samplesOf(changed));
    }
  });

  it('are right in renderings that go on side by side, of different series and formats', async () => {
    const gauge = gaugeOf(MANY);
    const before = { ...gauge.snapshot(), constantLabels: constant };
    gauge.remove('queue number 0');
    gauge.set(['new'], 1);
    const after = { ...gauge.snapshot(), constantLabels: constant };
    const other = { ...after, constantLabels: {} };
    const renderings = await Promise.all([
      renderExposition(textFormat, [before]),
      renderExposition(openMetricsFormat, [after]),
      renderExposition(textFormat, [other]),
      renderExposition(textFormat, [before]),
    ]);
    const samples = renderings.map(({ chunks }) => parseExposition(Buffer.concat(chunks)).samples);
    expect(samples).toEqual([before, after, other, before].map(samplesOf));
  });
});
