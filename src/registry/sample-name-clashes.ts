import { hasParts, PART_SUFFIXES } from '../core/family-snapshot.js';

/** Another metric, with the sample name that both would have. */
export interface SampleNameClash<Metric> {
  readonly metric: Metric;
  readonly other: string;
  readonly sample: string;
}

/**
 * Returns the metrics that would export samples of the same name as a new one: the whole scrape would be invalid.
 *
 * @param find - returns the metric of a name; its `type` decides which samples it has
 */
export function sampleNameClashes<Metric>(
  { name, type }: { readonly name: string; readonly type: string },
  find: (name: string) => Metric | undefined,
): SampleNameClash<Metric>[] {
  const ownParts = hasParts(type) ? PART_SUFFIXES.map((suffix) => name + suffix) : [];
  const wholes = PART_SUFFIXES.filter((suffix) => name.endsWith(suffix)).map((suffix) =>
    name.slice(0, -suffix.length),
  );
  return [
    ...ownParts.map((sample) => ({ other: sample, sample, metric: find(sample) })),
    ...wholes.map((other) => ({ other, sample: name, metric: withParts(find(other)) })),
  ].filter((clash): clash is SampleNameClash<Metric> => clash.metric !== undefined);
}

function withParts<Metric>(metric: Metric | undefined): Metric | undefined {
  return hasParts((metric as { readonly type?: unknown } | undefined)?.type) ? metric : undefined;
}
