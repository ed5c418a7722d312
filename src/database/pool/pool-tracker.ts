import type { Logger } from '../../core/tool/logger.js';
import { nowMs } from '../../core/tool/stopwatch.js';
import { shared, Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import { WarningLimit } from '../../core/tool/warning-limit.js';
import type { Origin, RequestScope } from '../../request-scope/request-scope.js';
import { takeLocation } from '../source/call-site.js';
import type { ConnectionUse, PoolObserver, QuerySource } from '../source/query-source.interface.js';
import { workName } from '../source/work-name.js';
import { printable } from '../sql/shown-statement.js';
import type { PoolMetrics } from './pool-metrics.js';

/** A connection that is checked out of its pool. */
export interface HeldConnection {
  /** The time of the checkout. */
  readonly since: Date;
  readonly heldMs: number;
  /** Whether it was checked out before its pool was observed: `since` and `heldMs` begin with the observation then. */
  readonly beganEarlier: boolean;
  /**
   * The template of the route, or the name of the unit of work, that requested it. `undefined` outside of them, for a request that
   * has not ended, and with `performance: false`.
   */
  readonly route: string | undefined;
  /** The method of the request; `undefined` for other units of work. */
  readonly method: string | undefined;
  /** File, line and column of the application's code that requested it; needs `pools.leakThresholdMs`. */
  readonly location: string | undefined;
  /** The id of its backend process: `pid` in `pg_stat_activity`, unless there is a pooler in between. `undefined` with `pg-native`. */
  readonly processId: number | undefined;
  /** Whether it has been held for as long as `pools.leakThresholdMs`. */
  readonly isLeakSuspected: boolean;
}

/** The statistics of a {@link PoolTracker}. */
export interface PoolStats {
  /** Connections that were held for as long as `pools.leakThresholdMs`, released ones included. */
  readonly leaksSuspected: number;
  /** The connections that are checked out now, the longest held first. */
  readonly held: readonly HeldConnection[];
}

/**
 * Knows who holds connections of the application's pools of `pg`, and reports suspected leaks with the option
 * `pools.leakThresholdMs`. Created by Nest only: inject it for {@link getStats}.
 */
export class PoolTracker {
  private readonly sources = new Subscriptions<QuerySource>();
  private readonly suspected = new WeakSet<ConnectionUse>();
  private readonly warned = new WeakSet<ConnectionUse>();
  private readonly limit = new WarningLimit();
  private metrics: PoolMetrics | undefined;
  private leaksSuspected = 0;
  private timer: NodeJS.Timeout | undefined;

  /** @internal */
  constructor(
    leakThresholdMs: number | undefined,
    private readonly logger: Logger,
    private readonly onFault: (error: unknown) => void,
  ) {
    if (leakThresholdMs !== undefined) {
      this.lookForLeaks(leakThresholdMs);
    }
  }

  /** Returns the statistics so far. Without `pools`, no connections are listed. */
  getStats(): PoolStats {
    const atMs = nowMs();
    const held = [...this.uses()]
      .toSorted((one, other) => one.checkedOutAtMs - other.checkedOutAtMs)
      .map((use) => {
        const heldMs = atMs - use.checkedOutAtMs;
        return {
          since: new Date(Date.now() - heldMs),
          heldMs,
          beganEarlier: use.beganEarlier,
          route: routeOf(use.scope),
          method: use.scope?.method,
          location: use.origin?.(),
          processId: use.processId ?? undefined,
          isLeakSuspected: this.suspected.has(use),
        };
      });
    return { leaksSuspected: this.leaksSuspected, held };
  }

  /** @internal Looks at the pools of a source until the returned function is called. */
  watch(source: QuerySource, metrics: PoolMetrics): Undo {
    this.metrics = metrics;
    return this.sources.add(source);
  }

  /** A set: a pool can be watched by itself and with its data source. */
  private uses(): ReadonlySet<ConnectionUse> {
    return new Set(this.sources.list.flatMap((source) => source.uses()));
  }

  private lookForLeaks(thresholdMs: number): void {
    const observer: PoolObserver = {
      takeOrigin: takeLocation,
      released: (use, durationSeconds) => this.released(use, durationSeconds * 1000, thresholdMs),
      failed: (error) => this.onFault(error),
    };
    const keepTime = shared(() => {
      this.metrics?.exportLeaks();
      this.check(thresholdMs);
      return () => clearTimeout(this.timer);
    });
    this.sources.each((source) => source.observePools(observer));
    this.sources.each(keepTime);
  }

  /** Sets the timer to the next use that may last too long. One that begins later is due later. */
  private check(thresholdMs: number): void {
    let leftMs = thresholdMs;
    try {
      for (const use of this.uses()) {
        const left = use.checkedOutAtMs + thresholdMs - nowMs();
        if (left <= 0) {
          this.suspect(use, thresholdMs);
        } else {
          leftMs = Math.min(leftMs, left);
        }
      }
    } catch (error) {
      this.onFault(error);
    }
    this.timer = setTimeout(() => this.check(thresholdMs), Math.ceil(leftMs)).unref();
  }

  private released(use: ConnectionUse, heldMs: number, thresholdMs: number): void {
    if (heldMs >= thresholdMs) {
      // The timer is late when the event loop was blocked.
      this.suspect(use, thresholdMs);
    }
    if (this.warned.has(use)) {
      this.logger.warn(
        `No connection leak: ${holderOf(use)} has released its database connection after ${seconds(heldMs)} s` +
          `${processOf(use)}, requested at ${shownOrigin(use.origin)}.`,
      );
    }
  }

  private suspect(use: ConnectionUse, thresholdMs: number): void {
    if (this.suspected.has(use)) {
      return;
    }
    this.suspected.add(use);
    this.leaksSuspected += 1;
    this.metrics?.leakSuspected(use);
    const unwarned = this.limit.admit();
    if (unwarned === undefined) {
      return;
    }
    this.warned.add(use);
    const heldMs = nowMs() - use.checkedOutAtMs;
    const silent =
      unwarned === 0 ? '' : ` (${unwarned} further connections were suspected without a warning)`;
    this.logger.warn(
      `Suspected connection leak: ${holderOf(use)} has held a database connection for ${use.beganEarlier ? 'more than ' : ''}` +
        `${seconds(heldMs)} s, since ${new Date(Date.now() - heldMs).toISOString()}${processOf(use)}\n` +
        `  requested at ${shownOrigin(use.origin)}. Release it in a finally block, or raise pools.leakThresholdMs ` +
        `(${thresholdMs}) above your longest use.${silent}`,
    );
  }
}

function holderOf({ scope, beganEarlier }: ConnectionUse): string {
  const name = routeOf(scope);
  if (scope !== undefined && name !== undefined) {
    return workName(name, scope.method);
  }
  if (scope !== undefined) {
    return scope.kind === 'request' ? 'a request that has not ended' : 'a unit of work';
  }
  return beganEarlier ? 'code that ran before the pool was observed' : 'the application';
}

/** Untyped code may name a unit of work with any value. */
function routeOf(scope: RequestScope | undefined): string | undefined {
  const name: unknown = scope?.name;
  return typeof name === 'string' ? name : undefined;
}

function shownOrigin(origin: Origin | undefined): string {
  return printable(origin?.() ?? 'an unknown location');
}

function processOf({ processId }: ConnectionUse): string {
  return processId === null ? '' : ` (backend process ${processId})`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
