import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isOfNodeServer } from '../http/node-response.adapter.js';

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
  return response.writableFinished || response.destroyed || response.closed || isGone(socket);
}

/** Requests of mocks have no socket. */
function isGone(socket: Socket | undefined): boolean {
  return socket?.destroyed ?? false;
}

/** Of responses that are not Node's own: whom to tell. Their events, where they have any, may never come. */
const others = new WeakMap<ServerResponse, Set<() => void>>();

/** To be called when a response that is not Node's own was ended. */
export function toldToEnd(response: ServerResponse): void {
  const callbacks = others.get(response);
  others.delete(response);
  callbacks?.forEach((callback) => callback());
}

function onceOtherOver(response: ServerResponse, callback: () => void): void {
  const callbacks = others.get(response);
  if (callbacks !== undefined) {
    callbacks.add(callback);
    return;
  }
  others.set(response, new Set([callback]));
  for (const event of ['finish', 'close']) {
    response.once?.(event, () => toldToEnd(response));
  }
}

/** Calls back once, when the response {@link isOver}: at once when it is already, because no event comes then. */
export function onceOver(request: IncomingMessage, response: ServerResponse, callback: () => void): void {
  if (isOver(request, response)) {
    callback();
    return;
  }
  if (!isOfNodeServer(request, response)) {
    onceOtherOver(response, callback);
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
