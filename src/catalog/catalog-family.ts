import type { FamilyDefinition } from '../core/family-definition.js';

/** A metric family of this library: exported with the prefix, documented in `docs/metrics.md`. */
export interface CatalogFamily<Label extends string = string> extends FamilyDefinition<Label> {
  /** Heading of its section in the documentation. */
  readonly group: string;
  /** The condition under which the family is exported. */
  readonly when: string;
  /** Whether the reference document fixes its name, type, labels and buckets. */
  readonly contract: boolean;
  /** Series of a labelled family that are exported at 0 before their first value, and from when on. Default: none. */
  readonly atZero?: string;
  /** The samples that have exemplars with the option `exemplars`, and the trace that is theirs. Default: none. */
  readonly exemplars?: string;
  /** Explains the number beyond its HELP, for the documentation. */
  readonly meaning?: string;
}
