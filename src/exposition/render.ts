import type { FamilySnapshot } from '../core/family-snapshot.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { ByteWriter, type Exposition } from './byte-writer.js';
import type { ExpositionFormat } from './exposition-format.js';

/**
 * Renders a whole exposition in slices of the event loop, so that requests are handled during large scrapes.
 *
 * @param slices - the slices of preceding work of the same scrape
 */
export async function renderExposition(
  format: ExpositionFormat,
  families: readonly FamilySnapshot[],
  slices = new EventLoopSlices(),
): Promise<Exposition> {
  const output = new ByteWriter();
  for (const _ of format.encode(families, output)) {
    if (slices.isOver) {
      await slices.next();
    }
  }
  return output.finish();
}
