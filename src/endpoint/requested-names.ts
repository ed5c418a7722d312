import type { FamilySnapshot } from '../core/family-snapshot.js';

const NAME_PARAMETER = 'name[]';
const PART_SUFFIXES = ['_bucket', '_sum', '_count'];

/**
 * The families that a scrape asks for with `name[]=…` (repeatable): all without the parameter. A name is that of a
 * family, or of one of its samples (`…_bucket`), which selects the whole family.
 */
export function requestedFamilies(
  target: string,
  families: readonly FamilySnapshot[],
): readonly FamilySnapshot[] {
  const query = target.indexOf('?');
  const parameters = new URLSearchParams(query < 0 ? '' : target.slice(query + 1));
  const names = new Set(parameters.getAll(NAME_PARAMETER));
  return names.size === 0 ? families : families.filter((family) => isRequested(family, names));
}

function isRequested({ descriptor }: FamilySnapshot, names: ReadonlySet<string>): boolean {
  const { name, type } = descriptor;
  const hasParts = type === 'histogram' || type === 'summary';
  return names.has(name) || (hasParts && PART_SUFFIXES.some((suffix) => names.has(name + suffix)));
}
