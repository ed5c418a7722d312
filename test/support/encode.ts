import type { FamilySnapshot } from '../../src/core/family-snapshot.js';
import { ByteWriter } from '../../src/exposition/byte-writer.js';
import type { ExpositionFormat } from '../../src/exposition/exposition-format.js';

/** A whole exposition at once. */
export function encode(format: ExpositionFormat, ...families: FamilySnapshot[]): Buffer {
  const output = new ByteWriter();
  Array.from(format.encode(families, output));
  return Buffer.concat(output.finish().chunks);
}
