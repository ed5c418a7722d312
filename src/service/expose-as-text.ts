import type { Gatherer } from '../core/gatherer.js';
import { encodeAll } from '../exposition/exposition-format.js';
import { textFormat } from '../exposition/text-format.js';

/** A whole scrape as a string. */
export async function exposeAsText(gatherer: Gatherer): Promise<string> {
  return encodeAll(textFormat, await gatherer.gather()).toString();
}
