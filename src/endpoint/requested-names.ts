import type { FamilySnapshot } from '../core/family-snapshot.js';
import { hasParts, PART_SUFFIXES } from '../core/family-snapshot.js';

const NAME_PARAMETER = 'name[]';

/** The names that a scrape asks for with `name[]=…` (repeatable), sorted; none without the parameter. */
export function requestedNames(target: string): readonly string[] {
  const query = target.indexOf('?');
  const parameters = new URLSearchParams(query < 0 ? '' : target.slice(query + 1));
  return [...new Set(parameters.getAll(NAME_PARAMETER))].toSorted();
}

/**
 * The families of these names: all when there are none. A name is that of a family, or of one of its samples
 * (`…_bucket`), which selects the whole family.
 */
export function selectFamilies(
  names: readonly string[],
  families: readonly FamilySnapshot[],
): readonly FamilySnapshot[] {
  const asked = new Set(names);
  return asked.size === 0 ? families : families.filter((family) => isAsked(family, asked));
}

function isAsked({ descriptor }: FamilySnapshot, names: ReadonlySet<string>): boolean {
  const { name, type } = descriptor;
  return names.has(name) || (hasParts(type) && PART_SUFFIXES.some((suffix) => names.has(name + suffix)));
}
