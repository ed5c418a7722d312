import type { FamilySnapshot } from '../core/family-snapshot.js';
import { samplesOf } from '../core/samples.js';
import type { SampleLabels } from '../service/sample-value.js';

const MAX_LISTED = 20;

/** A sample's name and labels as in an exposition, for messages. */
export function sampleText(name: string, labels: SampleLabels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(String(value))}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/**
 * What somebody who asked for the sample `name` may have meant: all samples of that name; those of the family, for
 * the name of a histogram; or the names that there are.
 */
export function describeAlternatives(families: readonly FamilySnapshot[], name: string): string {
  const samples = families
    .filter(({ descriptor }) => name.startsWith(descriptor.name))
    .flatMap((family) => samplesOf(family).map((sample) => ({ ...sample, family: family.descriptor.name })));
  const named = samples.filter((sample) => sample.name === name);
  const listed = named.length > 0 ? named : samples.filter(({ family }) => family === name);
  if (listed.length > 0) {
    return list(
      `Samples of ${name}`,
      listed.map((sample) => `${sampleText(sample.name, sample.labels)} ${sample.value}`),
    );
  }
  const names = families.map(({ descriptor }) => descriptor.name);
  return names.includes(name)
    ? `${name} has no samples.`
    : list(`There is no ${name}. Metrics`, names.toSorted());
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) {
    return `${title}: none.`;
  }
  const left = lines.length - MAX_LISTED;
  return [`${title}:`, ...lines.slice(0, MAX_LISTED), ...(left > 0 ? [`and ${left} more`] : [])].join('\n  ');
}
