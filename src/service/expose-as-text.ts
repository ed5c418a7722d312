import type { Gatherer } from '../core/gatherer.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { keepProcess } from '../core/tool/keep-process.js';
import { renderText } from '../exposition/render.js';
import { textFormat } from '../exposition/text-format.js';

/** Returns a whole scrape as a string. */
export async function exposeAsText(gatherer: Gatherer): Promise<string> {
  const slices = new EventLoopSlices();
  return renderText(textFormat, await keepProcess(gatherer.gather()), slices);
}
