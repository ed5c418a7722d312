import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { ByteWriter } from './byte-writer.js';

/** Turns snapshots into bytes, family by family. Knows neither Nest nor HTTP. */
export interface ExpositionFormat {
  /** The media type with its parameters, as sent in `Content-Type`. */
  readonly contentType: string;
  /** Writes a whole exposition. Yields every few hundred lines: there the caller may pause. */
  encode(families: readonly FamilySnapshot[], output: ByteWriter): Iterable<void>;
}
