import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOfNodeServer } from '../http/node-response.adapter.js';
import type { AccessControl } from './access/access-control.js';
import type { RequestHandler } from './endpoint-requests.js';
import { acceptedEncodings } from './negotiate.js';
import { ScrapeAnswer } from './scrape-answer.js';

/** A page beside the scrape, under the same access control. */
export interface EndpointPage {
  readonly document: {
    readonly body: Uint8Array;
    readonly gzipped: Uint8Array;
    readonly headers: Readonly<Record<string, string>>;
  };
  /** Sends the page's feed on a response. Returns the reason if it does not. */
  follow(
    request: IncomingMessage,
    response: ServerResponse,
    lastEventId: string | undefined,
  ): string | undefined;
}

const RETRY_AFTER_SECONDS = 5;

/** Returns the handler that sends the page itself. */
export function documentHandler(
  access: AccessControl,
  { document: { body, gzipped, headers } }: EndpointPage,
  compression: boolean,
): RequestHandler {
  return guarded(access, (answer, { headers: { 'accept-encoding': accepted } }) => {
    const isZipped = compression && acceptedEncodings(accepted).gzip > 0;
    const chunk = isZipped ? gzipped : body;
    answer.send(
      200,
      { chunks: [chunk], byteLength: chunk.byteLength },
      { ...headers, ...(isZipped && { 'Content-Encoding': 'gzip' }) },
      compression ? ['Accept-Encoding'] : [],
    );
  });
}

/** Returns the handler that sends the page's feed. */
export function feedHandler(access: AccessControl, page: EndpointPage): RequestHandler {
  return guarded(access, (answer, request, response) => {
    if (request.method === 'HEAD' || !isOfNodeServer(request, response)) {
      answer.sendText(501, 'The feed of the live page needs GET and a server of Node.js.');
      return;
    }
    answer.leave();
    if (response.headersSent) {
      return;
    }
    const { 'last-event-id': id } = request.headers;
    const reason = page.follow(request, response, typeof id === 'string' ? id : undefined);
    if (reason !== undefined) {
      answer.sendText(503, reason, { 'Retry-After': RETRY_AFTER_SECONDS });
    }
  });
}

function guarded(
  access: AccessControl,
  serve: (answer: ScrapeAnswer, request: IncomingMessage, response: ServerResponse) => void,
): RequestHandler {
  return {
    handle: async (request, response, prepare) => {
      const answer = new ScrapeAnswer(request, response, prepare);
      if (answer.isOver) {
        answer.leave();
        return;
      }
      const refusal = access.refusalOf(request);
      if (refusal === undefined) {
        serve(answer, request, response);
      } else {
        answer.sendText(refusal.status, refusal.text, refusal.headers);
      }
    },
  };
}
