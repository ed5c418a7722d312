import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { onceEnded } from '../http/response-end.js';

/**
 * The connections of a server, up to a limit. At the limit a new connection replaces one without a request: an idle one, or one
 * that sends its request byte by byte.
 */
export class ServerConnections {
  /** Connections without a request, the one that is idle for longest first. */
  private readonly idle = new Set<Socket>();
  /** Number of unanswered requests; a pipeline has several. */
  private readonly busy = new Map<Socket, number>();
  private ending = false;

  constructor(private readonly limit: number) {}

  readonly add = (socket: Socket): void => {
    // A connection must not keep the process alive.
    socket.unref();
    if (this.idle.size + this.busy.size >= this.limit) {
      // When all are busy, the one that is so for longest: it may not read its answers.
      const [longest] = this.idle.size > 0 ? this.idle : this.busy.keys();
      if (longest === undefined) {
        socket.destroy();
        return;
      }
      this.idle.delete(longest);
      this.busy.delete(longest);
      longest.destroy();
    }
    this.idle.add(socket);
    socket.once('close', () => {
      this.idle.delete(socket);
      this.busy.delete(socket);
    });
  };

  /** Counts a request until its response has ended. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.idle.delete(socket);
    this.busy.set(socket, (this.busy.get(socket) ?? 0) + 1);
    onceEnded(request, response, () => this.end(socket));
  }

  /** Closes idle connections now, and busy ones after their last response. */
  endIdle(): void {
    this.ending = true;
    this.idle.forEach((socket) => socket.destroy());
  }

  private end(socket: Socket): void {
    const left = (this.busy.get(socket) ?? 1) - 1;
    if (left > 0) {
      this.busy.set(socket, left);
      return;
    }
    this.busy.delete(socket);
    if (socket.destroyed) {
      return;
    }
    if (this.ending) {
      socket.destroySoon();
    } else {
      this.idle.add(socket);
    }
  }
}
