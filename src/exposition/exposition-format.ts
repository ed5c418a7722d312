import type { FamilySnapshot } from '../core/family-snapshot.js';

/** A format that converts snapshots to strings or bytes. */
export interface ExpositionFormat<Piece extends string | Uint8Array = string | Uint8Array> {
  /** The media type with its parameters, as sent in `Content-Type`. */
  readonly contentType: string;
  /** Yields a whole exposition in pieces of some hundred samples, so that the caller can pause between them. Some may be empty. */
  encode(families: readonly FamilySnapshot[]): Iterable<Piece>;
}
