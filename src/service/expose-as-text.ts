import type { Gatherer } from '../core/gatherer.js';
import { TimeSlices } from '../core/time-slices.js';
import { renderExposition } from '../exposition/render.js';
import { textFormat } from '../exposition/text-format.js';

/** A whole scrape as a string. */
export async function exposeAsText(gatherer: Gatherer): Promise<string> {
  const slices = new TimeSlices();
  const { chunks } = await renderExposition(textFormat, await gatherer.gather(), slices);
  return Buffer.concat(chunks).toString();
}
