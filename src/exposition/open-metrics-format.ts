import { type FamilyDescriptor, hasParts, PART_SUFFIXES } from '../core/family-snapshot.js';
import type { ExpositionFormat } from './exposition-format.js';
import { escapeQuoted } from './format-text.js';
import { textPieces } from './sample-lines.js';

/**
 * OpenMetrics 1.0. Its samples have the names, labels and numbers of the text format, so that series continue when a server changes
 * the format. Therefore `le="1"` is not written as `le="1.0"` (SHOULD in the specification): for Prometheus before 3.0 the two are
 * different series. Histograms with negative observations have no sum here, as OpenMetrics requires.
 *
 * @see https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export const openMetricsFormat: ExpositionFormat<string> = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  *encode(families) {
    const names = new Set(families.flatMap(({ descriptor }) => namesOf(descriptor)));
    yield* textPieces(families, ({ descriptor, exemplars }) => {
      const { name, type } = openMetricsFamily(descriptor, names);
      return {
        header: `# HELP ${name} ${escapeQuoted(descriptor.help)}\n# TYPE ${name} ${type}`,
        exemplars: type === 'unknown' ? undefined : exemplars,
        risingSums: true,
      };
    });
    yield '# EOF\n';
  },
};

const TOTAL = '_total';
const CREATED = '_created';

/** Returns the names that a family uses: its own and those of its samples. */
function namesOf({ name, type }: FamilyDescriptor): string[] {
  return hasParts(type) ? [name, ...PART_SUFFIXES.map((suffix) => name + suffix)] : [name];
}

/**
 * Returns a family's name and type in OpenMetrics. A counter's name is that of its samples without `_total`, and the name with
 * `_created` is reserved. A counter whose samples lack the suffix, or whose names collide with another family, has the type
 * `unknown`.
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
