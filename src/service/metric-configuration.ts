import { InvalidDefinitionError } from '../core/errors.js';
import {
  aggregationOf,
  AGGREGATOR_NAMES,
  type Aggregator,
  type FamilyDefinition,
  type MetricType,
} from '../core/family-definition.js';

/** Configuration of your own metric, as prom-client has it. */
export interface MetricConfiguration<Label extends string = never> {
  /** The full name, without an added prefix. Counters should end in `_total`. */
  readonly name: string;
  /** One sentence that says what is measured. */
  readonly help: string;
  /**
   * Names of the labels.
   *
   * @defaultValue `[]`
   */
  readonly labelNames?: readonly Label[];
}

/** Configuration of your own histogram. */
export interface HistogramConfiguration<Label extends string = never> extends MetricConfiguration<Label> {
  /**
   * Upper bounds of the buckets in ascending order, without `+Inf`.
   *
   * @defaultValue prom-client's eleven bounds, from 0.005 to 10
   */
  readonly buckets?: readonly number[];
  /**
   * Whether the histogram also has native buckets, whose bounds need not be chosen. See the option `nativeHistograms` for their limit.
   *
   * @defaultValue `false`
   */
  readonly native?: boolean;
  /**
   * Whether a native histogram has classic buckets, too. With `false`, the text formats have its sum and count only, as the bucket
   * `+Inf`, `_sum` and `_count`.
   *
   * @defaultValue `true`
   */
  readonly classic?: boolean;
}

/** Configuration of your own gauge. */
export interface GaugeConfiguration<Label extends string = never> extends MetricConfiguration<Label> {
  /**
   * How the values of several processes are aggregated, with the option `cluster` and in prom-client's `AggregatorRegistry`:
   * `sum`, `min`, `max`, `average`, `first`, or `omit` to export none.
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
  histogram: 'name, help, labelNames, buckets, native, classic',
};

/** @throws {@link InvalidDefinitionError} on unknown keys, which would otherwise be ignored silently. */
export function toDefinition<Label extends string, Type extends MetricType>(
  type: Type,
  configuration: AnyConfiguration<Label>,
): FamilyDefinition<Label> & { readonly type: Type } {
  if (typeof configuration !== 'object' || configuration === null) {
    throw new InvalidDefinitionError(
      `A ${type} is configured with ${String(configuration)}. Give an object of ${ALLOWED[type]}.`,
    );
  }
  const { name, help, labelNames = [], buckets, native, classic, aggregator, ...unknown } = configuration;
  const ofType = (of: MetricType, keys: Readonly<Record<string, unknown>>): string[] =>
    type === of ? [] : Object.keys(keys).filter((key) => keys[key] !== undefined);
  const surplus = [
    ...Object.keys(unknown),
    ...ofType('histogram', { buckets, native, classic }),
    ...ofType('gauge', { aggregator }),
  ];
  if (surplus.length > 0) {
    const given: unknown = name;
    throw new InvalidDefinitionError(
      `The ${type} "${String(given)}" is configured with ${surplus.join(', ')}, which is not supported. Allowed: ` +
        `${ALLOWED[type]}.`,
    );
  }
  if (type === 'histogram') {
    return { name, help, type, labelNames, ...bucketsOf(configuration) };
  }
  const aggregation = aggregationOf(aggregator ?? 'sum');
  if (aggregation === undefined) {
    throw new InvalidDefinitionError(
      `The gauge "${name}" has the aggregator ${String(aggregator)}. Allowed: ${AGGREGATOR_NAMES.join(', ')}.`,
    );
  }
  return { name, help, type, labelNames, ...(aggregation !== 'sum' && { aggregation }) };
}

function bucketsOf({
  name,
  buckets,
  native = false,
  classic = true,
}: HistogramConfiguration<string>): Pick<FamilyDefinition, 'buckets' | 'native'> {
  const flags: readonly [string, unknown][] = [
    ['native', native],
    ['classic', classic],
  ];
  const wrong = flags.find(([, flag]) => typeof flag !== 'boolean');
  if (wrong !== undefined) {
    throw new InvalidDefinitionError(
      `The histogram "${name}" has ${wrong[0]}: ${String(wrong[1])}. Allowed: true, false.`,
    );
  }
  if (!classic && (!native || buckets !== undefined)) {
    throw new InvalidDefinitionError(
      `The histogram "${name}" has classic: false ` +
        (native
          ? 'and buckets, which are the classic ones. Remove one of the two.'
          : 'and no native buckets. Add native: true, or remove classic: false.'),
    );
  }
  return {
    buckets: classic ? (buckets ?? PROM_CLIENT_DEFAULT_BUCKETS) : [],
    ...(native && { native }),
  };
}
