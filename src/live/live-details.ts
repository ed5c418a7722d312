import type { PerformanceStats } from '../database/performance/performance-tracker.js';
import type { PoolStats } from '../database/pool/pool-tracker.js';
import { printable, shownStatement } from '../database/sql/shown-statement.js';
import { limited } from './live-tables.js';
import type { LiveConnection, LivePattern, LiveSlowQuery, LiveTables } from './live-messages.js';

const MAX_ROWS = 20;
/** Maximum length of a statement: select lists are shortened first. */
const STATEMENT_LENGTH = 500;
const TEXT_LENGTH = 300;

/** What the services of this process know of single queries and connections. */
export interface DetailSources {
  /** Returns `undefined` while it is off, or there is no database. */
  readonly performance: () => PerformanceStats | undefined;
  readonly pools: () => PoolStats | undefined;
}

/** Returns the tables of single queries and connections. Of statements they have the fingerprint, and never parameters. */
export function detailsOf(sources: DetailSources): Omit<LiveTables, 'windowSeconds'> {
  const performance = sources.performance();
  const pools = sources.pools();
  return {
    ...(performance && {
      nPlusOne: limited(performance.nPlusOnePatterns.toReversed().map(patternOf), MAX_ROWS),
      slowQueries: limited(performance.recentSlowQueries.map(slowQueryOf), MAX_ROWS),
    }),
    ...(pools && { connections: limited(pools.held.map(connectionOf), MAX_ROWS) }),
  };
}

function patternOf(pattern: PerformanceStats['nPlusOnePatterns'][number]): LivePattern {
  const { method, route, fingerprint, location, findings, maxReads } = pattern;
  return {
    method: shown(method),
    route: shown(route) ?? '',
    fingerprint: shownStatement(fingerprint, STATEMENT_LENGTH),
    location: shownLocation(location),
    findings,
    maxReads,
  };
}

function slowQueryOf(query: PerformanceStats['recentSlowQueries'][number]): LiveSlowQuery {
  const { fingerprint, durationMs, endedAt, failed } = query;
  return {
    fingerprint: shownStatement(fingerprint, STATEMENT_LENGTH),
    seconds: durationMs / 1000,
    endedAtMs: endedAt.getTime(),
    failed,
  };
}

function connectionOf(connection: PoolStats['held'][number]): LiveConnection {
  const { heldMs, method, route, location, processId, isLeakSuspected } = connection;
  return {
    heldSeconds: heldMs / 1000,
    method: shown(method),
    route: shown(route),
    location: shownLocation(location),
    processId: processId ?? null,
    isLeakSuspected,
  };
}

/** Paths begin at the working directory: shorter, and they do not tell where the application lies. */
function shownLocation(location: string | undefined): string | null {
  return shown(location?.replaceAll(`${process.cwd()}/`, ''));
}

/** Untyped code may name a unit of work with any value. */
function shown(text: unknown): string | null {
  return typeof text === 'string' ? printable(text.slice(0, TEXT_LENGTH)) : null;
}
