import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { EndpointAddress } from '../options/endpoint-options.interface.js';
import { HyperMetricsError } from '../core/errors.js';
import type { EndpointRequests } from './endpoint-requests.js';
import { ScrapeAnswer } from './scrape-answer.js';
import { ServerConnections } from './server-connections.js';

/** The address of a {@link MetricsServer}. */
export interface MetricsServerAddress {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly path: string;
}

/** Enough for many scrapers; bounds the memory that connections take. */
const MAX_CONNECTIONS = 1024;
/** A scrape's request is a few hundred bytes. */
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Interval of Node's check for late requests. */
const CHECK_INTERVAL_MS = 1000;
/** Longer than sensible scrape intervals: Prometheus keeps its connection. */
const KEEP_ALIVE_MS = 125_000;
/** Time for answers under way when the application closes. */
const CLOSING_MS = 2000;

/** Serves the metrics on a port of their own. Does not keep the process alive. */
export class MetricsServer implements EndpointAddress {
  private readonly connections = new ServerConnections(MAX_CONNECTIONS);
  private readonly server: Server;

  /** @param onFault - called with errors of the listening server, such as a lack of file descriptors */
  constructor(
    private readonly requests: EndpointRequests,
    private readonly address: MetricsServerAddress,
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

  /** @throws {@link HyperMetricsError} when the server cannot listen on the port. */
  async listen(): Promise<Server> {
    const { server, address, onFault } = this;
    server.listen(address.port, address.host);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new HyperMetricsError(explain(address, error as NodeJS.ErrnoException), { cause: error });
    }
    server.on('error', onFault).unref();
    return server;
  }

  get url(): string | undefined {
    const address = this.server.address() as AddressInfo | null;
    return address === null ? undefined : serverOrigin('http', address) + this.address.path;
  }

  /** Refuses new scrapes and waits for those under way. Idempotent. Never rejects. */
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
    const handler = this.requests.handlerOf(request.url ?? '');
    if (handler === undefined) {
      new ScrapeAnswer(request, response).sendText(
        404,
        `Not found. The metrics are at ${this.address.path}.`,
      );
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      new ScrapeAnswer(request, response).sendText(405, 'Method not allowed. Read the metrics with GET.', {
        Allow: 'GET, HEAD',
      });
    } else {
      void handler.handle(request, response);
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use. Choose another endpoint.port, or stop the server that uses it',
  EACCES: 'permission denied. Choose an endpoint.port of 1024 or above',
  EADDRNOTAVAIL: 'this machine has no such address. Choose another endpoint.host',
  ENOTFOUND: 'the host is unknown. Choose another endpoint.host',
};

function explain({ host, port }: MetricsServerAddress, { code, message }: NodeJS.ErrnoException): string {
  const reason = REASONS[code ?? ''] ?? message;
  return `The metrics server cannot listen on ${bracketed(host)}:${port} (${code ?? 'error'}): ${reason}.`;
}

/** The origin that reaches a listening server: `localhost` for one that listens on every address. */
export function serverOrigin(scheme: 'http' | 'https', { address, port }: AddressInfo): string {
  const isEvery = address === '::' || address === '0.0.0.0';
  return `${scheme}://${isEvery ? 'localhost' : bracketed(address)}:${port}`;
}

function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
