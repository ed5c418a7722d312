import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { LabelValue } from '../core/metric/labels.js';
import { samplesOf } from '../core/samples.js';

/** Label values by name, for reading one sample. */
export type SampleLabels = Readonly<Record<string, LabelValue>>;

/**
 * The value of one exported sample: a counter's or gauge's by its name, a histogram's by `…_count`, `…_sum` or
 * `…_bucket` (with the label `le`). `undefined` when no sample has that name and those labels.
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
