import { InvalidValueError } from '../../core/errors.js';
import { MAX_TIMER_MS } from '../../core/tool/deadline.js';
import type { Instrumentable } from '../../options/instrumentable.interface.js';
import { DEFAULT_HEALTH_CHECKER_OPTIONS } from '../../options/default-options.js';
import type { QuerySource, WatchedPool } from '../source/query-source.interface.js';
import { type Follow, SourceSet } from '../drivers/source-set.js';
import { SwitchedSources } from '../drivers/switched-sources.js';
import { checkPool, type PoolCheck } from './check-pool.js';

/** Options of a {@link PoolHealthChecker}. */
export interface PoolHealthCheckerOptions {
  /**
   * Seconds from the start of one check to the next.
   *
   * @defaultValue `30`
   */
  readonly intervalSeconds?: number | undefined;
  /**
   * How long the server may take to answer a probe, connecting included, in milliseconds.
   *
   * @defaultValue `5000`
   */
  readonly timeoutMs?: number | undefined;
}

/** What a {@link PoolHealthChecker} has found. */
export interface PoolHealthStats {
  /** Of the last check of each pool, the worst; `undefined` before the first one, and while there is no pool. */
  readonly healthy: boolean | undefined;
  /** One for each pool and check. */
  readonly checks: number;
  readonly failures: number;
  /** How long the last check of the slowest pool took. */
  readonly lastDurationMs: number | undefined;
  /** A word or code for what the last failure was: `timeout`, `ECONNREFUSED`, an SQLSTATE, … */
  readonly lastFailure: string | undefined;
}

/** What `@nestjs/terminus` expects of a health indicator. */
export type PoolHealthIndicatorResult<Key extends string = string> = Record<
  Key,
  { readonly status: 'up' | 'down'; readonly reason?: string }
>;

/** Is told of the check of a pool of a source. @internal */
export type PoolCheckListener = (source: QuerySource, check: PoolCheck) => void;

/**
 * Asks the servers behind the pools of data sources of TypeORM (on `pg`) or of pools of `pg` for a sign of life, again and
 * again. It takes a connection that is idle, or one of its own: an exhausted pool is no failure, and whatever the server
 * does, no connection, waiter or socket is left behind.
 *
 * With Nest there is nothing to write: every data source of the application is checked, and this class can be injected.
 * By hand: `new PoolHealthChecker(dataSource).start()`, and {@link registerHealthChecker} to have it in the metrics.
 */
export class PoolHealthChecker {
  private sources: SwitchedSources;
  private readonly intervalMs: number;
  private readonly timeoutMs: number;
  private readonly listeners = new Set<PoolCheckListener>();
  private readonly lastChecks = new WeakMap<WatchedPool, PoolCheck>();
  private checks = 0;
  private failures = 0;
  private lastFailure: string | undefined;
  private interval: NodeJS.Timeout | undefined;
  private stopping = new AbortController();
  private checking: Promise<PoolHealthStats> | undefined;

  /**
   * @param targets - a data source or a pool, or several; they need not be initialised yet
   * @throws {@link InvalidValueError} on an interval or time limit that no timer can keep, or a target without pools of pg.
   */
  constructor(
    targets: Instrumentable | readonly Instrumentable[],
    {
      intervalSeconds = DEFAULT_HEALTH_CHECKER_OPTIONS.intervalSeconds,
      timeoutMs = DEFAULT_HEALTH_CHECKER_OPTIONS.timeoutMs,
    }: PoolHealthCheckerOptions = {},
  ) {
    this.intervalMs = timerMs('intervalSeconds', intervalSeconds, 1000);
    this.timeoutMs = timerMs('timeoutMs', timeoutMs, 1);
    this.sources = new SwitchedSources(SourceSet.of(targets));
    const without = this.sources.sources.all.find(({ hasPools }) => !hasPools);
    if (without !== undefined) {
      throw new InvalidValueError(
        `A PoolHealthChecker checks pools of pg, and a data source of type "${without.kind}" has none.`,
      );
    }
  }

  /** @internal A checker of sources that come and go; those without pools are left out. */
  static following(sources: SourceSet, options?: PoolHealthCheckerOptions): PoolHealthChecker {
    const checker = new PoolHealthChecker([], options);
    checker.sources = new SwitchedSources(sources);
    return checker;
  }

  /** Checks now, and then at every interval. Does nothing when it is started. Its timer keeps no process alive. */
  start(): this {
    if (!this.sources.isOn) {
      this.sources.switchOn();
      this.interval = setInterval(() => void this.check(), this.intervalMs).unref();
      void this.check();
    }
    return this;
  }

  /** No further checks; one under way is given up, and not counted. It can be started again. */
  stop(): void {
    this.sources.switchOff();
    clearInterval(this.interval);
    // A pool that is closed now is not to wait for a probe that has one of its connections.
    this.stopping.abort();
    this.stopping = new AbortController();
    this.checking = undefined;
  }

  /** Checks every pool now; a check under way is shared. Never rejects. */
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

  /** What was found so far. */
  getStats(): PoolHealthStats {
    const last = this.sources.sources.all.flatMap((source) => this.lastChecksOf(source));
    return {
      healthy: areHealthy(last),
      checks: this.checks,
      failures: this.failures,
      lastDurationMs: last.length === 0 ? undefined : Math.max(...last.map(({ durationMs }) => durationMs)),
      lastFailure: this.lastFailure,
    };
  }

  /**
   * Checks now, and answers as a health indicator of `@nestjs/terminus`:
   * `health.check([() => checker.isHealthy('database')])`. Down while there is no pool.
   */
  async isHealthy<const Key extends string = 'database'>(
    key: Key = 'database' as Key,
  ): Promise<PoolHealthIndicatorResult<Key>> {
    const { healthy, lastFailure } = await this.check();
    const result =
      healthy === true
        ? { status: 'up' as const }
        : { status: 'down' as const, reason: (healthy === false && lastFailure) || 'no pool' };
    return { [key]: result } as PoolHealthIndicatorResult<Key>;
  }

  /** @internal Whether the pools of a source were healthy at their last check; `undefined` without one. */
  healthOf(source: QuerySource): boolean | undefined {
    return areHealthy(this.lastChecksOf(source));
  }

  /** @internal */
  onCheck(listener: PoolCheckListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @internal Does it with every source, for as long as the checker is started. */
  whileStarted(follow: Follow): () => void {
    return this.sources.whileOn(follow);
  }

  /** Of the pools that there are at this moment. */
  private lastChecksOf(source: QuerySource): readonly PoolCheck[] {
    return source
      .pools()
      .map((pool) => this.lastChecks.get(pool))
      .filter((check) => check !== undefined);
  }

  private async checkAll(signal: AbortSignal): Promise<PoolHealthStats> {
    await Promise.all(
      this.sources.sources.all.flatMap((source) =>
        source.pools().map(async (pool) => {
          const check = await checkPool(pool, this.timeoutMs, signal);
          // A pool that is being closed is no unhealthy one.
          if (!pool.isClosed && !signal.aborted) {
            this.count(source, pool, check);
          }
        }),
      ),
    );
    return this.getStats();
  }

  private count(source: QuerySource, pool: WatchedPool, check: PoolCheck): void {
    this.lastChecks.set(pool, check);
    this.checks += 1;
    if (check.failure !== undefined) {
      this.failures += 1;
      this.lastFailure = check.failure;
    }
    this.listeners.forEach((listener) => listener(source, check));
  }
}

function areHealthy(checks: readonly PoolCheck[]): boolean | undefined {
  return checks.length === 0 ? undefined : checks.every(({ failure }) => failure === undefined);
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
