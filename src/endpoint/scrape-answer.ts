import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { nowMs } from '../core/tool/stopwatch.js';
import type { Exposition } from '../exposition/byte-writer.js';
import { isOfNodeServer } from '../http/node-response.adapter.js';
import { isOver, onceOver, toldToEnd } from './response-end.js';

/** Whoever has not taken its answer by then is disconnected: Prometheus' longest sensible timeout is far below. */
const ANSWER_TIMEOUT_MS = 60_000;

/** What responses of serverless adapters and mocks may lack. */
type AnyResponse = Partial<Pick<ServerResponse, 'destroy' | 'setHeader' | 'getHeader' | 'writeHead'>>;

/** One request for metrics, from its arrival until the client has its answer or is gone. */
export class ScrapeAnswer {
  /** When the connection last took something; `undefined` while there is nothing to take. */
  private movedAtMs: number | undefined;

  /** @param prepare - to be called right before the first byte */
  constructor(
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly prepare: () => void = () => {},
  ) {}

  /** Whether nobody waits for it any more. */
  get isOver(): boolean {
    return isOver(this.request, this.response);
  }

  /** For how long the client has taken nothing of what was there for it. */
  get stalledMs(): number {
    // Without a socket it waits behind others in a pipeline, and not for its client.
    const hasSocket = (this.response.socket ?? null) !== null;
    return this.movedAtMs === undefined || !hasSocket ? 0 : nowMs() - this.movedAtMs;
  }

  /** Calls back once, when it {@link isOver}. */
  onceOver(callback: () => void): void {
    onceOver(this.request, this.response, callback);
  }

  /** Disconnects the client. */
  abandon(): void {
    const { request, response } = this;
    (response as AnyResponse).destroy?.();
    if (!isOfNodeServer(request, response)) {
      toldToEnd(response);
    }
  }

  /** Leaves the request to whoever has answered it. */
  leave(): void {
    this.prepare();
  }

  /**
   * Hands the whole answer to the connection, piece by piece as that takes them. Pieces may be shared with other answers: a slow
   * reader holds references, not copies. Returns whether there was still somebody to answer.
   */
  send(
    status: number,
    { chunks, byteLength }: Exposition,
    headers: OutgoingHttpHeaders,
    vary: readonly string[] = [],
  ): boolean {
    const { request, response } = this;
    this.prepare();
    if (response.headersSent || this.isOver) {
      toldToEnd(response);
      return false;
    }
    const allHeaders = {
      'Cache-Control': 'no-store',
      ...headers,
      'Content-Length': byteLength,
      ...varyOn(response, vary),
    };
    if (!isOfNodeServer(request, response)) {
      this.sendWhole(status, allHeaders, request.method === 'HEAD' ? [] : chunks);
      return true;
    }
    response.writeHead(status, allHeaders);
    const timeout = setTimeout(() => this.abandon(), ANSWER_TIMEOUT_MS).unref();
    this.onceOver(() => clearTimeout(timeout));
    this.moved();
    // Its turn in a pipeline: Node tells by this event when the connection is its own.
    response.once('socket', () => this.moved());
    this.write(request.method === 'HEAD' ? [] : chunks);
    return true;
  }

  /** Answers with one line instead of metrics. */
  sendText(
    status: number,
    text: string,
    headers: OutgoingHttpHeaders = {},
    vary: readonly string[] = [],
  ): void {
    const line = Buffer.from(`${text}\n`);
    this.send(
      status,
      { chunks: [line], byteLength: line.length },
      { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
      vary,
    );
  }

  /** To a serverless adapter or a mock: they keep the whole answer anyway, and know no more of a response than this. */
  private sendWhole(status: number, headers: OutgoingHttpHeaders, chunks: readonly Uint8Array[]): void {
    const response = this.response as AnyResponse & ServerResponse;
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers)) {
      response.setHeader?.(name, value ?? '');
    }
    response.writeHead?.(status);
    response.end(Buffer.concat(chunks));
    toldToEnd(response);
  }

  private write(chunks: readonly Uint8Array[]): void {
    const { response } = this;
    let next = 0;
    const proceed = (): void => {
      this.moved();
      while (next < chunks.length) {
        // Middleware may have ended it meanwhile.
        if (response.destroyed || response.writableEnded) {
          return;
        }
        next += 1;
        if (!response.write(chunks[next - 1])) {
          response.once('drain', proceed);
          return;
        }
      }
      response.end();
    };
    proceed();
  }

  private moved(): void {
    this.movedAtMs = nowMs();
  }
}

/** Adds to what middleware of the application has put into `Vary` (CORS does). */
function varyOn(response: ServerResponse, names: readonly string[]): OutgoingHttpHeaders {
  const present = [(response as AnyResponse).getHeader?.('Vary') ?? []].flat().map(String);
  return names.length === 0 ? {} : { Vary: [...present, ...names].join(', ') };
}
