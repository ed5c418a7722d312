import { isAscii } from 'node:buffer';
import type { Gatherer } from '../core/gatherer.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { renderExposition } from '../exposition/render.js';
import { textFormat } from '../exposition/text-format.js';

/** Returns a whole scrape as a string. */
export async function exposeAsText(gatherer: Gatherer): Promise<string> {
  const slices = new EventLoopSlices();
  const { chunks } = await renderExposition(textFormat, await gatherer.gather(), slices);
  // No character is split between chunks. ASCII, as in most chunks, decodes several times faster as latin1.
  return chunks.map((chunk) => decode(chunk as Buffer)).join('');
}

function decode(chunk: Buffer): string {
  return chunk.toString(isAscii(chunk) ? 'latin1' : 'utf8');
}
