import type { FamilySnapshot } from '../core/family-snapshot.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { ByteWriter, type Exposition } from './byte-writer.js';
import type { ExpositionFormat } from './exposition-format.js';

/**
 * A whole exposition. The event loop turns meanwhile, so that requests go on during large scrapes.
 *
 * @param slices - those of the work that comes before, which may have kept the event loop waiting as well
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
