import { SLO_LATENCY_THRESHOLD_SECONDS, SLO_OBJECTIVE_RATIO } from '../catalog/slo.catalog.js';
import type { SloOptions } from '../options/slo-options.interface.js';
import type { RegistryLease } from '../registry/registry-lease.js';

/** Exports the objectives of an application as gauges. */
export function exportObjectives(registry: RegistryLease, { availability, latency }: SloOptions): void {
  const objectives = registry.catalogFamily(SLO_OBJECTIVE_RATIO);
  if (availability !== undefined) {
    objectives.labels('availability').set(availability);
  }
  if (latency !== undefined) {
    objectives.labels('latency').set(latency.objective);
    registry.catalogFamily(SLO_LATENCY_THRESHOLD_SECONDS).labels().set(latency.thresholdSeconds);
  }
}

/** The buckets of requests with the threshold among them: only a bound divides requests exactly. */
export function bucketsWithThreshold(
  buckets: readonly number[],
  slo: SloOptions | undefined,
): readonly number[] {
  const threshold = slo?.latency?.thresholdSeconds;
  if (threshold === undefined || buckets.includes(threshold)) {
    return buckets;
  }
  return [...buckets, threshold].toSorted((left, right) => left - right);
}
