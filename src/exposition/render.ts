import type { FamilySnapshot } from '../core/family-snapshot.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import type { ExpositionFormat } from './exposition-format.js';

/** Finished bytes in chunks, which are not joined. Read only: several responses may share them. */
export interface Exposition {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
}

/**
 * Renders a whole exposition as bytes, in slices of the event loop, so that requests are handled during large scrapes.
 *
 * @param slices - the slices of preceding work of the same scrape
 */
export async function renderExposition(
  format: ExpositionFormat,
  families: readonly FamilySnapshot[],
  slices?: EventLoopSlices,
): Promise<Exposition> {
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  await inSlices(format.encode(families), slices, (piece) => {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (chunk.length > 0) {
      chunks.push(chunk);
      byteLength += chunk.length;
    }
  });
  return { chunks, byteLength };
}

/** Renders a whole exposition as a string, in the same slices. */
export async function renderText(
  format: ExpositionFormat<string>,
  families: readonly FamilySnapshot[],
  slices?: EventLoopSlices,
): Promise<string> {
  let text = '';
  await inSlices(format.encode(families), slices, (piece) => {
    text += piece;
  });
  // As UTF-8, which has no lone surrogates.
  return text.toWellFormed();
}

async function inSlices<Piece>(
  pieces: Iterable<Piece>,
  slices = new EventLoopSlices(),
  take: (piece: Piece) => void,
): Promise<void> {
  for (const piece of pieces) {
    take(piece);
    if (slices.isOver) {
      await slices.next();
    }
  }
}
