import type { AddressInfo } from 'node:net';
import type { Logger } from '../core/tool/logger.js';
import { serverOrigin } from '../endpoint/metrics-server.js';
import type { WatchedDatabase } from '../database/application-database.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

/** The type of data sources whose commands go past TypeORM's query runners. */
const UNSEEN = 'mongodb';

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
  databases: readonly WatchedDatabase[],
  logger: Logger,
): () => void {
  if (!isServer(server)) {
    logger.log(
      `No HTTP server: read the metrics with MetricsService.collect(). On: ${whatIsOn(options, databases)}`,
    );
    return () => {};
  }
  const announce = (): void => {
    logger.log(`Metrics at ${originOf(server)}${options.path}. On: ${whatIsOn(options, databases)}`);
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

function whatIsOn(options: ResolvedOptions, databases: readonly WatchedDatabase[]): string {
  const { http, cluster, runtimeMetrics } = options;
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
  const seen = databases.filter(({ kind }) => kind !== UNSEEN);
  if (seen.length > 0) {
    groups.push(whatIsOnOf(seen, options));
  }
  if (cluster !== false) {
    groups.push('all workers');
  }
  return groups.join(', ');
}

/** Pools and health are those of pools of pg. */
function whatIsOnOf(
  databases: readonly WatchedDatabase[],
  { pools, queryTimer, healthChecker }: ResolvedOptions,
): string {
  const pooled = databases.filter(({ hasPools }) => hasPools).length;
  const isPooled = pooled === databases.length;
  const parts = [
    pools !== false && isPooled && 'pools',
    queryTimer !== false && 'queries',
    healthChecker !== false && isPooled && 'health',
  ].filter(Boolean);
  const ofPooled = [pools !== false && 'pools', healthChecker !== false && 'health'].filter(Boolean);
  if (pooled > 0 && !isPooled && ofPooled.length > 0) {
    parts.push(`${ofPooled.join(' and ')} of ${pooled === 1 ? 'one' : pooled}`);
  }
  const count = databases.length === 1 ? 'one database' : `${databases.length} databases`;
  return parts.length === 0 ? count : `${count} (${parts.join(', ')})`;
}
