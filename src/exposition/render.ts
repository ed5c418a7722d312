import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import { nowMs } from '../core/stopwatch.js';
import { ByteWriter, type Exposition } from './byte-writer.js';
import type { ExpositionFormat } from './exposition-format.js';

/** For so long a rendering may keep everything else waiting. */
const SLICE_MS = 4;

/** A whole exposition. Lets the event loop turn while it works, so that requests go on during large scrapes. */
export async function renderExposition(
  format: ExpositionFormat,
  families: readonly FamilySnapshot[],
): Promise<Exposition> {
  const output = new ByteWriter();
  let pauseAtMs = nowMs() + SLICE_MS;
  for (const _ of format.encode(families, output)) {
    if (nowMs() >= pauseAtMs) {
      await nextTurn();
      pauseAtMs = nowMs() + SLICE_MS;
    }
  }
  return output.finish();
}
