import type { FamilySnapshot } from '../../src/core/family-snapshot.js';
import type { HostMetricValues } from '../../src/core/host-registry.interface.js';
import { type ForeignShape, foreignSnapshot } from '../../src/registry/foreign-metric.js';

/** A foreign metric's snapshot, converted without a pause. */
export function convertForeign(
  metric: HostMetricValues,
  constantLabels: Readonly<Record<string, string>>,
  previous?: ForeignShape,
): FamilySnapshot {
  const steps = foreignSnapshot(metric.name, metric, constantLabels, previous);
  let step = steps.next();
  while (step.done !== true) {
    step = steps.next();
  }
  return step.value;
}
