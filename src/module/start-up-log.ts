import type { AddressInfo } from 'node:net';
import type { Logger } from '../core/logger.js';
import { serverOrigin } from '../core/server-origin.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

interface ListeningServer {
  readonly listening: boolean;
  address(): AddressInfo | string | null;
  once(event: 'listening', listener: () => void): unknown;
  removeListener(event: 'listening', listener: () => void): unknown;
}

/** Says once, when the server that has the metrics listens, where the metrics are and what is on. Calling the result cancels it. */
export function logWhenListening(
  server: unknown,
  options: ResolvedOptions,
  databases: number,
  logger: Logger,
): () => void {
  if (!isServer(server)) {
    logger.log(
      `No HTTP server: read the metrics with MetricsService.collect(). On: ${whatIsOn(options, databases)}`,
    );
    return () => {};
  }
  const announce = (): void => {
    try {
      logger.log(`Metrics at ${originOf(server)}${options.path}. On: ${whatIsOn(options, databases)}`);
    } catch {
      // The server's listening must not fail with the logger.
    }
  };
  if (server.listening) {
    announce();
    return () => {};
  }
  server.once('listening', announce);
  return () => server.removeListener('listening', announce);
}

function isServer(server: unknown): server is ListeningServer {
  const { once, address } = (server ?? {}) as Partial<ListeningServer>;
  return typeof once === 'function' && typeof address === 'function';
}

function originOf(server: ListeningServer): string {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    return address ?? '';
  }
  return serverOrigin('setSecureContext' in server ? 'https' : 'http', address);
}

function whatIsOn(
  { http, cluster, runtimeMetrics, pools, queryTimer, healthChecker }: ResolvedOptions,
  databases: number,
): string {
  const groups = ['process'];
  if (runtimeMetrics) {
    groups.push('Node.js runtime');
  }
  if (http !== false) {
    groups.push(http.routes ? 'HTTP requests with routes' : 'HTTP requests');
    if (http.sizes) {
      groups.push('body sizes');
    }
    if (http.handlers) {
      groups.push('handlers');
    }
  }
  if (databases > 0) {
    const parts = [pools && 'pools', queryTimer && 'queries', healthChecker && 'health'].filter(Boolean);
    groups.push(`${databases === 1 ? 'one database' : `${databases} databases`} (${parts.join(', ')})`);
  }
  if (cluster !== false) {
    groups.push('all workers');
  }
  return groups.join(', ');
}
