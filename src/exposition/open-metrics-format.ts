import type { FamilyDescriptor } from '../core/family-snapshot.js';
import type { ExpositionFormat } from './exposition-format.js';
import { escapeQuoted } from './format-text.js';
import { writeSamples } from './sample-lines.js';

/**
 * OpenMetrics 1.0. Its samples have the names, labels and numbers of the text format, so that the same series go on
 * whichever of the two a server asks for. That is why `le="1"` stays so here, where the specification would like
 * `le="1.0"` (SHOULD): to a Prometheus before 3.0, which takes labels as they are, the two are different series.
 *
 * @see https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export const openMetricsFormat: ExpositionFormat = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  *encode(families, output) {
    const names = new Set(families.map(({ descriptor }) => descriptor.name));
    for (const family of families) {
      const { name, type } = openMetricsFamily(family.descriptor, names);
      output.text(`# HELP ${name} ${escapeQuoted(family.descriptor.help)}\n# TYPE ${name} ${type}\n`);
      yield* writeSamples(family, output, type === 'unknown' ? undefined : family.exemplars);
      yield;
    }
    output.text('# EOF\n');
  },
};

const TOTAL = '_total';

/**
 * A counter is called like its samples without `_total`. One whose samples do not end so (a foreign one), or that would then be
 * called like another family, can only be of unknown type.
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
  return base === '' || names.has(base) ? { name, type: 'unknown' } : { name: base, type };
}
