import { describe, expect, it } from 'vitest';
import { Counter } from '../../../../src/core/metric/counter.js';
import { Gauge } from '../../../../src/core/metric/gauge.js';
import { Histogram } from '../../../../src/core/metric/histogram.js';

const counterOf = <Label extends string>(...labelNames: Label[]) =>
  new Counter({ name: 'jobs_total', type: 'counter', help: 'Jobs done.', labelNames });
const gaugeOf = <Label extends string>(...labelNames: Label[]) =>
  new Gauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames });
const histogramOf = <Label extends string>(...labelNames: Label[]) =>
  new Histogram({ name: 'wait', type: 'histogram', help: 'Waiting.', labelNames, buckets: [1] });

describe('children', () => {
  it('are the same object for the same label values', () => {
    const counter = counterOf('queue', 'state');
    const child = counter.labels('mail', 'ok');
    expect(counter.labels({ state: 'ok', queue: 'mail' })).toBe(child);
    expect(counter.labels('ok', 'mail')).not.toBe(child);
    expect(child.labelRow).toEqual(['mail', 'ok']);
  });

  it.each([
    [
      ['1:a', 'b'],
      ['1', ':ab'],
    ],
    [
      ['a', '1:b'],
      ['a1', ':b'],
    ],
    [
      ['', '0:'],
      ['0:', ''],
    ],
    [
      ['a,b', 'c'],
      ['a', 'b,c'],
    ],
    [
      ['a\u0000', 'b'],
      ['a', '\u0000b'],
    ],
    [
      ['a1:b', ''],
      ['a', '1:b'],
    ],
    [
      ['é', 'e'],
      ['e', 'é'],
    ],
  ])('of %j and %j never fall together', (first, second) => {
    const counter = counterOf('one', 'two');
    counter.inc(first, 1);
    counter.inc(second, 10);
    expect(counter.labels(...first).value).toBe(1);
    expect(counter.labels(...second).value).toBe(10);
    expect(counter.snapshot().labelRows).toEqual([first, second]);
  });

  it.each(['__proto__', 'constructor', 'toString', ''])('may have the label value "%s"', (value) => {
    const counter = counterOf('queue');
    counter.inc([value], 3);
    expect(counter.labels(value).value).toBe(3);
    expect(counter.snapshot().labelRows).toEqual([[value]]);
  });
});

describe('remove', () => {
  it('takes one series away and leaves the others', () => {
    const counter = counterOf('queue', 'state');
    counter.inc(['mail', 'ok'], 1);
    counter.inc(['mail', 'failed'], 2);
    counter.inc(['sms', 'ok'], 3);
    counter.remove('mail', 'ok');
    counter.remove({ queue: 'sms', state: 'ok' });
    expect(counter.snapshot().labelRows).toEqual([['mail', 'failed']]);
    expect([...counter.snapshot().values]).toEqual([2]);
  });

  it('of a series that does not exist changes nothing', () => {
    const counter = counterOf('queue');
    counter.inc(['mail']);
    counter.remove('sms');
    expect([...counter.snapshot().values]).toEqual([1]);
  });

  it('lets a held counter child read 0 and reappear with the new samples only', () => {
    const counter = counterOf('queue');
    const child = counter.labels('mail');
    child.inc(5);
    counter.remove('mail');
    expect(child.value).toBe(0);
    expect(counter.snapshot().labelRows).toEqual([]);
    child.inc(2);
    expect(child.value).toBe(2);
    expect(counter.labels('mail').value).toBe(2);
    expect(counter.snapshot().labelRows).toEqual([['mail']]);
  });

  it('lets a held gauge child reappear, starting at 0', () => {
    const gauge = gaugeOf('queue');
    const child = gauge.labels('mail');
    child.set(5);
    gauge.remove('mail');
    expect(child.value).toBe(0);
    child.inc(2);
    expect(child.value).toBe(2);
    expect([...gauge.snapshot().values]).toEqual([2]);
    child.dec();
    child.set(child.value + 10);
    expect([...gauge.snapshot().values]).toEqual([11]);
  });

  it('lets a held histogram child reappear with the new observations only', () => {
    const histogram = histogramOf('queue');
    const child = histogram.labels('mail');
    child.observe(0.5);
    histogram.remove('mail');
    expect([child.count, child.sum]).toEqual([0, 0]);
    child.observe(2);
    expect([child.count, child.sum]).toEqual([1, 2]);
    expect([...histogram.snapshot().values]).toEqual([0, 1]);
  });

  it('lets a held child and a new child of the same series add to one number', () => {
    const counter = counterOf('queue');
    const held = counter.labels('mail');
    counter.remove('mail');
    counter.labels('mail').inc(1);
    held.inc(10);
    expect(held.value).toBe(11);
    counter.remove('mail');
    held.inc(100);
    expect([...counter.snapshot().values]).toEqual([100]);
  });

  it('lets a running timer of a removed series record when it stops', () => {
    const gauge = gaugeOf('queue');
    const stop = gauge.startTimer(['mail']);
    gauge.remove('mail');
    const seconds = stop();
    expect([...gauge.snapshot().values]).toEqual([seconds]);
  });
});

describe('reset', () => {
  it('puts an unlabelled family back to 0 and keeps its children attached', () => {
    const counter = counterOf();
    const gauge = gaugeOf();
    const histogram = histogramOf();
    counter.inc(3);
    gauge.set(3);
    histogram.observe(3);
    const child = histogram.labels();
    counter.reset();
    gauge.reset();
    histogram.reset();
    expect([counter.value, gauge.value, child.count, child.sum]).toEqual([0, 0, 0, 0]);
    child.observe(0.5);
    expect([...histogram.snapshot().values]).toEqual([1, 0]);
    expect([...(histogram.snapshot().sums ?? [])]).toEqual([0.5]);
  });

  it('removes every series of a labelled family; held children make theirs reappear', () => {
    const counter = counterOf('queue');
    const held = counter.labels('mail');
    held.inc(5);
    counter.inc(['sms'], 6);
    counter.reset();
    expect(counter.snapshot().labelRows).toEqual([]);
    held.inc();
    expect(counter.snapshot().labelRows).toEqual([['mail']]);
    expect(held.value).toBe(1);
  });
});
