import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Gatherer } from '../core/gatherer.js';
import { encodeAll, type ExpositionFormat } from '../exposition/exposition-format.js';
import { requestedFamilies } from './requested-names.js';

/** Answers scrapes on plain Node requests and responses. */
export class ScrapeHandler {
  constructor(
    private readonly gatherer: Gatherer,
    private readonly format: ExpositionFormat,
  ) {}

  /**
   * Writes the whole answer. `prepare` is called right before the first byte, when nothing can fail any more.
   */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    prepare: () => void = () => {},
  ): Promise<void> {
    const families = requestedFamilies(request.url ?? '', await this.gatherer.gather());
    const body = encodeAll(this.format, families);
    prepare();
    response.writeHead(200, {
      'Content-Type': this.format.contentType,
      'Cache-Control': 'no-store',
      'Content-Length': body.length,
    });
    response.end(body);
  }
}
