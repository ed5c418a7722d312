import type { IncomingMessage, ServerResponse } from 'node:http';
import { MetricsUnavailableError } from '../core/errors.js';
import type { Gatherer } from '../core/gatherer.js';
import { nowMs, secondsSince } from '../core/tool/stopwatch.js';
import type { ResolvedEndpointOptions } from '../options/resolved-options.js';
import type { AccessControl } from './access/access-control.js';
import type { RequestHandler } from './endpoint-requests.js';
import { markAnswered } from './refused-scrapes.js';
import { ScrapeAnswer } from './scrape-answer.js';
import { ScrapeLimit } from './scrape-limit.js';
import { readScrapeRequest } from './scrape-request.js';
import { SharedScrapes } from './shared-scrapes.js';

/** Is told how each scrape ended. */
export interface ScrapeObserver {
  /** The exposition is being sent. */
  answered(durationSeconds: number): void;
  failed(error: unknown): void;
  /** The answer has no metrics, on purpose. */
  refused?(reason: RefusalReason): void;
}

/** Why a scrape was refused: 403, 401, 503 (`busy`, `unavailable`), or any status of a guard of the application. */
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export const REFUSAL_REASONS = ['address', 'credentials', 'busy', 'unavailable', 'guard'] as const;

const RETRY_AFTER_SECONDS = 1;
const FORBIDDEN = 403;

/** Answers scrapes on Node's requests and responses, on the application's port or on one of its own. */
export class ScrapeHandler implements RequestHandler {
  private readonly scrapes: SharedScrapes;
  private readonly limit: ScrapeLimit;

  constructor(
    gatherer: Gatherer,
    private readonly options: ResolvedEndpointOptions,
    private readonly access: AccessControl,
    private readonly observer: ScrapeObserver,
  ) {
    this.scrapes = new SharedScrapes(gatherer);
    this.limit = new ScrapeLimit(options.maxConcurrentScrapes);
  }

  /**
   * Answers one scrape. Resolves when sending has begun; never rejects.
   *
   * @param prepare - called once, before the answer is sent, or when the request is already over
   */
  async handle(request: IncomingMessage, response: ServerResponse, prepare?: () => void): Promise<void> {
    const startedAtMs = nowMs();
    markAnswered(response);
    const answer = new ScrapeAnswer(request, response, prepare);
    if (answer.isOver) {
      // A guard was slow: the client has left, or middleware has answered.
      answer.leave();
      return;
    }
    const refusal = this.access.refusalOf(request);
    if (refusal !== undefined) {
      this.observer.refused?.(refusal.status === FORBIDDEN ? 'address' : 'credentials');
      answer.sendText(refusal.status, refusal.text, refusal.headers);
      return;
    }
    if (!this.limit.admit(answer)) {
      this.observer.refused?.('busy');
      refuseForNow(
        answer,
        `${this.options.maxConcurrentScrapes} scrapes are already under way (endpoint.maxConcurrentScrapes).`,
      );
      return;
    }
    try {
      if (await this.answer(answer)) {
        this.observer.answered(secondsSince(startedAtMs));
      }
    } catch (error) {
      if (error instanceof MetricsUnavailableError) {
        // Its cause is already counted.
        this.observer.refused?.('unavailable');
        refuseForNow(answer, error.message);
        return;
      }
      this.observer.failed(error);
      answer.sendText(500, 'The metrics could not be collected.');
    }
  }

  /** Returns whether an exposition is being sent. */
  private async answer(answer: ScrapeAnswer): Promise<boolean> {
    const wanted = readScrapeRequest(answer.request, this.options);
    const body = await this.scrapes.body(wanted);
    if (body === undefined) {
      const text = 'Supported encodings: identity; gzip if endpoint.compression is on.';
      answer.sendText(406, text, {}, this.negotiatedHeaders());
      return false;
    }
    const headers = {
      'Content-Type': wanted.format.contentType,
      ...(body.encoding === 'identity' ? {} : { 'Content-Encoding': body.encoding }),
    };
    return answer.send(200, body, headers, this.negotiatedHeaders());
  }

  private negotiatedHeaders(): string[] {
    return ['Accept', ...(this.options.compression ? ['Accept-Encoding'] : [])];
  }
}

function refuseForNow(answer: ScrapeAnswer, text: string): void {
  answer.sendText(503, text, { 'Retry-After': RETRY_AFTER_SECONDS });
}
