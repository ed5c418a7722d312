import type { Gatherer } from '../core/gatherer.js';
import { renderExposition } from '../exposition/render.js';
import { textFormat } from '../exposition/text-format.js';

/** A whole scrape as a string. */
export async function exposeAsText(gatherer: Gatherer): Promise<string> {
  const { chunks } = await renderExposition(textFormat, await gatherer.gather());
  return Buffer.concat(chunks).toString();
}
