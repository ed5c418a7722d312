import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import { HyperMetricsError, InvalidLabelsError } from '../../../src/core/errors.js';
import { Gauge } from '../../../src/core/metric/gauge.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { textFormat } from '../../../src/exposition/text-format.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { encode } from '../../support/encode.js';
import { parseExposition } from '../../support/parse-exposition.js';

/* Faults found in src, each with the least that shows it. To be moved next to the tests of what they are about. */

const counterOf = (...labelNames: string[]) =>
  new Counter({ name: 'jobs_total', type: 'counter', help: 'Jobs.', labelNames });
const gaugeOf = (...labelNames: string[]) =>
  new Gauge({ name: 'depth', type: 'gauge', help: 'Depth.', labelNames });
const histogramOf = (...labelNames: string[]) =>
  new Histogram({ name: 'wait', type: 'histogram', help: 'Waiting.', labelNames, buckets: [1] });

describe('a value left undefined', () => {
  it.each([undefined, null])('is %s and not its name, in an array', (missing) => {
    const counter = counterOf('queue');
    counter.inc([String(missing)], 1);
    counter.inc([missing as never], 10);
    expect(counter.snapshot().labelRows).toEqual([[String(missing)], ['']]);
  });

  it.each([undefined, null])('is %s and not its name, in an object', (missing) => {
    const counter = counterOf('queue');
    counter.inc({ queue: String(missing) }, 1);
    counter.inc({ queue: missing as never }, 10);
    expect(counter.snapshot().labelRows).toEqual([[String(missing)], ['']]);
  });

  it('is empty in an array with holes, which names one series', () => {
    const counter = counterOf('queue', 'state');
    const values: string[] = [];
    values[1] = 'ok';
    counter.inc(values);
    counter.inc(values);
    expect(counter.snapshot().labelRows).toEqual([['', 'ok']]);
    expect(() => parseExposition(encode(textFormat, counter.snapshot()))).not.toThrow();
  });
});

describe('labels that an object does not have itself', () => {
  class Queue {
    get queue(): string {
      return 'mail';
    }
  }

  it.each([
    ['inherited ones', Object.create({ queue: 'mail' })],
    ['getters of its class', new Queue()],
    ['entries of a map', new Map([['queue', 'mail']])],
  ])('are refused, whether or not the series is there: %s', (_, labels) => {
    const counter = counterOf('queue');
    expect(() => counter.inc(labels as never)).toThrow(InvalidLabelsError);
    counter.inc(['mail'], 10);
    expect(() => counter.inc(labels as never)).toThrow(InvalidLabelsError);
    expect([...counter.snapshot().values]).toEqual([10]);
  });
});

describe('values beside an object of labels', () => {
  it('are refused', () => {
    const counter = counterOf('queue');
    expect(() => counter.labels({ queue: 'mail' } as never, 'b')).toThrow(InvalidLabelsError);
  });
});

describe('null in place of labels or of a value', () => {
  it.each([
    ['inc', () => counterOf().inc(null as never)],
    ['set', () => gaugeOf().set(null as never)],
    ['dec', () => gaugeOf().dec(null as never)],
    ['observe', () => histogramOf().observe(null as never)],
    ['labels', () => gaugeOf().labels(null as never)],
    ['remove', () => gaugeOf().remove(null as never)],
  ])('is refused by %s() of an unlabelled family with an error of ours', (_, call) => {
    expect(call).toThrow(HyperMetricsError);
  });
});

describe('a label value that has no text', () => {
  it.each([
    ['an object without prototype', Object.create(null)],
    ['a symbol', Symbol('x')],
  ])('%s, which the clients refuse, is refused with an error of ours', (_, value: unknown) => {
    expect(() => counterOf('queue').inc([value as never])).toThrow(HyperMetricsError);
  });
});

it('an unlabelled family refuses the label "length" as any other', () => {
  const counter = counterOf();
  counter.inc();
  expect(() => counter.inc({ length: 0 } as never)).toThrow(HyperMetricsError);
});

describe('a first sample that is refused', () => {
  it('leaves no series of a counter behind', () => {
    const counter = counterOf('queue');
    expect(() => counter.inc({ queue: 'a' }, -1)).toThrow(HyperMetricsError);
    expect(counter.snapshot().labelRows).toEqual([]);
  });

  it('leaves no series of a gauge behind', () => {
    const gauge = gaugeOf('queue');
    expect(() => gauge.set({ queue: 'a' }, '5' as never)).toThrow(HyperMetricsError);
    expect(gauge.snapshot().labelRows).toEqual([]);
  });

  it('leaves no series of a histogram behind', () => {
    const histogram = histogramOf('queue');
    expect(() => histogram.observe({ queue: 'a' }, Number.NaN)).toThrow(HyperMetricsError);
    expect(histogram.snapshot().labelRows).toEqual([]);
  });
});

describe('a timer of a gauge', () => {
  it('takes labels that are known only at the end, as prom-client’s does', () => {
    const gauge = gaugeOf('queue', 'state');
    gauge.startTimer({ queue: 'mail' })({ state: 'ok' });
    expect(gauge.snapshot().labelRows).toEqual([['mail', 'ok']]);
  });

  it('has no series while it runs, as prom-client’s has none', () => {
    const gauge = gaugeOf('queue');
    gauge.startTimer(['mail']);
    expect(gauge.snapshot().labelRows).toEqual([]);
  });
});

describe('a series budget', () => {
  it('is not given places back that were never taken, when the overflow series is removed', () => {
    const registry = new MetricsRegistry(new Registry(), 'app_');
    const application = new RegistryLease(registry);
    application.configure({ seriesBudget: { perFamily: 2, total: 3 } });
    const counter = application.customFamily({
      name: 'jobs_total',
      type: 'counter',
      help: 'Jobs.',
      labelNames: ['queue'],
    });
    for (let round = 0; round < 3; round += 1) {
      ['a', 'b', 'c'].forEach((queue) => counter.inc([queue]));
      counter.remove('other');
    }
    const second = application.customFamily({
      name: 'mails_total',
      type: 'counter',
      help: 'Mails.',
      labelNames: ['to'],
    });
    ['x', 'y'].forEach((to) => second.inc([to]));
    expect(second.snapshot().labelRows).toEqual([['x'], ['other']]);
  });
});
