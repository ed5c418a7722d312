import { describe, expect, it } from 'vitest';
import { Counter } from '../../../src/core/metric/counter.js';
import {
  HyperMetricsError,
  InvalidDefinitionError,
  InvalidLabelsError,
  InvalidValueError,
} from '../../../src/core/errors.js';
import { Gauge } from '../../../src/core/metric/gauge.js';
import { Histogram } from '../../../src/core/metric/histogram.js';
import { HOST_CLIENTS, type HostClient } from '../../support/host-clients.js';

/** A metric that takes whatever it is given, as JavaScript does. */
interface LooseMetric {
  inc(...values: unknown[]): unknown;
  dec(...values: unknown[]): unknown;
  set(...values: unknown[]): unknown;
  observe(...values: unknown[]): unknown;
  setToCurrentTime(...values: unknown[]): unknown;
  startTimer(...values: unknown[]): (...values: unknown[]) => unknown;
  labels(...values: unknown[]): LooseMetric;
  remove(...values: unknown[]): unknown;
}

interface Subjects {
  /** Labelled by queue and state, as is everything that is not `bare`. */
  readonly counter: LooseMetric;
  readonly gauge: LooseMetric;
  readonly histogram: LooseMetric;
  readonly bareCounter: LooseMetric;
  readonly bareGauge: LooseMetric;
  readonly bareHistogram: LooseMetric;
  create(type: 'counter' | 'gauge' | 'histogram', change: object): unknown;
}

const base = { name: 'jobs', help: 'Jobs.', labelNames: ['queue', 'state'] };
const CLASSES = { counter: Counter, gauge: Gauge, histogram: Histogram };

function oursFor(): Subjects {
  const create: Subjects['create'] = (type, change) =>
    new CLASSES[type]({
      ...base,
      type,
      ...(type === 'histogram' && { buckets: [1, 2] }),
      ...change,
    });
  return subjects(create);
}

function theirsFor(client: HostClient): Subjects {
  const classes = { counter: client.Counter, gauge: client.Gauge, histogram: client.Histogram };
  return subjects(
    (type, change) => new classes[type]({ ...base, buckets: [1, 2], registers: [], ...change }),
  );
}

function subjects(create: Subjects['create']): Subjects {
  const metric = (type: 'counter' | 'gauge' | 'histogram', labelNames: string[]) =>
    create(type, { labelNames }) as LooseMetric;
  return {
    create,
    counter: metric('counter', base.labelNames),
    gauge: metric('gauge', base.labelNames),
    histogram: metric('histogram', base.labelNames),
    bareCounter: metric('counter', []),
    bareGauge: metric('gauge', []),
    bareHistogram: metric('histogram', []),
  };
}

type Call = (metrics: Subjects) => unknown;
type ErrorClass = typeof InvalidDefinitionError | typeof InvalidLabelsError | typeof InvalidValueError;

const LABELS = { queue: 'mail', state: 'ok' };

