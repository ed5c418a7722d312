import { type FamilyDescriptor, hasParts, PART_SUFFIXES } from '../core/family-snapshot.js';
import type { ExpositionFormat } from './exposition-format.js';
import { escapeQuoted } from './format-text.js';
import { writeSamples } from './sample-lines.js';

/**
 * OpenMetrics 1.0. Its samples have the names, labels and numbers of the text format, so that the same series go on
 * whichever of the two a server asks for. That is why `le="1"` stays so here, where the specification would like
 * `le="1.0"` (SHOULD): to a Prometheus before 3.0, which takes labels as they are, the two are different series. Only sums that
 * fall are missing: a histogram of negative numbers must have none.
 *
 * @see https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export const openMetricsFormat: ExpositionFormat = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  *encode(families, output) {
    const names = new Set(families.flatMap(({ descriptor }) => namesOf(descriptor)));
    for (const family of families) {
      const { name, type } = openMetricsFamily(family.descriptor, names);
      output.text(`# HELP ${name} ${escapeQuoted(family.descriptor.help)}\n# TYPE ${name} ${type}\n`);
      const exemplars = type === 'unknown' ? undefined : family.exemplars;
      yield* writeSamples(family, output, { exemplars, risingSums: true });
      yield;
    }
    output.text('# EOF\n');
  },
};

const TOTAL = '_total';
const CREATED = '_created';

/** The names that a family takes: its own and those of its samples. */
function namesOf({ name, type }: FamilyDescriptor): string[] {
  return hasParts(type) ? [name, ...PART_SUFFIXES.map((suffix) => name + suffix)] : [name];
}

/**
 * A counter is called like its samples without `_total`, and its name with `_created` is reserved. One whose samples do not end
 * so (a foreign one), or that would take a name of another family, can only be of unknown type.
 */
function openMetricsFamily(
  { name, type }: FamilyDescriptor,
  names: ReadonlySet<string>,
): { readonly name: string; readonly type: string } {
  if (type === 'untyped') {
    return { name, type: 'unknown' };
  }
  if (type !== 'counter') {
    return { name, type };
  }
  const base = name.endsWith(TOTAL) ? name.slice(0, -TOTAL.length) : '';
  const isTaken = base === '' || names.has(base) || names.has(base + CREATED);
  return isTaken ? { name, type: 'unknown' } : { name: base, type };
}
