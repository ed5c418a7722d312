import type { FamilySnapshot } from '../core/family-snapshot.js';

/** A format that converts snapshots to text. */
export interface ExpositionFormat {
  /** The media type with its parameters, as sent in `Content-Type`. */
  readonly contentType: string;
  /** Yields a whole exposition in pieces of some hundred lines, so that the caller can pause between them. */
  encode(families: readonly FamilySnapshot[]): Iterable<string>;
}
