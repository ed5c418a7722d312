import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Exposition } from '../exposition/byte-writer.js';

/** A response that is not written yet. */
export interface ScrapeAnswer {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** To be called right before the first byte. */
  readonly prepare: () => void;
}

/** Whoever has not taken its answer by then is disconnected: Prometheus' longest sensible timeout is far below. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Hands the whole answer to the connection. Its pieces may be shared with other answers: a slow reader holds references,
 * not copies. Returns whether there was still somebody to answer.
 */
export function send(
  { request, response, prepare }: ScrapeAnswer,
  status: number,
  { chunks, byteLength }: Exposition,
  headers: OutgoingHttpHeaders,
  vary: readonly string[] = [],
): boolean {
  prepare();
  if (response.headersSent || isOver(request, response)) {
    return false;
  }
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    ...headers,
    'Content-Length': byteLength,
    ...varyOn(response, vary),
  });
  if (request.method !== 'HEAD') {
    for (const chunk of chunks) {
      response.write(chunk);
    }
  }
  response.end();
  const timeout = setTimeout(() => response.destroy(), ANSWER_TIMEOUT_MS).unref();
  onceOver(request, response, () => clearTimeout(timeout));
  return true;
}

/** Answers with one line instead of metrics. */
export function sendText(
  answer: ScrapeAnswer,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const line = Buffer.from(`${text}\n`);
  send(
    answer,
    status,
    { chunks: [line], byteLength: line.length },
    { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
  );
}

/** Adds to what middleware of the application has put into `Vary` (CORS does). */
function varyOn(response: ServerResponse, names: readonly string[]): OutgoingHttpHeaders {
  const present = [response.getHeader('Vary') ?? []].flat().map(String);
  return names.length === 0 ? {} : { Vary: [...present, ...names].join(', ') };
}

/** Whom a connection tells that it is gone. One listener for all: many scrapes may wait in one pipeline. */
interface Watch {
  readonly waiting: Set<() => void>;
  readonly tellAll: () => void;
}

const watches = new WeakMap<Socket, Watch>();

/**
 * Whether nobody waits for this response any more: the operating system has it whole, or the client is gone. A response
 * that waits behind others of its connection does not know that this broke; the socket does.
 */
export function isOver({ socket }: IncomingMessage, response: ServerResponse): boolean {
  return response.writableFinished || response.destroyed || response.closed || socket.destroyed;
}

/** Calls back once, when the response {@link isOver}: at once when it is already, because no event comes then. */
export function onceOver(request: IncomingMessage, response: ServerResponse, callback: () => void): void {
  if (isOver(request, response)) {
    callback();
    return;
  }
  const { socket } = request;
  const { waiting, tellAll } = watches.get(socket) ?? watch(socket);
  const end = (): void => {
    if (!waiting.delete(end)) {
      return;
    }
    response.off('finish', end);
    response.off('close', end);
    if (waiting.size === 0) {
      socket.off('close', tellAll);
      watches.delete(socket);
    }
    callback();
  };
  waiting.add(end);
  response.once('finish', end);
  response.once('close', end);
}

function watch(socket: Socket): Watch {
  const waiting = new Set<() => void>();
  const tellAll = (): void => waiting.forEach((end) => end());
  const made = { waiting, tellAll };
  watches.set(socket, made);
  socket.once('close', tellAll);
  return made;
}
