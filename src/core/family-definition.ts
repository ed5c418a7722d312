import { inspect } from 'node:util';
import { InvalidDefinitionError } from './errors.js';

/** The types of the families this library creates. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/**
 * How the values of one series from several data sources, applications or processes are combined. `once` keeps the first one. `omit`
 * drops the series when several processes are merged. `ratio` divides sums: its snapshot has them in the columns `sums` and `counts`.
 */
export type Aggregation = 'sum' | 'min' | 'max' | 'once' | 'average' | 'omit' | 'ratio';

/** An {@link Aggregation} as the option `aggregator` of Prometheus clients names it. */
export type Aggregator = 'sum' | 'min' | 'max' | 'first' | 'average' | 'omit';

/** The values of the option `aggregator`. */
export const AGGREGATOR_NAMES: readonly Aggregator[] = ['sum', 'min', 'max', 'first', 'average', 'omit'];

/** Returns `undefined` for what is no aggregator of a client. */
export function aggregationOf(aggregator: unknown): Aggregation | undefined {
  const known = AGGREGATOR_NAMES.find((name) => name === aggregator);
  return known === 'first' ? 'once' : known;
}

/** Returns the aggregator that comes closest to an aggregation. */
export function aggregatorOf(aggregation: Aggregation): Aggregator {
  return aggregation === 'once' ? 'first' : aggregation === 'ratio' ? 'average' : aggregation;
}

/** A family without registry and prefix. The fields have prom-client's names. */
export interface FamilyDefinition<Label extends string = string> {
  /** The metric's name; without the prefix in the catalog. */
  readonly name: string;
  readonly type: MetricType;
  /** The HELP text: one sentence that says what is measured. */
  readonly help: string;
  /** The label names in the order of the exposition and of arrays of label values. */
  readonly labelNames: readonly Label[];
  /**
   * Only for histograms: the upper bounds in the unit of the name, in rising order, without `+Inf`. `[]` for a native histogram without
   * classic buckets.
   */
  readonly buckets?: readonly number[];
  /**
   * Only for histograms: whether it has native buckets, too.
   *
   * @defaultValue `false`
   */
  readonly native?: boolean;
  /** @defaultValue `'sum'` */
  readonly aggregation?: Aggregation;
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Whether Prometheus accepts `name` for a metric (text format 0.0.4). */
export function isMetricName(name: string): boolean {
  return METRIC_NAME.test(name);
}

/** Whether Prometheus accepts `name` for a label of a sample (text format 0.0.4). */
export function isSampleLabelName(name: string): boolean {
  return LABEL_NAME.test(name);
}

/** Whether `name` is allowed as a label of a series: legal in Prometheus, without its internal prefix `__`, not `le` or `quantile`. */
export function isLabelName(name: string): boolean {
  return isSampleLabelName(name) && !name.startsWith('__') && name !== 'le' && name !== 'quantile';
}

/** Returns what bucket bounds must be; `undefined` when they are legal. */
export function bucketsProblem(buckets: unknown): string | undefined {
  if (!Array.isArray(buckets) || buckets.length === 0) {
    return 'a non-empty array of numbers';
  }
  // `every()` would skip the holes of the list itself.
  const rising = Array.from(buckets).every(
    (bound, index) => Number.isFinite(bound) && (index === 0 || bound > buckets[index - 1]),
  );
  return rising ? undefined : 'finite numbers in rising order, without +Inf';
}

/** Whether a family is a histogram of durations: its name ends in their unit. */
export function isDuration({ type, name }: FamilyDefinition): boolean {
  return type === 'histogram' && name.endsWith('_seconds');
}

function definedBucketsProblem({ buckets, native }: FamilyDefinition): string | undefined {
  const isNativeOnly = native === true && Array.isArray(buckets) && buckets.length === 0;
  return isNativeOnly ? undefined : bucketsProblem(buckets);
}

/** @throws {@link InvalidDefinitionError} when the family cannot be exported. */
export function assertDefinition(definition: FamilyDefinition): void {
  const given: unknown = definition.name;
  if (typeof given !== 'string' || !isMetricName(given)) {
    throw new InvalidDefinitionError(
      `"${String(given)}" is not a metric name. Use letters, digits, "_" and ":", not starting with a digit.`,
    );
  }
  const { name } = definition;
  if (typeof definition.help !== 'string' || definition.help === '') {
    throw new InvalidDefinitionError(
      `Metric "${name}" needs a help text: one sentence that says what it measures.`,
    );
  }
  if (!Array.isArray(definition.labelNames)) {
    throw new InvalidDefinitionError(`Metric "${name}" needs labelNames: an array, [] for no labels.`);
  }
  const illegal = definition.labelNames.findIndex(
    (label) => typeof label !== 'string' || !isLabelName(label),
  );
  if (illegal >= 0) {
    throw new InvalidDefinitionError(
      `Metric "${name}" has the label name "${String(definition.labelNames[illegal])}". Use letters, digits and "_", not starting with a digit ` +
        'or "__"; "le" and "quantile" are reserved.',
    );
  }
  if (new Set(definition.labelNames).size !== definition.labelNames.length) {
    throw new InvalidDefinitionError(
      `Metric "${name}" names a label twice: ${definition.labelNames.join(', ')}.`,
    );
  }
  const problem = definition.type === 'histogram' ? definedBucketsProblem(definition) : undefined;
  if (problem !== undefined) {
    throw new InvalidDefinitionError(
      `Metric "${name}" has the buckets ${inspect(definition.buckets, { breakLength: Infinity })}. Give ${problem}.`,
    );
  }
}
