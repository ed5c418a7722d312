import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { onceOver } from './response-end.js';

/**
 * The connections of a server. Whoever holds one without asking anything (between two scrapes, or sending its request byte by
 * byte) loses it to whoever comes when there are too many.
 */
export class ServerConnections {
  /** Those without a request under way, in the order of their last one. */
  private readonly idle = new Set<Socket>();
  /** Requests under way; a pipeline has several. */
  private readonly busy = new Map<Socket, number>();
  private ending = false;

  constructor(private readonly limit: number) {}

  readonly add = (socket: Socket): void => {
    // Metrics keep no process alive.
    socket.unref();
    if (this.idle.size + this.busy.size >= this.limit) {
      // Where all have a request under way, whoever has it for longest: it may not read its answers.
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

  /** A request was read. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.idle.delete(socket);
    this.busy.set(socket, (this.busy.get(socket) ?? 0) + 1);
    onceOver(request, response, () => this.end(socket));
  }

  /** Ends each connection as soon as it has no request under way. */
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
