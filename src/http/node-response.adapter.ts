import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** The fields of Node's responses that are read here, private ones included (Node 20 to 26). */
type NodeResponse = ServerResponse & {
  /** HTTP/1: status line and headers; `null` or `''` before they are made. HTTP/2: whether they were sent. */
  readonly _header?: string | boolean | null;
  /** True when the head was passed to the socket, or to `outputData`. */
  readonly _headerSent?: boolean;
  /** Data that waits for the connection. */
  readonly outputData?: readonly { readonly data: unknown }[];
  /** HTTP/2 only. */
  readonly stream?: Duplex & { readonly sentHeaders?: Readonly<Record<string, unknown>> };
};

type NodeSocket = Socket & {
  /** Set on connections of an HTTP/1 server. */
  readonly parser?: object | null;
  /** The response that is being sent. */
  readonly _httpMessage?: object | null;
  readonly server?: { listenerCount(event: string): number };
};

/** Position of the status in `HTTP/1.1 200 OK`. */
const STATUS_POSITION = 'HTTP/1.1 '.length;
const EVENT_STREAM_TYPE = /^text\/event-stream/i;
const EVENT_STREAM_HEAD = /^content-type:\s*text\/event-stream/im;

/**
 * Returns whether one of Node's servers made the response: then `close` always comes. Serverless adapters and mocks make other
 * objects, or instances of Node's class without a connection.
 */
export function isOfNodeServer(request: IncomingMessage, response: ServerResponse): boolean {
  const socket = request.socket as NodeSocket | null | undefined;
  return response instanceof ServerResponse
    ? socket instanceof Socket && socket.parser != null
    : (response as NodeResponse).stream instanceof Duplex;
}

/** Returns whether the response waits behind others of its connection. */
export function isQueued(request: IncomingMessage, response: ServerResponse): boolean {
  return response.socket === null && (request.socket as NodeSocket)._httpMessage != null;
}

/**
 * Returns the status of the head that was sent; `undefined` when none was. `headersSent` is not enough: it is also true for a
 * head that `writeHead()` has only made, and for one that was written to a broken connection.
 */
export function sentStatus(request: IncomingMessage, response: ServerResponse): number | undefined {
  const { _header: head } = response as NodeResponse;
  if (typeof head === 'string' && head !== '') {
    return isKept(response, head) || isLost(request, response)
      ? undefined
      : (asStatus(head.slice(STATUS_POSITION, STATUS_POSITION + 3)) ?? currentStatus(response));
  }
  return head || response.headersSent
    ? (asStatus((response as NodeResponse).stream?.sentHeaders?.[':status']) ?? currentStatus(response))
    : undefined;
}

/** Returns whether the head was made and not sent. */
function isKept({ _headerSent, outputData }: NodeResponse, head: string): boolean {
  if (_headerSent === false) {
    return true;
  }
  const kept = outputData?.[0]?.data;
  return typeof kept === 'string' && kept.startsWith(head);
}

/**
 * Returns whether the head was dropped: Node discards data that is written to a connection between its end and its `close`. Such a
 * response never finishes, so it still has its connection.
 */
function isLost(request: IncomingMessage, response: ServerResponse): boolean {
  const { socket } = response;
  return (
    socket != null &&
    (socket.bytesWritten === 0 || (response.writableEnded && connectionErrorStatus(request) !== undefined))
  );
}

/** Returns the status that the response would be sent with. */
export function currentStatus(response: ServerResponse): number {
  return asStatus(response.statusCode) ?? 200;
}

/** Returns `undefined` for all but three digits, which must not become labels. */
function asStatus(value: unknown): number | undefined {
  const status = Number(value);
  return Number.isInteger(status) && status >= 100 && status <= 999 ? status : undefined;
}

/** Returns whether an event stream was sent; sees headers that were passed to `writeHead()` too. */
export function isEventStream(response: ServerResponse): boolean {
  const { _header: head, stream } = response as NodeResponse;
  return typeof head === 'string'
    ? EVENT_STREAM_HEAD.test(head)
    : isEventStreamType(stream?.sentHeaders?.['content-type'] ?? response.getHeader?.('content-type'));
}

export function isEventStreamType(contentType: unknown): boolean {
  return EVENT_STREAM_TYPE.test(String(contentType));
}

/**
 * Returns the status that Node (or Fastify, which copies Node) wrote to the connection without a response, for a malformed or
 * late body; `undefined` when the client left. `HPE_INVALID_EOF_STATE` means that the client left in the middle of a message.
 */
export function connectionErrorStatus(request: IncomingMessage): number | undefined {
  const { errored, server } = (request.socket ?? {}) as Partial<NodeSocket>;
  const { code } = (errored ?? {}) as { readonly code?: unknown };
  if (typeof code !== 'string' || code === 'HPE_INVALID_EOF_STATE') {
    return undefined;
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    // Fastify answers this error with 400.
    return server?.listenerCount('clientError') ? 400 : 413;
  }
  return STATUS_BY_CODE.get(code) ?? (code.startsWith('HPE_') ? 400 : undefined);
}

const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_HEADER_OVERFLOW', 431],
]);
