import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const SLOW_MS = 30;
const LARGE_BYTES = 5_000_000;

type Answer = (response: ServerResponse, request: IncomingMessage, visit: number) => unknown;

const socketOf = (response: ServerResponse): Socket => response.socket as Socket;

/** What a server can do to its clients, by path. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  '/ok': (response) => response.end('ok'),
  '/created': (response) => response.writeHead(201).end('created'),
  '/empty': (response) => response.writeHead(204).end(),
  '/missing': (response) => response.writeHead(404).end('missing'),
  '/broken': (response) => response.writeHead(500).end('broken'),
  '/redirect': (response) => response.writeHead(302, { location: '/ok' }).end(),
  '/flaky': (response, _, visit) => response.writeHead(visit === 1 ? 503 : 200).end('flaky'),
  '/hints': (response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('hinted');
  },
  '/slow': async (response) => {
    response.write('first, ');
    await delay(SLOW_MS);
    response.end('second');
  },
  '/large': (response) => response.end(Buffer.alloc(LARGE_BYTES)),
  '/never': () => {},
  '/half': (response) => response.writeHead(200, { 'content-length': 1000 }).write('half'),
  '/hang-up': (response) => socketOf(response).end(),
  '/reset': (response) => socketOf(response).resetAndDestroy(),
  '/break-off': (response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('half');
    socketOf(response).end();
  },
  '/garbage': (response) => socketOf(response).end('this is no HTTP\r\n\r\n'),
};

/** A server on the loopback interface that fails in every way. */
export class FailingServer {
  private readonly visits = new Map<string, number>();

  private constructor(readonly server: Server) {}

  static async start(): Promise<FailingServer> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    const failing = new FailingServer(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const path = request.url?.split('?')[0] ?? '';
      const visit = failing.visitsOf(path) + 1;
      failing.visits.set(path, visit);
      request.resume().on('error', () => {});
      void ANSWERS[path]?.(response, request, visit);
    });
    server.on('upgrade', (_request: IncomingMessage, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    });
    server.on('connect', (_request: IncomingMessage, socket: Socket) => {
      socket.end('HTTP/1.1 200 Connection established\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return failing;
  }

  /** As the label `host` has it. */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  visitsOf(path: string): number {
    return this.visits.get(path) ?? 0;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

/** Returns the address of a port on which nobody listens. */
export async function refusingHost(): Promise<string> {
  const server = await FailingServer.start();
  const { host } = server;
  await server.close();
  return host;
}
