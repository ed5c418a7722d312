import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { nowMs } from '../core/tool/stopwatch.js';
import type { Exposition } from '../exposition/render.js';
import { isOfNodeServer } from '../http/node-response.adapter.js';
import { hasEnded, onceEnded } from '../http/response-end.js';

/** A client that has not read the answer by then is disconnected. Sensible scrape timeouts are far shorter. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Responses of serverless adapters and mocks may lack these methods. */
type AnyResponse = Partial<
  Pick<ServerResponse, 'destroy' | 'setHeader' | 'getHeader' | 'writeHead' | 'once'>
>;

/** The answer to one scrape, from the request's arrival until the client has the answer or is gone. */
export class ScrapeAnswer {
  private isPrepared = false;
  /** Time at which the connection last took data; `undefined` before there is data. */
  private movedAtMs: number | undefined;
  /** For responses that are not Node's own: their events may never come. */
  private readonly overListeners = new Set<() => void>();

  /** @param prepare - called once, before the answer is sent, or when the request is already over */
  constructor(
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly prepare: () => void = () => {},
  ) {}

  /** True when the client has the whole answer or is gone. */
  get isOver(): boolean {
    return hasEnded(this.request, this.response);
  }

  /** Time since the client last read something, while there is something to read. */
  get stalledMs(): number {
    // Without a socket the answer waits in a pipeline: other responses hold it up, not its client.
    const hasSocket = (this.response.socket ?? null) !== null;
    return this.movedAtMs === undefined || !hasSocket ? 0 : nowMs() - this.movedAtMs;
  }

  /** Calls the listener once, when the answer {@link isOver}. */
  onceOver(listener: () => void): void {
    const { request, response } = this;
    if (this.isOver || isOfNodeServer(request, response)) {
      onceEnded(request, response, listener);
      return;
    }
    this.overListeners.add(listener);
    for (const event of ['finish', 'close']) {
      (response as AnyResponse).once?.(event, () => this.over());
    }
  }

  /** Disconnects the client. */
  abandon(): void {
    (this.response as AnyResponse).destroy?.();
    this.over();
  }

  /** Leaves the response to other code: that which has answered the request, or will write the answer piece by piece. */
  leave(): void {
    if (!this.isPrepared) {
      this.isPrepared = true;
      this.prepare();
    }
  }

  /**
   * Sends the answer chunk by chunk, as fast as the client reads. Chunks may be shared with other answers: a slow client holds
   * references, not copies. Returns false when the request is already answered, or the client is gone.
   */
  send(
    status: number,
    { chunks, byteLength }: Exposition,
    headers: OutgoingHttpHeaders,
    vary: readonly string[] = [],
  ): boolean {
    const { request, response } = this;
    this.leave();
    if (response.headersSent || this.isOver) {
      this.over();
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
    // Its turn in a pipeline has come.
    response.once('socket', () => this.moved());
    this.write(request.method === 'HEAD' ? [] : chunks);
    return true;
  }

  /** Sends one line of text instead of metrics. */
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

  /** For serverless adapters and mocks, which buffer the whole answer and implement only this much of a response. */
  private sendWhole(status: number, headers: OutgoingHttpHeaders, chunks: readonly Uint8Array[]): void {
    const response = this.response as AnyResponse & ServerResponse;
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers)) {
      response.setHeader?.(name, value ?? '');
    }
    response.writeHead?.(status);
    response.end(Buffer.concat(chunks));
    this.over();
  }

  private write(chunks: readonly Uint8Array[]): void {
    const { response } = this;
    let next = 0;
    const proceed = (): void => {
      this.moved();
      while (next < chunks.length) {
        // Middleware may have ended the response meanwhile.
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

  private over(): void {
    const listeners = [...this.overListeners];
    this.overListeners.clear();
    listeners.forEach((listener) => listener());
  }

  private moved(): void {
    this.movedAtMs = nowMs();
  }
}

/** Keeps the names that middleware of the application, such as CORS, has put into `Vary`. */
function varyOn(response: ServerResponse, names: readonly string[]): OutgoingHttpHeaders {
  const present = [(response as AnyResponse).getHeader?.('Vary') ?? []].flat().map(String);
  return names.length === 0 ? {} : { Vary: [...present, ...names].join(', ') };
}
