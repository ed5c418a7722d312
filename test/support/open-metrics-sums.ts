import type { ParsedSample } from './parse-exposition.js';

/** The samples that OpenMetrics may have of these: no sums that may fall, and no counts without sums, of histograms. */
export function inOpenMetrics<Sample extends ParsedSample>(samples: readonly Sample[]): Sample[] {
  const histograms = new Set(
    samples.filter(({ labels }) => labels['le'] === '+Inf').map(({ name }) => name.replace(/_bucket$/, '')),
  );
  const ofNegatives = new Set(
    samples.filter(({ labels }) => Number(labels['le']) < 0).map(({ name }) => name.replace(/_bucket$/, '')),
  );
  const fallen = new Set(
    samples
      .filter(({ name, value }) => name.endsWith('_sum') && !(value >= 0))
      .map(({ name, labels }) => seriesOf(name, labels)),
  );
  return samples.filter(({ name, labels }) => {
    const family = name.replace(/_(sum|count)$/, '');
    const isPart = family !== name && histograms.has(family);
    return !isPart || !(ofNegatives.has(family) || fallen.has(seriesOf(`${family}_sum`, labels)));
  });
}

const seriesOf = (name: string, labels: Readonly<Record<string, string>>): string =>
  name + JSON.stringify(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)));
