import { InvalidValueError } from '../../core/errors.js';
import { MAX_TIMER_MS } from '../../core/tool/deadline.js';
import { type Action, Subscriptions, type Undo } from '../../core/tool/subscriptions.js';
import type { PoolHealthCheckerOptions } from '../../options/database-options.interface.js';
import { DEFAULT_HEALTH_CHECKER_OPTIONS } from '../../options/default-options.js';
import type { Instrumentable } from '../../options/instrumentable.interface.js';
import { type Sources, sourcesOf } from '../drivers/query-source.js';
import type { QuerySource, WatchedPool } from '../source/query-source.interface.js';
import { checkPool, type PoolCheck } from './check-pool.js';

/** The results of a {@link PoolHealthChecker}. */
export interface PoolHealthStats {
  /**
   * False if a pool failed `failureThreshold` checks in a row, until it succeeds in one. `undefined` without a pool, and before
   * pools have succeeded or failed so often.
   */
  readonly healthy: boolean | undefined;
  /** Checks so far; a check of two pools counts twice. */
  readonly checks: number;
  readonly failures: number;
  /** Duration of the last check of the slowest pool. */
  readonly lastDurationMs: number | undefined;
  /** The last failure as a word or code: `timeout`, `ECONNREFUSED`, an SQLSTATE, … */
  readonly lastFailure: string | undefined;
}

/** The result of a health indicator for `@nestjs/terminus`. */
export type PoolHealthIndicatorResult<Key extends string = string> = Record<
  Key,
  { readonly status: 'up' | 'down'; readonly reason?: string }
>;

/** The last check of a pool, and what the checks so far make of it. */
interface CheckedPool {
  readonly check: PoolCheck;
  readonly failuresInRow: number;
  /** `undefined` while it has never succeeded, and not failed often enough. */
  readonly healthy: boolean | undefined;
}

/** Called with each check of a pool of a source. @internal */
export type PoolCheckListener = (source: QuerySource, check: PoolCheck) => void;

/**
 * Probes the servers of pools of `pg`, and of data sources of TypeORM with such pools, at an interval. A probe uses an idle
 * connection or a new one: an exhausted pool is not a failure. Connections and sockets of a probe are closed, also when the
 * server does not answer.
 *
 * With Nest every data source of the application is checked, and this class can be injected. Without Nest:
 * `new PoolHealthChecker(dataSource).start()`, and {@link registerHealthChecker} for its metrics.
 */
export class PoolHealthChecker {
  private readonly sources: Sources;
  /** The sources while it is started. */
  private readonly checked: Sources = new Subscriptions();
  private leave: Undo | undefined;
  private readonly intervalMs: number;
  private readonly timeoutMs: number;
  private readonly failureThreshold: number;
  private readonly listeners = new Subscriptions<PoolCheckListener>();
  private readonly checkedPools = new WeakMap<WatchedPool, CheckedPool>();
  private checks = 0;
  private failures = 0;
  private lastFailure: string | undefined;
  private interval: NodeJS.Timeout | undefined;
  private stopping = new AbortController();
  private checking: Promise<PoolHealthStats> | undefined;

  /** @internal Sources that come and go; those without pools of pg are skipped. */
  constructor(sources: Sources, options?: PoolHealthCheckerOptions);
  /**
   * @param targets - a data source or a pool, or several; they need not be initialised yet
   * @throws {@link InvalidValueError} on an invalid interval, timeout or threshold, or a target without pools of pg.
   */
  constructor(targets: Instrumentable | readonly Instrumentable[], options?: PoolHealthCheckerOptions);
  constructor(
    targets: Instrumentable | readonly Instrumentable[] | Sources,
    {
      intervalSeconds = DEFAULT_HEALTH_CHECKER_OPTIONS.intervalSeconds,
      timeoutMs = DEFAULT_HEALTH_CHECKER_OPTIONS.timeoutMs,
      failureThreshold = DEFAULT_HEALTH_CHECKER_OPTIONS.failureThreshold,
    }: PoolHealthCheckerOptions = {},
  ) {
    this.intervalMs = timerMs('intervalSeconds', intervalSeconds, 1000);
    this.timeoutMs = timerMs('timeoutMs', timeoutMs, 1);
    if (!Number.isSafeInteger(failureThreshold) || failureThreshold < 1) {
      throw new InvalidValueError(
        `failureThreshold of a PoolHealthChecker is ${String(failureThreshold)}; allowed: a whole number of at least 1.`,
      );
    }
    this.failureThreshold = failureThreshold;
    this.sources = sourcesOf(targets);
    const without = this.sources.list.find(({ hasPools }) => !hasPools);
    if (without !== undefined) {
      throw new InvalidValueError(
        `A PoolHealthChecker checks pools of pg, and a data source of type "${without.kind}" has none.`,
      );
    }
  }

  /** Checks now and at every interval. Does nothing while it is started. Its timer does not keep the process alive. */
  start(): this {
    if (this.leave === undefined) {
      this.leave = this.sources.each((source) => this.checked.add(source));
      this.interval = setInterval(() => void this.check(), this.intervalMs).unref();
      void this.check();
    }
    return this;
  }