/** What the clients refuse, and so do we. */
const REFUSED_BY_ALL: readonly (readonly [string, ErrorClass, Call])[] = [
  ['a counter decreased', InvalidValueError, ({ bareCounter }) => bareCounter.inc(-1)],
  ['a counter decreased with labels', InvalidValueError, ({ counter }) => counter.inc(LABELS, -1)],
  [
    'a counter decreased through a child',
    InvalidValueError,
    ({ counter }) => counter.labels('a', 'b').inc(-1),
  ],
  ['a counter increased by -Infinity', InvalidValueError, ({ bareCounter }) => bareCounter.inc(-Infinity)],
  ['a counter increased by Infinity', InvalidValueError, ({ bareCounter }) => bareCounter.inc(Infinity)],
  ['a counter increased by text', InvalidValueError, ({ bareCounter }) => bareCounter.inc('5')],
  ['a counter increased by text with labels', InvalidValueError, ({ counter }) => counter.inc(LABELS, '5')],
  ['a counter increased by true', InvalidValueError, ({ bareCounter }) => bareCounter.inc(true)],
  ['a counter increased by a bigint', InvalidValueError, ({ bareCounter }) => bareCounter.inc(5n)],
  ['a counter increased by an object', InvalidValueError, ({ counter }) => counter.inc(LABELS, {})],
  ['a gauge set to text', InvalidValueError, ({ bareGauge }) => bareGauge.set('5')],
  ['a gauge set to text with labels', InvalidValueError, ({ gauge }) => gauge.set(LABELS, '5')],
  ['a gauge set to text through a child', InvalidValueError, ({ gauge }) => gauge.labels('a', 'b').set('5')],
  ['a gauge set to nothing', InvalidValueError, ({ bareGauge }) => bareGauge.set()],
  ['a gauge set to nothing with labels', InvalidValueError, ({ gauge }) => gauge.set(LABELS)],
  ['a gauge set to null with labels', InvalidValueError, ({ gauge }) => gauge.set(LABELS, null)],
  ['a gauge set to a boolean', InvalidValueError, ({ bareGauge }) => bareGauge.set(true)],
  ['a gauge set to a date', InvalidValueError, ({ gauge }) => gauge.set(LABELS, new Date())],
  ['a gauge increased by text', InvalidValueError, ({ bareGauge }) => bareGauge.inc('5')],
  ['NaN observed', InvalidValueError, ({ bareHistogram }) => bareHistogram.observe(Number.NaN)],
  ['Infinity observed', InvalidValueError, ({ bareHistogram }) => bareHistogram.observe(Infinity)],
  [
    '-Infinity observed with labels',
    InvalidValueError,
    ({ histogram }) => histogram.observe(LABELS, -Infinity),
  ],
  ['text observed', InvalidValueError, ({ bareHistogram }) => bareHistogram.observe('5')],
  ['text observed with labels', InvalidValueError, ({ histogram }) => histogram.observe(LABELS, '5')],
  ['text observed by a child', InvalidValueError, ({ histogram }) => histogram.labels('a', 'b').observe('5')],
  ['nothing observed', InvalidValueError, ({ bareHistogram }) => bareHistogram.observe()],
  ['nothing observed with labels', InvalidValueError, ({ histogram }) => histogram.observe(LABELS)],
  ['null observed with labels', InvalidValueError, ({ histogram }) => histogram.observe(LABELS, null)],

  ['an unknown label of a counter', InvalidLabelsError, ({ counter }) => counter.inc({ status: 'ok' })],
  [
    'an unknown label among others',
    InvalidLabelsError,
    ({ counter }) => counter.inc({ ...LABELS, x: 'y' }, 1),
  ],
  ['an unknown label of a gauge', InvalidLabelsError, ({ gauge }) => gauge.set({ status: 'ok' }, 1)],
  ['an unknown label of a gauge’s dec', InvalidLabelsError, ({ gauge }) => gauge.dec({ status: 'ok' })],
  [
    'an unknown label of a histogram',
    InvalidLabelsError,
    ({ histogram }) => histogram.observe({ status: 'ok' }, 1),
  ],
  [
    'a label of an unlabelled counter',
    InvalidLabelsError,
    ({ bareCounter }) => bareCounter.inc({ queue: 'a' }),
  ],
  ['a label of an unlabelled gauge', InvalidLabelsError, ({ bareGauge }) => bareGauge.set({ queue: 'a' }, 1)],
  [
    'a label of an unlabelled histogram',
    InvalidLabelsError,
    ({ bareHistogram }) => bareHistogram.observe({ le: '1' }, 1),
  ],
  [
    'an inherited label that is unknown',
    InvalidLabelsError,
    ({ gauge }) => gauge.labels({ constructor: 'x' }),
  ],
  ['too few values for labels()', InvalidLabelsError, ({ counter }) => counter.labels('mail')],
  ['too many values for labels()', InvalidLabelsError, ({ gauge }) => gauge.labels('mail', 'ok', 'x')],
  ['no values for labels()', InvalidLabelsError, ({ histogram }) => histogram.labels()],
  [
    'a value for labels() of an unlabelled counter',
    InvalidLabelsError,
    ({ bareCounter }) => bareCounter.labels('mail'),
  ],
  ['an unknown label for labels()', InvalidLabelsError, ({ gauge }) => gauge.labels({ status: 'ok' })],
  [
    'an unknown label when a timer stops',
    InvalidLabelsError,
    ({ histogram }) => histogram.startTimer(LABELS)({ x: 'y' }),
  ],
  [
    'an unknown label when a timer starts',
    InvalidLabelsError,
    ({ histogram }) => histogram.startTimer({ x: 'y' })(),
  ],
  ['an unknown label of a gauge’s timer', InvalidLabelsError, ({ gauge }) => gauge.startTimer({ x: 'y' })()],
  [
    'an unknown label of setToCurrentTime()',
    InvalidLabelsError,
    ({ gauge }) => gauge.setToCurrentTime({ x: 'y' }),
  ],
  ['too few values for remove()', InvalidLabelsError, ({ counter }) => counter.remove('mail')],
  ['too many values for remove()', InvalidLabelsError, ({ gauge }) => gauge.remove('mail', 'ok', 'x')],
  [
    'an unknown label for remove()',
    InvalidLabelsError,
    ({ histogram }) => histogram.remove({ status: 'ok' }),
  ],

  ['no name', InvalidDefinitionError, ({ create }) => create('counter', { name: undefined })],
  ['an empty name', InvalidDefinitionError, ({ create }) => create('counter', { name: '' })],
  ['a name with a dash', InvalidDefinitionError, ({ create }) => create('gauge', { name: 'a-b' })],
  [
    'a name that starts with a digit',
    InvalidDefinitionError,
    ({ create }) => create('gauge', { name: '1a' }),
  ],
  ['a name of several lines', InvalidDefinitionError, ({ create }) => create('gauge', { name: 'a\nb' })],
  ['no help', InvalidDefinitionError, ({ create }) => create('counter', { help: undefined })],
  ['empty help', InvalidDefinitionError, ({ create }) => create('counter', { help: '' })],
  [
    'a label name with a dash',
    InvalidDefinitionError,
    ({ create }) => create('counter', { labelNames: ['a-b'] }),
  ],
  ['an empty label name', InvalidDefinitionError, ({ create }) => create('counter', { labelNames: [''] })],
  [
    'the label le of a histogram',
    InvalidDefinitionError,
    ({ create }) => create('histogram', { labelNames: ['le'] }),
  ],
];

