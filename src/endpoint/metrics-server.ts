import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EndpointAddress } from '../options/endpoint-options.interface.js';
import { HyperMetricsError } from '../core/errors.js';
import { serverOrigin } from './server-origin.js';
import { isExactPath } from '../http/request-path.js';
import { ScrapeAnswer } from './scrape-answer.js';
import type { ScrapeHandler } from './scrape-handler.js';
import { ServerConnections } from './server-connections.js';

/** Where a {@link MetricsServer} is. */
export interface MetricsServerPlace {
  readonly host: string;
  /** `0`: any free one. */
  readonly port: number;
  readonly path: string;
}

/** Room for many scrapers at once, each of which gets an answer, and a bound of the memory that connections take. */
const MAX_CONNECTIONS = 1024;
/** A scrape's request is a few hundred bytes. */
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often Node looks for requests that are late. */
const CHECK_INTERVAL_MS = 1000;
/** Longer than sensible scrape intervals, so that Prometheus keeps its connection. */
const KEEP_ALIVE_MS = 125_000;
/** What answers under way have to arrive in when the application closes. */
const CLOSING_MS = 2000;

/** Serves the metrics, and nothing else, on a port of their own. Keeps no process alive. */
export class MetricsServer implements EndpointAddress {
  private readonly connections = new ServerConnections(MAX_CONNECTIONS);
  private readonly server: Server;

  /** @param onFault - is told of what goes wrong while it listens, such as a lack of file descriptors */
  constructor(
    private readonly handler: ScrapeHandler,
    private readonly place: MetricsServerPlace,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
      },
      (request, response) => this.answer(request, response),
    ).on('connection', this.connections.add);
  }

  /** @throws {@link HyperMetricsError} when the port is taken or cannot be had. */
  async listen(): Promise<Server> {
    const { server, place, onFault } = this;
    server.listen(place.port, place.host);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new HyperMetricsError(explain(place, error as NodeJS.ErrnoException), { cause: error });
    }
    server.on('error', onFault).unref();
    return server;
  }

  get url(): string | undefined {
    const address = this.server.address() as AddressInfo | null;
    return address === null ? undefined : serverOrigin('http', address) + this.place.path;
  }

  /** Takes no scrapes any more, and lets those under way end. Idempotent, never rejects. */
  async close(): Promise<void> {
    const { server, connections } = this;
    if (!server.listening) {
      return;
    }
    const closed = new Promise((resolve) => {
      server.close(resolve);
    });
    connections.endIdle();
    const timeout = setTimeout(() => server.closeAllConnections(), CLOSING_MS);
    await closed;
    clearTimeout(timeout);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.connections.begin(request, response);
    if (!isExactPath(request.url ?? '', this.place.path)) {
      new ScrapeAnswer(request, response).sendText(404, `The metrics are at ${this.place.path}.`);
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      new ScrapeAnswer(request, response).sendText(405, 'The metrics are read with GET.', {
        Allow: 'GET, HEAD',
      });
    } else {
      void this.handler.handle(request, response);
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already. Choose another endpoint.port, or end that',
  EACCES: 'this user may not listen there. Choose an endpoint.port of 1024 or above',
  EADDRNOTAVAIL: 'this machine has no such address. Choose another endpoint.host',
  ENOTFOUND: 'there is no such host. Choose another endpoint.host',
};

function explain({ host, port }: MetricsServerPlace, { code, message }: NodeJS.ErrnoException): string {
  const reason = REASONS[code ?? ''] ?? message;
  return `The metrics cannot have ${host}, port ${port} (${code ?? 'error'}): ${reason}.`;
}
