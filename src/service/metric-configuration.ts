import { InvalidDefinitionError } from '../core/errors.js';
import type { FamilyDefinition, MetricType } from '../core/family-definition.js';

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

const PROM_CLIENT_DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const ALLOWED: Readonly<Record<MetricType, string>> = {
  counter: 'name, help, labelNames',
  gauge: 'name, help, labelNames',
  histogram: 'name, help, labelNames, buckets',
};

/** @throws {@link InvalidDefinitionError} on keys that are not read here, rather than ignoring them silently. */
export function toDefinition<Label extends string, Type extends MetricType>(
  type: Type,
  configuration: HistogramConfiguration<Label>,
): FamilyDefinition<Label> & { readonly type: Type } {
  if (typeof configuration !== 'object' || configuration === null) {
    throw new InvalidDefinitionError(
      `A ${type} is configured with ${String(configuration)}. Give an object of ${ALLOWED[type]}.`,
    );
  }
  const { name, help, labelNames = [], buckets, ...unknown } = configuration;
  const surplus = [
    ...Object.keys(unknown),
    ...(buckets !== undefined && type !== 'histogram' ? ['buckets'] : []),
  ];
  if (surplus.length > 0) {
    const given: unknown = name;
    throw new InvalidDefinitionError(
      `The ${type} "${String(given)}" is configured with ${surplus.join(', ')}, which is not supported. Allowed: ` +
        `${ALLOWED[type]}.`,
    );
  }
  return type === 'histogram'
    ? { name, help, type, labelNames, buckets: buckets ?? PROM_CLIENT_DEFAULT_BUCKETS }
    : { name, help, type, labelNames };
}