/** What the clients take and we refuse, with the reason. */
const REFUSED_BY_US: readonly (readonly [string, ErrorClass, string, Call])[] = [
  [
    'a counter increased by NaN',
    InvalidValueError,
    'it would be NaN for good',
    ({ bareCounter }) => bareCounter.inc(Number.NaN),
  ],
  [
    'a counter increased by empty text',
    InvalidValueError,
    'it would turn into text',
    ({ bareCounter }) => bareCounter.inc(''),
  ],
  [
    'a counter increased by false',
    InvalidValueError,
    'not a number',
    ({ bareCounter }) => bareCounter.inc(false),
  ],
  [
    'a counter increased by null with labels',
    InvalidValueError,
    'a missing value is not 1',
    ({ counter }) => counter.inc(LABELS, null),
  ],
  [
    'a gauge decreased by text',
    InvalidValueError,
    'as inc() refuses it',
    ({ bareGauge }) => bareGauge.dec('5'),
  ],
  [
    'a gauge decreased by null with labels',
    InvalidValueError,
    'as inc() refuses it',
    ({ gauge }) => gauge.dec(LABELS, null),
  ],
  [
    'a labelled counter without labels',
    InvalidLabelsError,
    'a series without its labels cannot be told from a sum',
    ({ counter }) => counter.inc(),
  ],
  ['a labelled counter with a value only', InvalidLabelsError, 'likewise', ({ counter }) => counter.inc(5)],
  ['a labelled gauge without labels', InvalidLabelsError, 'likewise', ({ gauge }) => gauge.set(5)],
  ['a labelled gauge’s dec without labels', InvalidLabelsError, 'likewise', ({ gauge }) => gauge.dec()],
  [
    'a labelled gauge’s timer without labels',
    InvalidLabelsError,
    'likewise',
    ({ gauge }) => gauge.startTimer()(),
  ],
  [
    'a labelled gauge set to the time without labels',
    InvalidLabelsError,
    'likewise',
    ({ gauge }) => gauge.setToCurrentTime(),
  ],
  [
    'a labelled histogram without labels',
    InvalidLabelsError,
    'likewise',
    ({ histogram }) => histogram.observe(5),
  ],
  [
    'a labelled histogram’s timer without labels',
    InvalidLabelsError,
    'likewise',
    ({ histogram }) => histogram.startTimer()(),
  ],
  [
    'an empty array of values',
    InvalidLabelsError,
    'arrays have one value for each label',
    ({ counter }) => counter.inc([]),
  ],
  [
    'null for labels()',
    InvalidLabelsError,
    'a missing object is not one without labels',
    ({ counter }) => counter.labels(null),
  ],
  [
    'the label quantile',
    InvalidDefinitionError,
    'reserved for summaries',
    ({ create }) => create('gauge', { labelNames: ['quantile'] }),
  ],
  [
    'the label le of a gauge',
    InvalidDefinitionError,
    'reserved for histograms',
    ({ create }) => create('gauge', { labelNames: ['le'] }),
  ],
  [
    'a label that starts with __',
    InvalidDefinitionError,
    'reserved by Prometheus',
    ({ create }) => create('gauge', { labelNames: ['__a'] }),
  ],
  [
    'a label named twice',
    InvalidDefinitionError,
    'Prometheus refuses the whole scrape',
    ({ create }) => create('gauge', { labelNames: ['a', 'a'] }),
  ],
  [
    'help that is no text',
    InvalidDefinitionError,
    'the clients fail at the scrape',
    ({ create }) => create('gauge', { help: 5 }),
  ],
  [
    'buckets that fall',
    InvalidDefinitionError,
    'counts would fall with le',
    ({ create }) => create('histogram', { buckets: [2, 1] }),
  ],
  [
    'a bucket twice',
    InvalidDefinitionError,
    'Prometheus refuses the whole scrape',
    ({ create }) => create('histogram', { buckets: [1, 1] }),
  ],
  [
    'the bucket Infinity',
    InvalidDefinitionError,
    '+Inf is always there: it would be twice',
    ({ create }) => create('histogram', { buckets: [1, Infinity] }),
  ],
  [
    'no buckets',
    InvalidDefinitionError,
    'a histogram of +Inf alone says nothing',
    ({ create }) => create('histogram', { buckets: [] }),
  ],
];

