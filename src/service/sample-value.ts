import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { LabelValue } from '../core/metric/labels.js';
import { samplesOf } from '../core/samples.js';

/** Label values by name, which identify one sample. */
export type SampleLabels = Readonly<Record<string, LabelValue>>;

/**
 * Returns the value of one exported sample: of a counter or gauge by its name, of a histogram by `…_count`, `…_sum` or
 * `…_bucket` (with the label `le`). Returns `undefined` if no sample has that name and those labels.
 */
export function sampleValue(
  families: readonly FamilySnapshot[],
  sampleName: string,
  labels: SampleLabels,
): number | undefined {
  return families
    .filter(({ descriptor }) => sampleName.startsWith(descriptor.name))
    .flatMap(samplesOf)
    .find((sample) => sample.name === sampleName && hasExactly(sample.labels, labels))?.value;
}

function hasExactly(labels: Readonly<Record<string, string>>, wanted: SampleLabels): boolean {
  const names = Object.keys(wanted);
  return (
    names.length === Object.keys(labels).length &&
    names.every((name) => labels[name] === String(wanted[name]))
  );
}
