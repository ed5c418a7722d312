import type { FamilyDefinition } from '../core/family-definition.js';

/** A family that this library defines: exported with the prefix, and documented in `docs/metrics.md`. */
export interface CatalogFamily<Label extends string = string> extends FamilyDefinition<Label> {
  /** Heading under which the documentation lists it. */
  readonly group: string;
  /** What must be active for the family to be exported. */
  readonly when: string;
  /** Whether the reference document fixes its name, type, labels and buckets. */
  readonly contract: boolean;
  /** Which series of a labelled family are exported before their first value, and from when on; without it, none. */
  readonly atZero?: string;
  /** What the number means beyond its HELP, for the documentation. */
  readonly meaning?: string;
}