/** What one client refuses and the other takes; we refuse it. */
const DISPUTED: readonly (readonly [string, ErrorClass, string, Call])[] = [
  [
    'a gauge increased by null with labels',
    InvalidValueError,
    'prom-client',
    ({ gauge }) => gauge.inc(LABELS, null),
  ],
];

/** What the clients refuse and we take, with the reason. */
const TAKEN_BY_US: readonly (readonly [string, string, Call])[] = [
  [
    'an array of values on a counter',
    'the array form is ours',
    ({ counter }) => counter.inc(['mail', 'ok'], 2),
  ],
  ['an array of values on a gauge', 'likewise', ({ gauge }) => gauge.set(['mail', 'ok'], 2)],
  ['an array of values on a histogram', 'likewise', ({ histogram }) => histogram.observe(['mail', 'ok'], 2)],
  ['an array of values for labels()', 'likewise', ({ gauge }) => gauge.labels(['mail', 'ok'])],
  ['an array of values for remove()', 'likewise', ({ counter }) => counter.remove(['mail', 'ok'])],
];

/** What all take. */
const TAKEN_BY_ALL: readonly (readonly [string, Call])[] = [
  ['a counter increased by undefined', ({ bareCounter }) => bareCounter.inc(undefined)],
  ['a counter increased by 0', ({ counter }) => counter.inc(LABELS, 0)],
  ['a gauge set to NaN', ({ bareGauge }) => bareGauge.set(Number.NaN)],
  ['a gauge set to -Infinity', ({ gauge }) => gauge.set(LABELS, -Infinity)],
  ['a gauge decreased by a negative number', ({ bareGauge }) => bareGauge.dec(-5)],
  ['a negative number observed', ({ bareHistogram }) => bareHistogram.observe(-5)],
  ['numbers and booleans as label values', ({ counter }) => counter.labels(200, true).inc()],
  ['some of the labels', ({ counter }) => counter.inc({ queue: 'mail' })],
  ['none of the labels, in an object', ({ histogram }) => histogram.observe({}, 1)],
  ['a label left undefined', ({ gauge }) => gauge.set({ queue: 'mail', state: undefined }, 1)],
  ['an object without labels on an unlabelled counter', ({ bareCounter }) => bareCounter.inc({}, 2)],
  ['labels() of an unlabelled gauge', ({ bareGauge }) => bareGauge.labels().set(1)],
  ['remove() of a series that is not there', ({ counter }) => counter.remove('x', 'y')],
  [
    'a timer with labels from both ends',
    ({ histogram }) => histogram.startTimer({ queue: 'a' })({ state: 'b' }),
  ],
];

