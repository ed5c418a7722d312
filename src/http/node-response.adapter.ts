import { type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** What is read of Node's own responses, private fields included (Node 20 to 26). */
type NodeResponse = ServerResponse & {
  /** HTTP/1: the status line and headers as they are sent, `null` or `''` before that. HTTP/2: whether they were sent. */
  readonly _header?: string | boolean | null;
  /** Whether the head has left the response. */
  readonly _headerSent?: boolean;
  /** What waits for the connection. */
  readonly outputData?: readonly { readonly data: unknown }[];
  /** HTTP/2. */
  readonly stream?: Duplex & { readonly sentHeaders?: Readonly<Record<string, unknown>> };
};

type NodeSocket = Socket & {
  /** On the connections of an HTTP/1 server. */
  readonly parser?: object | null;
  /** The response that is sent at present. */
  readonly _httpMessage?: object | null;
  readonly server?: { listenerCount(event: string): number };
};

/** Where the status stands in `HTTP/1.1 200 OK`. */
const STATUS_POSITION = 'HTTP/1.1 '.length;
const EVENT_STREAM_TYPE = /^text\/event-stream/i;
const EVENT_STREAM_HEAD = /^content-type:\s*text\/event-stream/im;

/**
 * Whether a server of Node's own made the response, so that its `close` comes whatever happens. Serverless adapters,
 * mocks and tests make responses of other kinds, or of Node's class without a connection.
 */
export function isOfNodeServer(request: IncomingMessage, response: ServerResponse): boolean {
  const socket = request.socket as NodeSocket | null | undefined;
  return response instanceof ServerResponse
    ? socket instanceof Socket && socket.parser != null
    : (response as NodeResponse).stream instanceof Duplex;
}

/** Whether the response waits for others on its connection to be sent first. */
export function isQueued(request: IncomingMessage, response: ServerResponse): boolean {
  return response.socket === null && (request.socket as NodeSocket)._httpMessage != null;
}

/**
 * The status of the head that was sent; `undefined` when none was. Setting `statusCode` afterwards changes nothing. Node takes
 * a head as sent that `writeHead()` has made, and one that came too late for its connection.
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

function isKept({ _headerSent, outputData }: NodeResponse, head: string): boolean {
  if (_headerSent === false) {
    return true;
  }
  const kept = outputData?.[0]?.data;
  return typeof kept === 'string' && kept.startsWith(head);
}

/**
 * Node drops what is written to a connection between its end and its `close`. Such a response was never finished, for then
 * it would have left its connection.
 */
function isLost(request: IncomingMessage, response: ServerResponse): boolean {
  const { socket } = response;
  return (
    socket != null &&
    (socket.bytesWritten === 0 || (response.writableEnded && connectionErrorStatus(request) !== undefined))
  );
}

/** The status that the response would be sent with. */
export function currentStatus(response: ServerResponse): number {
  return asStatus(response.statusCode) ?? 200;
}

/** Three digits: anything else is no status, and must not become a label. */
function asStatus(value: unknown): number | undefined {
  const status = Number(value);
  return Number.isInteger(status) && status >= 100 && status <= 999 ? status : undefined;
}

/** Whether the head that was sent, headers given to `writeHead()` alone included, is that of an event stream. */
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
 * The status that Node (or Fastify, which copies it) wrote to the connection without a response: to a malformed body, and to
 * one that did not arrive in time. `undefined` when the client left. A parser that meets the connection's end in mid-message
 * fails as well (`HPE_INVALID_EOF_STATE`).
 */
export function connectionErrorStatus(request: IncomingMessage): number | undefined {
  const { errored, server } = (request.socket ?? {}) as Partial<NodeSocket>;
  const { code } = (errored ?? {}) as { readonly code?: unknown };
  if (typeof code !== 'string' || code === 'HPE_INVALID_EOF_STATE') {
    return undefined;
  }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    // Fastify does not know it.
    return server?.listenerCount('clientError') ? 400 : 413;
  }
  return STATUS_BY_CODE.get(code) ?? (code.startsWith('HPE_') ? 400 : undefined);
}

const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_HEADER_OVERFLOW', 431],
]);
