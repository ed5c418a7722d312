import { Counter } from '../core/metric/counter.js';
import type { FamilyDefinition, MetricType } from '../core/family-definition.js';
import { isSameList } from '../core/family-snapshot.js';
import { Gauge } from '../core/metric/gauge.js';
import { Histogram } from '../core/metric/histogram.js';
import type { SeriesLimit } from '../core/metric/series-limit.js';
import { NoopCounter, NoopGauge, NoopHistogram } from '../core/metric/noop-families.js';

/** A family of any type. */
export type AnyFamily = Counter | Gauge | Histogram;

const FAMILIES: Readonly<
  Record<MetricType, new (definition: FamilyDefinition, limit?: SeriesLimit) => AnyFamily>
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
 * @param limit - of the series
 * @throws `InvalidDefinitionError` when no exposition could carry the family.
 */
export function createFamily(definition: FamilyDefinition, limit: SeriesLimit | undefined): AnyFamily {
  return new FAMILIES[definition.type](definition, limit);
}

/** A family that records nothing: of a switched-off module. */
export function createNoopFamily(definition: FamilyDefinition): AnyFamily {
  return new NOOP_FAMILIES[definition.type](definition);
}

/**
 * How a registered family differs from what is asked for now, as the middle of an error message; `undefined`
 * when one family can serve both. HELP texts may differ: the first one stays.
 */
export function definitionsDiffer(known: FamilyDefinition, asked: FamilyDefinition): string | undefined {
  if (known.type !== asked.type) {
    return `as a ${known.type}; this call asks for a ${asked.type}`;
  }
  return (
    listsDiffer('labels', known.labelNames, asked.labelNames) ??
    listsDiffer('buckets', known.buckets ?? [], asked.buckets ?? []) ??
    listsDiffer('aggregation', [known.aggregation ?? 'sum'], [asked.aggregation ?? 'sum'])
  );
}

function listsDiffer(what: string, known: readonly unknown[], asked: readonly unknown[]): string | undefined {
  return isSameList(known, asked)
    ? undefined
    : `with the ${what} [${known.join(', ')}]; this call asks for [${asked.join(', ')}]`;
}