  /** Stops checking. A check under way is aborted and not counted. It can be started again. */
  stop(): void {
    this.leave?.();
    this.leave = undefined;
    clearInterval(this.interval);
    // Closing the pool must not wait for a probe on one of its connections.
    this.stopping.abort();
    this.stopping = new AbortController();
    this.checking = undefined;
  }

  /** Checks every pool now, or returns the check under way. Never rejects. */
  check(): Promise<PoolHealthStats> {
    if (this.checking !== undefined) {
      return this.checking;
    }
    const checking = this.checkAll(this.stopping.signal).finally(() => {
      if (this.checking === checking) {
        this.checking = undefined;
      }
    });
    this.checking = checking;
    return checking;
  }

  /** Returns the results so far. */
  getStats(): PoolHealthStats {
    const pools = this.sources.list.flatMap((source) => this.checkedPoolsOf(source));
    return {
      healthy: areHealthy(pools.map(({ healthy }) => healthy)),
      checks: this.checks,
      failures: this.failures,
      lastDurationMs:
        pools.length === 0 ? undefined : Math.max(...pools.map(({ check }) => check.durationMs)),
      lastFailure: this.lastFailure,
    };
  }

  /**
   * Checks now, as a health indicator of `@nestjs/terminus`: `health.check([() => checker.isHealthy('database')])`. Up while
   * {@link PoolHealthStats.healthy} is true. Down without a pool.
   */
  async isHealthy<const Key extends string = 'database'>(
    key: Key = 'database' as Key,
  ): Promise<PoolHealthIndicatorResult<Key>> {
    const { healthy, lastFailure } = await this.check();
    const hasPool = this.sources.list.some((source) => this.checkedPoolsOf(source).length > 0);
    const result =
      healthy === true
        ? { status: 'up' as const }
        : { status: 'down' as const, reason: (hasPool && lastFailure) || 'no pool' };
    return { [key]: result } as PoolHealthIndicatorResult<Key>;
  }

  /** @internal The health of each pool of a source that was checked; `undefined` while it is undecided. */
  healthOf(source: QuerySource): readonly (boolean | undefined)[] {
    return this.checkedPoolsOf(source).map(({ healthy }) => healthy);
  }

  /** @internal */
  onCheck(listener: PoolCheckListener): Undo {
    return this.listeners.add(listener);
  }

  /** @internal Applies `action` to each source when the checker starts, and undoes it when the checker stops. The returned function ends
   * this. */
  whileStarted(action: Action<QuerySource>): Undo {
    return this.checked.each(action);
  }

  /** Returns the present pools that were checked. */
  private checkedPoolsOf(source: QuerySource): readonly CheckedPool[] {
    return source
      .pools()
      .map((pool) => this.checkedPools.get(pool))
      .filter((checked) => checked !== undefined);
  }

  private async checkAll(signal: AbortSignal): Promise<PoolHealthStats> {
    // A pool may be a source of its own beside its data source.
    const pools = new Map(
      this.sources.list.flatMap((source) => source.pools().map((pool) => [pool, source] as const)),
    );
    await Promise.all(
      Array.from(pools, async ([pool, source]) => {
        const check = await checkPool(pool, this.timeoutMs, signal);
        // The check of a pool that is being closed does not count.
        if (!pool.isClosed && !signal.aborted) {
          this.count(source, pool, check);
        }
      }),
    );
    return this.getStats();
  }

  private count(source: QuerySource, pool: WatchedPool, check: PoolCheck): void {
    const { failuresInRow, healthy } = this.checkedPools.get(pool) ?? {
      failuresInRow: 0,
      healthy: undefined,
    };
    this.checks += 1;
    if (check.failure === undefined) {
      this.checkedPools.set(pool, { check, failuresInRow: 0, healthy: true });
    } else {
      this.failures += 1;
      this.lastFailure = check.failure;
      const failures = failuresInRow + 1;
      this.checkedPools.set(pool, {
        check,
        failuresInRow: failures,
        healthy: failures >= this.failureThreshold ? false : healthy,
      });
    }
    this.listeners.list.forEach((listener) => listener(source, check));
  }
}

/** @internal Whether all pools are healthy; `undefined` without a pool, and while one is undecided and the others are healthy. */
export function areHealthy(pools: readonly (boolean | undefined)[]): boolean | undefined {
  if (pools.includes(false)) {
    return false;
  }
  return pools.length === 0 || pools.includes(undefined) ? undefined : true;
}

/** @throws {@link InvalidValueError} */
function timerMs(option: string, value: number, unitMs: number): number {
  const ms = value * unitMs;
  if (typeof value !== 'number' || !(ms > 0 && ms <= MAX_TIMER_MS)) {
    throw new InvalidValueError(
      `${option} of a PoolHealthChecker is ${String(value)}; allowed: a number above 0, up to ${MAX_TIMER_MS / unitMs}.`,
    );
  }
  return ms;
}
