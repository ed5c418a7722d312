import type { AddressInfo } from 'node:net';
import type { Logger } from '../core/tool/logger.js';
import { LIVE_PATH } from '../endpoint/endpoint-requests.js';
import { needsBearerToken } from '../endpoint/access/access-control.js';
import { serverOrigin } from '../endpoint/metrics-server.js';
import type { WatchedDatabase } from '../database/application-database.js';
import { DEFAULT_HEALTH_CHECKER_OPTIONS } from '../options/default-options.js';
import type { ResolvedOptions } from '../options/resolved-options.js';

/** The type of data sources whose commands bypass TypeORM's query runners. */
const UNSEEN = 'mongodb';

interface ListeningServer {
  readonly listening: boolean;
  address(): AddressInfo | string | null;
  once(event: 'listening', listener: () => void): unknown;
  removeListener(event: 'listening', listener: () => void): unknown;
}

/**
 * Logs one line when the server that has the metrics listens: their URL, prefix and access control, and what is on. Never a
 * secret. Calling the result cancels it.
 *
 * @param others - what else is on
 */
export function logWhenListening(
  server: unknown,
  options: ResolvedOptions,
  databases: readonly WatchedDatabase[],
  logger: Logger,
  others: readonly string[] = [],
): () => void {
  const on = [...partsOf(options, databases), ...others].join(', ');
  if (!isServer(server)) {
    logger.log(
      `Metrics by MetricsService.collect() only, without an HTTP server (prefix ${options.prefix}): ${on}`,
    );
    return () => {};
  }
  const details = [`prefix ${options.prefix}`, ...accessTo(options)].join(', ');
  const announce = (): void => {
    logger.log(`Metrics at ${originOf(server)}${options.path} (${details}): ${on}`);
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

function accessTo({ endpoint }: ResolvedOptions): string[] {
  const { port, guards, bearerToken, basicAuth, allowIps } = endpoint;
  const credentials = [bearerToken && 'bearer token', basicAuth && 'basic auth'].filter(Boolean);
  return [
    ...(port === undefined ? [] : ['own port']),
    ...(guards.length > 0 ? ['guards'] : []),
    ...(credentials.length > 0 ? [credentials.join(' or ')] : []),
    ...(allowIps === undefined ? [] : ['allowed addresses only']),
  ];
}

function partsOf(
  { http, httpClient, cluster, runtimeMetrics, endpoint, path, ...database }: ResolvedOptions,
  databases: readonly WatchedDatabase[],
): string[] {
  const seen = databases.filter(({ kind }) => kind !== UNSEEN);
  return [
    'process',
    ...(runtimeMetrics ? ['Node.js runtime'] : []),
    ...(http === false ? [] : [http.routes ? 'HTTP requests with routes' : 'HTTP requests']),
    ...(http !== false && http.sizes ? ['body sizes'] : []),
    ...(http !== false && http.handlers ? ['handlers'] : []),
    ...(http !== false && http.exceptions !== false ? ['exceptions'] : []),
    ...(httpClient === false ? [] : ['outgoing requests']),
    ...(seen.length > 0 ? [databasesOn(seen, database)] : []),
    ...(cluster === false ? [] : ['all workers']),
    ...(endpoint.page === false ? [] : [livePageAt(path + LIVE_PATH, endpoint)]),
  ];
}

function livePageAt(path: string, endpoint: ResolvedOptions['endpoint']): string {
  return `live page at ${path}${needsBearerToken(endpoint) ? ' (for browsers, set endpoint.basicAuth too)' : ''}`;
}

function databasesOn(
  databases: readonly WatchedDatabase[],
  {
    pools,
    queryTimer,
    healthChecker,
    statementCache,
  }: Pick<ResolvedOptions, 'pools' | 'queryTimer' | 'healthChecker' | 'statementCache'>,
): string {
  const pooled = databases.filter(({ hasPools }) => hasPools).length;
  const isMixed = pooled > 0 && pooled < databases.length;
  const ofPooled =
    pooled === 0
      ? []
      : [
          ...(pools === false ? [] : ['pools']),
          ...(healthChecker === false ? [] : ['health']),
          ...(statementCache === false ? [] : ['statement cache']),
        ];
  const parts = [
    ...(queryTimer === false ? [] : ['queries']),
    ...(isMixed && ofPooled.length > 0
      ? [`${ofPooled.join(' and ')} of ${pooled === 1 ? 'one' : pooled}`]
      : ofPooled),
  ];
  const count = databases.length === 1 ? 'one database' : `${databases.length} databases`;
  return parts.length === 0 ? count : `${count} (${parts.join(', ')})`;
}

/** Warns of options that differ from their defaults and have no effect, because no data source has pools of pg. */
export function warnOfUnusedOptions(
  options: ResolvedOptions,
  databases: readonly WatchedDatabase[],
  logger: Logger,
): void {
  const unused = needingPools(options);
  if (unused.length === 0 || databases.some(({ hasPools }) => hasPools)) {
    return;
  }
  const kinds = [...new Set(databases.map(({ kind }) => kind))];
  try {
    logger.warn(
      `${unused.join(', ')}: no effect without a pool of pg, and the application ` +
        `${kinds.length === 0 ? 'has no data source' : `has data sources of another type only (${kinds.join(', ')})`}. ` +
        "Remove unneeded options, or add a pg.Pool or a data source of type 'postgres' or 'cockroachdb'." +
        // Lazily loaded modules and calls of instrument() may add one after the start.
        (options.dataSources === undefined ? ' One that is added later is watched from then on.' : ''),
    );
  } catch {
    // A failing logger must not fail the start.
  }
}

function needingPools({ pools, queryTimer, statementCache, healthChecker }: ResolvedOptions): string[] {
  const { intervalSeconds, timeoutMs, failureThreshold } = DEFAULT_HEALTH_CHECKER_OPTIONS;
  const hasOwnChecks =
    healthChecker !== false &&
    (healthChecker.intervalSeconds !== intervalSeconds ||
      healthChecker.timeoutMs !== timeoutMs ||
      healthChecker.failureThreshold !== failureThreshold);
  return [
    ...(statementCache === false ? [] : ['statementCache']),
    ...(queryTimer !== false && queryTimer.slowQueryLog !== false ? ['queryTimer.slowQueryLog'] : []),
    ...(pools !== false && pools.perPool ? ['pools.perPool'] : []),
    ...(pools !== false && pools.leakThresholdMs !== undefined ? ['pools.leakThresholdMs'] : []),
    ...(hasOwnChecks ? ['healthChecker'] : []),
  ];
}
