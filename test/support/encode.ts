import type { FamilySnapshot } from '../../src/core/family-snapshot.js';
import type { ExpositionFormat } from '../../src/exposition/exposition-format.js';

/** A whole exposition at once. */
export function encode(format: ExpositionFormat, ...families: FamilySnapshot[]): Buffer {
  return Buffer.from([...format.encode(families)].join(''));
}
