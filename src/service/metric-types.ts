import { Counter as CounterFamily } from '../core/metric/counter.js';
import { HyperMetricsError } from '../core/errors.js';
import { Gauge as GaugeFamily } from '../core/metric/gauge.js';
import { Histogram as HistogramFamily } from '../core/metric/histogram.js';

/** Members that only metrics without labels have; optional if the compiler does not know the label names. */
type WithoutLabelsOnly<Label extends string, Members> = [Label] extends [never]
  ? Members
  : string extends Label
    ? Partial<Members>
    : object;

/** Members that read a counter or gauge without labels. */
interface SingleValue {
  /** The current value; `NaN` if the metric has labels. Read one series with `labels(...).value`. */
  readonly value: number;
}

/** Members that read a histogram without labels. */
interface SingleDistribution {
  /** Sum of all observations; `NaN` if the metric has labels. Read one series with `labels(...).sum`. */
  readonly sum: number;
  /** Number of observations; `NaN` if the metric has labels. Read one series with `labels(...).count`. */
  readonly count: number;
}

/**
 * A value that only increases, from 0 at the start of the process. Created by `MetricsService.counter()` and
 * `HyperMetricsModule.forFeature()`; `new Counter()` throws.
 */
export type Counter<Label extends string = string> = Omit<CounterFamily<Label>, keyof SingleValue> &
  WithoutLabelsOnly<Label, SingleValue>;

/**
 * A value that can increase and decrease. Created by `MetricsService.gauge()` and `HyperMetricsModule.forFeature()`; `new Gauge()`
 * throws.
 */
export type Gauge<Label extends string = string> = Omit<GaugeFamily<Label>, keyof SingleValue> &
  WithoutLabelsOnly<Label, SingleValue>;

/**
 * Counts observations in buckets, and sums them. Created by `MetricsService.histogram()` and
 * `HyperMetricsModule.forFeature()`; `new Histogram()` throws.
 */
export type Histogram<Label extends string = string> = Omit<
  HistogramFamily<Label>,
  keyof SingleDistribution
> &
  WithoutLabelsOnly<Label, SingleDistribution>;

/** A class for `instanceof`, and for the parameter types that compilers emit for injection. */
type MetricClass<Metric> = abstract new () => Metric;

export const Counter: MetricClass<Counter> = metricClass('Counter', CounterFamily);
export const Gauge: MetricClass<Gauge> = metricClass('Gauge', GaugeFamily);
export const Histogram: MetricClass<Histogram> = metricClass('Histogram', HistogramFamily);

/** Returns a class whose constructor throws: a metric created with `new` would be in no registry. */
function metricClass<Metric>(
  name: string,
  family: abstract new (...args: never) => unknown,
): MetricClass<Metric> {
  const named = {
    [name]: class {
      constructor() {
        throw new HyperMetricsError(
          `new ${name}() would create a metric that is never exported. Use ` +
            `MetricsService.${name.toLowerCase()}({ name, help }) or HyperMetricsModule.forFeature(); with prom-client, import ` +
            `${name} from 'prom-client'.`,
        );
      }

      static [Symbol.hasInstance](value: unknown): boolean {
        return value instanceof family;
      }
    },
  };
  return named[name] as unknown as MetricClass<Metric>;
}
