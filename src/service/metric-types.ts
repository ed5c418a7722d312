import { Counter as CounterFamily } from '../core/metric/counter.js';
import { HyperMetricsError } from '../core/errors.js';
import { Gauge as GaugeFamily } from '../core/metric/gauge.js';
import { Histogram as HistogramFamily } from '../core/metric/histogram.js';

/** Members that only metrics without labels have; perhaps, where the compiler does not know the label names. */
type WithoutLabelsOnly<Label extends string, Members> = [Label] extends [never]
  ? Members
  : string extends Label
    ? Partial<Members>
    : unknown;

/** The members that read a metric without labels. */
interface SingleValue {
  /** The present value; `NaN` when the metric has labels: read one series with `labels(...).value`. */
  readonly value: number;
}

interface SingleDistribution {
  /** Sum of all observations; `NaN` when the metric has labels: read one series with `labels(...).sum`. */
  readonly sum: number;
  /** Number of observations; `NaN` when the metric has labels: read one series with `labels(...).count`. */
  readonly count: number;
}

/**
 * A number that only rises (and starts again at 0 with the process). Made by `MetricsService.counter()` and
 * `HyperMetricsModule.forFeature()`; `new Counter()` throws.
 */
export type Counter<Label extends string = string> = Omit<CounterFamily<Label>, keyof SingleValue> &
  WithoutLabelsOnly<Label, SingleValue>;

/**
 * A number that can rise and fall. Made by `MetricsService.gauge()` and `HyperMetricsModule.forFeature()`; `new Gauge()`
 * throws.
 */
export type Gauge<Label extends string = string> = Omit<GaugeFamily<Label>, keyof SingleValue> &
  WithoutLabelsOnly<Label, SingleValue>;

/**
 * Counts observations in buckets, and their sum. Made by `MetricsService.histogram()` and
 * `HyperMetricsModule.forFeature()`; `new Histogram()` throws.
 */
export type Histogram<Label extends string = string> = Omit<
  HistogramFamily<Label>,
  keyof SingleDistribution
> &
  WithoutLabelsOnly<Label, SingleDistribution>;

/** A class for `instanceof`, and for the types that compilers keep of injected parameters. */
type MetricClass<Metric> = abstract new () => Metric;

export const Counter: MetricClass<Counter> = metricClass('Counter', CounterFamily);
export const Gauge: MetricClass<Gauge> = metricClass('Gauge', GaugeFamily);
export const Histogram: MetricClass<Histogram> = metricClass('Histogram', HistogramFamily);

/** A metric that is in no registry would be exported nowhere. */
function metricClass<Metric>(
  name: string,
  family: abstract new (...args: never) => unknown,
): MetricClass<Metric> {
  const named = {
    [name]: class {
      constructor() {
        throw new HyperMetricsError(
          `new ${name}() makes no metric of nestjs-hyper-metrics: it would be exported nowhere. Use ` +
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
