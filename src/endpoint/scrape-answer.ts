import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { nowMs } from '../core/stopwatch.js';
import type { Exposition } from '../exposition/byte-writer.js';
import { hasConnection, isOver, onceOver } from './response-end.js';

/** Whoever has not taken its answer by then is disconnected: Prometheus' longest sensible timeout is far below. */
const ANSWER_TIMEOUT_MS = 60_000;

/** One request for metrics, from its arrival until the client has its answer or is gone. */
export class ScrapeAnswer {
  /** When the connection last took something; `undefined` while there is nothing to take. */
  private movedAtMs: number | undefined;
  /** Called when it is over, each once. */
  private readonly overCallbacks = new Set<() => void>();

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
    return this.movedAtMs === undefined || (this.response.socket ?? null) === null
      ? 0
      : nowMs() - this.movedAtMs;
  }

  /** Calls back once, when it {@link isOver}. */
  onceOver(callback: () => void): void {
    const call = (): void => {
      if (this.overCallbacks.delete(call)) {
        callback();
      }
    };
    this.overCallbacks.add(call);
    onceOver(this.request, this.response, call);
  }

  /** Disconnects the client. */
  abandon(): void {
    (this.response as Partial<ServerResponse>).destroy?.();
    this.endWithoutConnection();
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
      return false;
    }
    response.writeHead(status, {
      'Cache-Control': 'no-store',
      ...headers,
      'Content-Length': byteLength,
      ...varyOn(response, vary),
    });
    const timeout = setTimeout(() => this.abandon(), ANSWER_TIMEOUT_MS).unref();
    this.onceOver(() => clearTimeout(timeout));
    this.moved();
    // Its turn in a pipeline: Node tells by this event when the connection is its own.
    (response as Partial<ServerResponse>).once?.('socket', () => this.moved());
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
        // Not where it returns nothing: responses of serverless adapters never drain.
        if ((response.write(chunks[next - 1]) as unknown) === false) {
          response.once('drain', proceed);
          return;
        }
      }
      response.end();
      this.endWithoutConnection();
    };
    proceed();
  }

  /** Without a connection, no event need come. */
  private endWithoutConnection(): void {
    if (!hasConnection(this.request)) {
      this.overCallbacks.forEach((call) => call());
    }
  }

  private moved(): void {
    this.movedAtMs = nowMs();
  }
}

/** Adds to what middleware of the application has put into `Vary` (CORS does). */
function varyOn(response: ServerResponse, names: readonly string[]): OutgoingHttpHeaders {
  const present = [(response as Partial<ServerResponse>).getHeader?.('Vary') ?? []].flat().map(String);
  return names.length === 0 ? {} : { Vary: [...present, ...names].join(', ') };
}
