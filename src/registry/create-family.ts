import { Counter } from '../core/metric/counter.js';
import type { FamilyDefinition, MetricType } from '../core/family-definition.js';
import { isSameList } from '../core/family-snapshot.js';
import { Gauge } from '../core/metric/gauge.js';
import { Histogram } from '../core/metric/histogram.js';
import type { NativeLimits } from '../core/metric/native-buckets.js';
import type { SeriesLimit } from '../core/metric/series-limit.js';
import { NoopCounter, NoopGauge, NoopHistogram } from '../core/metric/noop-families.js';

/** A family of any type. */
export type AnyFamily = Counter | Gauge | Histogram;

const FAMILIES: Readonly<
  Record<
    MetricType,
    new (definition: FamilyDefinition, limit?: SeriesLimit, nativeLimits?: NativeLimits) => AnyFamily
  >
> = {
  counter: Counter,
  gauge: Gauge,
  histogram: Histogram,
};

const NOOP_FAMILIES: typeof FAMILIES = {
  counter: NoopCounter,
  gauge: NoopGauge,
  histogram: NoopHistogram,
};

/**
 * @param nativeLimits - for histograms with native buckets
 * @throws `InvalidDefinitionError` when the family cannot be exported.
 */
export function createFamily(
  definition: FamilyDefinition,
  limit: SeriesLimit | undefined,
  nativeLimits: NativeLimits,
): AnyFamily {
  return new FAMILIES[definition.type](definition, limit, nativeLimits);
}

/** Returns a family that records nothing, for a module with `enabled: false`. */
export function createNoopFamily(definition: FamilyDefinition): AnyFamily {
  return new NOOP_FAMILIES[definition.type](definition);
}

/**
 * Returns how a registered family differs from a requested one, as the middle of an error message; `undefined` when they are
 * compatible. HELP texts may differ: the first one stays.
 */
export function definitionsDiffer(known: FamilyDefinition, asked: FamilyDefinition): string | undefined {
  if (known.type !== asked.type) {
    return `as a ${known.type}; this call asks for a ${asked.type}`;
  }
  return (
    listsDiffer('labels', known.labelNames, asked.labelNames) ??
    listsDiffer('buckets', known.buckets ?? [], asked.buckets ?? []) ??
    listsDiffer('aggregation', [known.aggregation ?? 'sum'], [asked.aggregation ?? 'sum']) ??
    listsDiffer('option native', [known.native ?? false], [asked.native ?? false])
  );
}

function listsDiffer(what: string, known: readonly unknown[], asked: readonly unknown[]): string | undefined {
  return isSameList(known, asked)
    ? undefined
    : `with the ${what} [${known.join(', ')}]; this call asks for [${asked.join(', ')}]`;
}
