import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { ByteWriter } from './byte-writer.js';

/** A format that converts snapshots to bytes, family by family. */
export interface ExpositionFormat {
  /** The media type with its parameters, as sent in `Content-Type`. */
  readonly contentType: string;
  /** Writes a whole exposition. Yields every few hundred lines, so that the caller can pause. */
  encode(families: readonly FamilySnapshot[], output: ByteWriter): Iterable<void>;
}