const SENTENCE_WITH_SUBJECT = /"?\S+"? .{10,}\.$/s;

describe('families of ours', () => {
  it.each([...REFUSED_BY_ALL, ...REFUSED_BY_US.map(([name, error, , call]) => [name, error, call] as const)])(
    'refuse %s with a typed error that gives advice',
    (_, error, call) => {
      const metrics = oursFor();
      const thrown = attempt(() => call(metrics));
      expect(thrown).toBeInstanceOf(HyperMetricsError);
      expect(thrown).toBeInstanceOf(error);
      expect((thrown as Error).message).toMatch(SENTENCE_WITH_SUBJECT);
    },
  );

  it.each([...TAKEN_BY_ALL, ...TAKEN_BY_US.map(([name, , call]) => [name, call] as const)])(
    'take %s',
    (_, call) => {
      const metrics = oursFor();
      expect(attempt(() => call(metrics))).toBeUndefined();
    },
  );
});

describe.each(HOST_CLIENTS)('metrics of %s', (clientName, client) => {
  it.each(DISPUTED)('refuse or take %s', (_, __, refusedBy, call) => {
    const metrics = theirsFor(client);
    expect(attempt(() => call(metrics)) !== undefined).toBe(clientName === refusedBy);
  });

  it.each([
    ...REFUSED_BY_ALL.map(([name, , call]) => [name, call] as const),
    ...TAKEN_BY_US.map(([name, , call]) => [name, call] as const),
  ])('refuse %s', (_, call) => {
    const metrics = theirsFor(client);
    expect(attempt(() => call(metrics))).toBeInstanceOf(Error);
  });

  it.each([...TAKEN_BY_ALL, ...REFUSED_BY_US.map(([name, , , call]) => [name, call] as const)])(
    'take %s',
    (_, call) => {
      const metrics = theirsFor(client);
      expect(attempt(() => call(metrics))).toBeUndefined();
    },
  );
});

/** What `act` throws. */
function attempt(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}
