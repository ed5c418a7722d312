import type { IncomingMessage, ServerResponse } from 'node:http';
import { MetricsUnavailableError } from '../core/errors.js';
import type { Gatherer } from '../core/gatherer.js';
import { nowMs, secondsSince } from '../core/tool/stopwatch.js';
import { openMetricsFormat } from '../exposition/open-metrics-format.js';
import { textFormat } from '../exposition/text-format.js';
import type { ResolvedEndpointOptions } from '../options/resolved-options.js';
import type { AccessControl } from './access/access-control.js';
import { acceptedEncodings, prefersOpenMetrics } from './negotiate.js';
import { markAnswered } from './refused-scrapes.js';
import { requestedNames } from './requested-names.js';
import { ScrapeAnswer } from './scrape-answer.js';
import { ScrapePlaces } from './scrape-places.js';
import { readableWithinMs, SCRAPE_TIMEOUT_HEADER } from './scrape-timeout.js';
import { type ScrapeRequest, SharedScrapes } from './shared-scrapes.js';

/** What becomes of scrapes. */
export interface ScrapeObserver {
  /** An exposition was made and is on its way. */
  answered(durationSeconds: number): void;
  failed(error: unknown): void;
  /** An answer without metrics was given on purpose. */
  refused?(reason: RefusalReason): void;
}

/** Why a scrape was refused: a 403, a 401, two kinds of 503, and whatever a guard of the application answers. */
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export const REFUSAL_REASONS = ['address', 'credentials', 'busy', 'unavailable', 'guard'] as const;

const RETRY_AFTER_SECONDS = 1;
const FORBIDDEN = 403;

/** Answers scrapes on plain Node requests and responses, on whichever port they come. */
export class ScrapeHandler {
  private readonly scrapes: SharedScrapes;
  private readonly places: ScrapePlaces;

  constructor(
    gatherer: Gatherer,
    private readonly options: ResolvedEndpointOptions,
    private readonly access: AccessControl,
    private readonly observer: ScrapeObserver,
  ) {
    this.scrapes = new SharedScrapes(gatherer);
    this.places = new ScrapePlaces(options.maxConcurrentScrapes);
  }

  /**
   * Makes the whole answer and begins to send it; never rejects. `prepare` is called right before the first byte, when it is known what to
   * answer.
   */
  async handle(request: IncomingMessage, response: ServerResponse, prepare?: () => void): Promise<void> {
    const startedAtMs = nowMs();
    markAnswered(response);
    const answer = new ScrapeAnswer(request, response, prepare);
    if (answer.isOver) {
      // A guard took so long that the client left, or that middleware has answered.
      answer.leave();
      return;
    }
    const refusal = this.access.refusalOf(request);
    if (refusal !== undefined) {
      this.observer.refused?.(refusal.status === FORBIDDEN ? 'address' : 'credentials');
      answer.sendText(refusal.status, refusal.text, refusal.headers);
      return;
    }
    if (!this.places.take(answer)) {
      this.observer.refused?.('busy');
      refuseForNow(answer, `${this.options.maxConcurrentScrapes} scrapes are under way already.`);
      return;
    }
    try {
      if (await this.answer(answer)) {
        this.observer.answered(secondsSince(startedAtMs));
      }
    } catch (error) {
      if (error instanceof MetricsUnavailableError) {
        // The cause is counted where it was found.
        this.observer.refused?.('unavailable');
        refuseForNow(answer, error.message);
        return;
      }
      this.observer.failed(error);
      answer.sendText(500, 'The metrics could not be collected.');
    }
  }

  /** Returns whether the client got an exposition. */
  private async answer(answer: ScrapeAnswer): Promise<boolean> {
    const wanted = this.scrapeRequest(answer.request);
    const body = await this.scrapes.body(wanted);
    if (body === undefined) {
      const text = 'Metrics come plain, or with gzip where that is switched on.';
      answer.sendText(406, text, {}, this.negotiatedHeaders());
      return false;
    }
    const headers = {
      'Content-Type': wanted.format.contentType,
      ...(body.encoding === 'identity' ? {} : { 'Content-Encoding': body.encoding }),
    };
    return answer.send(200, body, headers, this.negotiatedHeaders());
  }

  private scrapeRequest({ url = '', headers = {} }: Partial<IncomingMessage>): ScrapeRequest {
    const { openMetrics, compression } = this.options;
    const encodings = acceptedEncodings(headers['accept-encoding']);
    return {
      format: openMetrics && prefersOpenMetrics(headers.accept) ? openMetricsFormat : textFormat,
      names: requestedNames(url),
      withinMs: readableWithinMs(headers[SCRAPE_TIMEOUT_HEADER]),
      encodings: compression ? encodings : { ...encodings, gzip: 0 },
    };
  }

  private negotiatedHeaders(): string[] {
    const { openMetrics, compression } = this.options;
    return [...(openMetrics ? ['Accept'] : []), ...(compression ? ['Accept-Encoding'] : [])];
  }
}

function refuseForNow(answer: ScrapeAnswer, text: string): void {
  answer.sendText(503, text, { 'Retry-After': RETRY_AFTER_SECONDS });
}
