import type { FamilySnapshot } from '../../src/core/family-snapshot.js';
import { foreignSnapshot } from '../../src/registry/foreign-metric.js';

/** A foreign metric's snapshot, converted without a pause. */
export function convertForeign(...given: Parameters<typeof foreignSnapshot>): FamilySnapshot {
  const steps = foreignSnapshot(...given);
  let step = steps.next();
  while (step.done !== true) {
    step = steps.next();
  }
  return step.value;
}
