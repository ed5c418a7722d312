import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The callbacks to run when a connection is gone. One listener for all: many scrapes may wait in one pipeline. */
interface Watch {
  readonly waiting: Set<() => void>;
  readonly tellAll: () => void;
}

const watches = new WeakMap<object, Watch>();

/** What serverless adapters and mocks leave out of Node's own objects. */
type AnyRequest = Partial<Pick<IncomingMessage, 'socket'>>;
type AnyResponse = Partial<
  Pick<ServerResponse, 'writableFinished' | 'destroyed' | 'closed' | 'once' | 'off'>
>;

/**
 * Whether nobody waits for this response any more: the operating system has it whole, or the client is gone. A response
 * that waits behind others of its connection does not know that this broke; the socket does.
 */
export function isOver({ socket }: IncomingMessage, response: ServerResponse): boolean {
  const { writableFinished, destroyed, closed } = response as AnyResponse;
  return [writableFinished, destroyed, closed, (socket as Socket | undefined)?.destroyed].includes(true);
}

/** Calls back once, when the response {@link isOver}: at once when it is already, because no event comes then. */
export function onceOver(request: IncomingMessage, response: ServerResponse, callback: () => void): void {
  if (isOver(request, response)) {
    callback();
    return;
  }
  const { waiting, release } = watchFor(request);
  const { once, off } = response as AnyResponse;
  const end = (): void => {
    if (!waiting.delete(end)) {
      return;
    }
    off?.call(response, 'finish', end);
    off?.call(response, 'close', end);
    release();
    callback();
  };
  waiting.add(end);
  once?.call(response, 'finish', end);
  once?.call(response, 'close', end);
}

/** Whether the end of the connection can be listened to: adapters make sockets of a few properties, or none. */
export function hasConnection({ socket }: AnyRequest): boolean {
  const { once, off } = (socket ?? {}) as Partial<Socket>;
  return typeof once === 'function' && typeof off === 'function';
}

function watchFor(request: IncomingMessage): {
  readonly waiting: Set<() => void>;
  readonly release: () => void;
} {
  if (!hasConnection(request)) {
    return { waiting: new Set(), release: () => {} };
  }
  const { socket } = request;
  const { waiting, tellAll } = watches.get(socket) ?? watch(socket);
  const release = (): void => {
    if (waiting.size === 0) {
      socket.off('close', tellAll);
      watches.delete(socket);
    }
  };
  return { waiting, release };
}

function watch(socket: Socket): Watch {
  const waiting = new Set<() => void>();
  const tellAll = (): void => waiting.forEach((end) => end());
  const made = { waiting, tellAll };
  watches.set(socket, made);
  socket.once('close', tellAll);
  return made;
}
