import { InvalidDefinitionError } from '../core/errors.js';
import {
  aggregationOf,
  AGGREGATOR_NAMES,
  type Aggregator,
  type FamilyDefinition,
  type MetricType,
} from '../core/family-definition.js';

/** A metric of your own, as prom-client's configuration objects describe it. */
export interface MetricConfiguration<Label extends string = never> {
  /** The full name; it gets no prefix. Counters end in `_total`. */
  readonly name: string;
  /** One sentence saying what is measured. */
  readonly help: string;
  /** @defaultValue `[]` */
  readonly labelNames?: readonly Label[];
}

/** A histogram of your own. */
export interface HistogramConfiguration<Label extends string = never> extends MetricConfiguration<Label> {
  /**
   * Upper bounds, rising, without `+Inf`.
   *
   * @defaultValue prom-client's: eleven from 0.005 to 10
   */
  readonly buckets?: readonly number[];
}

/** A gauge of your own. */
export interface GaugeConfiguration<Label extends string = never> extends MetricConfiguration<Label> {
  /**
   * How the gauges of several processes become one number, with the option `cluster` and in prom-client's
   * `AggregatorRegistry`: `sum`, `min`, `max`, `average`, `first`, or `omit` for none.
   *
   * @defaultValue `'sum'`
   */
  readonly aggregator?: Aggregator;
}

type AnyConfiguration<Label extends string> = HistogramConfiguration<Label> & GaugeConfiguration<Label>;

const PROM_CLIENT_DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const ALLOWED: Readonly<Record<MetricType, string>> = {
  counter: 'name, help, labelNames',
  gauge: 'name, help, labelNames, aggregator',
  histogram: 'name, help, labelNames, buckets',
};

/** @throws {@link InvalidDefinitionError} on keys that are not read here, rather than ignoring them silently. */
export function toDefinition<Label extends string, Type extends MetricType>(
  type: Type,
  configuration: AnyConfiguration<Label>,
): FamilyDefinition<Label> & { readonly type: Type } {
  if (typeof configuration !== 'object' || configuration === null) {
    throw new InvalidDefinitionError(
      `A ${type} is configured with ${String(configuration)}. Give an object of ${ALLOWED[type]}.`,
    );
  }
  const { name, help, labelNames = [], buckets, aggregator, ...unknown } = configuration;
  const surplus = [
    ...Object.keys(unknown),
    ...(buckets !== undefined && type !== 'histogram' ? ['buckets'] : []),
    ...(aggregator !== undefined && type !== 'gauge' ? ['aggregator'] : []),
  ];
  if (surplus.length > 0) {
    const given: unknown = name;
    throw new InvalidDefinitionError(
      `The ${type} "${String(given)}" is configured with ${surplus.join(', ')}, which is not supported. Allowed: ` +
        `${ALLOWED[type]}.`,
    );
  }
  if (type === 'histogram') {
    return { name, help, type, labelNames, buckets: buckets ?? PROM_CLIENT_DEFAULT_BUCKETS };
  }
  const aggregation = aggregationOf(aggregator ?? 'sum');
  if (aggregation === undefined) {
    throw new InvalidDefinitionError(
      `The gauge "${name}" has the aggregator ${String(aggregator)}. Allowed: ${AGGREGATOR_NAMES.join(', ')}.`,
    );
  }
  return { name, help, type, labelNames, ...(aggregation !== 'sum' && { aggregation }) };
}
