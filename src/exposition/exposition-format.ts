import type { FamilySnapshot } from '../core/family-snapshot.js';

/** Turns snapshots into bytes, family by family. Knows neither Nest nor HTTP. */
export interface ExpositionFormat {
  /** The media type with its parameters, as sent in `Content-Type`. */
  readonly contentType: string;
  encode(family: FamilySnapshot): Buffer;
}

/** A whole exposition. */
export function encodeAll(format: ExpositionFormat, families: readonly FamilySnapshot[]): Buffer {
  return Buffer.concat(families.map((family) => format.encode(family)));
}
