import type { Instrumentable } from '../../options/instrumentable.interface.js';
import { type Logger, safeLogger } from '../../core/tool/logger.js';
import type { StatementCacheOptions } from '../../options/database-options.interface.js';
import { resolveStatementCacheOptions } from '../../options/resolve-options.js';
import type { ResolvedStatementCacheOptions } from '../../options/resolved-options.js';
import type { StatementNamer, WatchedPool } from '../source/query-source.interface.js';
import { SourceSet } from '../drivers/source-set.js';
import { SwitchedSources } from '../drivers/switched-sources.js';
import { shownStatement } from '../sql/shown-statement.js';
import { FingerprintCache } from '../sql/query-fingerprint.js';
import { CachingNamer, type SharedState } from './caching-namer.js';
import { ServerCheck } from './server-check.js';
import { TextAdmission } from './text-admission.js';

/** What a {@link StatementCache} has done. */
export interface StatementCacheStats {
  /** Statements that the server had prepared already. */
  readonly hits: number;
  /** Statements that were prepared. */
  readonly misses: number;
  /** Prepared statements that were closed to make room. */
  readonly evictions: number;
  /** Prepared statements of all connections together. */
  readonly entries: number;
  /** From 0 to 1; `0` without look-ups. */
  readonly hitRate: number;
  /**
   * Statements that were sent without their name, because an earlier one in the same transaction may have changed what they
   * mean: `SET LOCAL`, a function of the application, a temporary table.
   */
  readonly bypasses: number;
  /** Texts that are prepared no longer, because the server's generic plan made them slower. */
  readonly planRegressions: number;
}

/** Characters of a text in a warning. */
const SHOWN_LENGTH = 200;

/**
 * Gives the statements that TypeORM and pools of `pg` send again and again a name, so that the server parses and plans them
 * once for each connection. TypeORM names none: the server does that work for every query.
 *
 * What is named, and when the cache switches itself off (behind a pooler such as PgBouncer, for one), is in
 * `docs/statement-cache.md`, and so is the risk: the server may choose one plan for all values of a statement.
 *
 * With Nest: `HyperMetricsModule.forRoot({ statementCache: true })`. By hand: `new StatementCache(dataSource).install()`.
 */
export class StatementCache {
  private sources: SwitchedSources;
  private readonly options: ResolvedStatementCacheOptions;
  private readonly logger: Logger;
  private readonly shared: SharedState;
  private readonly fingerprints = new FingerprintCache();
  private readonly namers = new Set<CachingNamer>();
  private readonly warned = new Set<string>();

  /**
   * @param targets - a data source or a pool, or several; they need not be initialised yet
   * @param logger - told when it switches itself off, and of plans that became worse; `console` by default
   * @throws {@link InvalidOptionsError} on options that cannot be used, {@link InvalidValueError} on a target that is neither.
   */
  constructor(
    targets: Instrumentable | readonly Instrumentable[],
    options: StatementCacheOptions = {},
    logger: Logger = console,
  ) {
    this.options = resolveStatementCacheOptions(options);
    this.logger = safeLogger(logger);
    this.shared = {
      admission: new TextAdmission(this.options),
      counts: { hits: 0, misses: 0, evictions: 0, planRegressions: 0, bypasses: 0 },
      databaseChanges: 0,
    };
    this.sources = this.named(SourceSet.of(targets));
  }

  /** @internal A cache of sources that come and go. */
  static following(sources: SourceSet, options: StatementCacheOptions, logger: Logger): StatementCache {
    const cache = new StatementCache([], options, logger);
    cache.sources = cache.named(sources);
    return cache;
  }

  /**
   * Begins to name statements. Does nothing when it is installed; where a source has another cache, it begins when that one
   * is uninstalled.
   */
  install(): this {
    this.sources.switchOn();
    return this;
  }

  /** Ends to name statements, and closes those that are prepared. It can be installed again. */
  uninstall(): void {
    this.sources.switchOff();
  }

  /** What it has done since it was made. */
  getStats(): StatementCacheStats {
    const { counts } = this.shared;
    const { hits, misses } = counts;
    return {
      ...counts,
      entries: [...this.namers].reduce((sum, { entries }) => sum + entries, 0),
      hitRate: hits + misses === 0 ? 0 : hits / (hits + misses),
    };
  }

  private named(sources: SourceSet): SwitchedSources {
    const switched = new SwitchedSources(sources);
    switched.whileOn((source) => source.nameStatements((pool) => this.namerFor(pool)));
    return switched;
  }

  private namerFor(pool: WatchedPool): StatementNamer {
    const { maxEntries, planGuard, sessionPooler } = this.options;
    const server = new ServerCheck(
      pool,
      sessionPooler,
      () =>
        this.warnOff(
          'a pooler such as PgBouncer is between the application and the server, and may give each statement another ' +
            'connection; if it keeps a connection for a whole session, set the option `sessionPooler`',
        ),
      (error) =>
        this.warnOff(
          `the check for a connection pooler failed (${messageOf(error)}); it is repeated every 30 s`,
        ),
    );
    const namer = new CachingNamer(this.shared, server, maxEntries, planGuard, {
      cannotName: (reason) => this.warnOff(reason),
      planRegression: (text, { named, unnamed }) =>
        this.logger.warn(
          `A statement is prepared no longer: with the server's generic plan it takes ${named.toFixed(1)} ms instead of ` +
            `${unnamed.toFixed(1)} ms (medians): ${this.shown(text)}`,
        ),
      bypassed: (changedBy) =>
        this.warnOfSession('sends statements without a name until the transaction ends', changedBy),
      invalidated: (changedBy) =>
        this.warnOfSession('prepares the statements of a connection again', changedBy),
      stopped: () => this.namers.delete(namer),
    });
    this.namers.add(namer);
    return namer;
  }

  /** Once for each reason. */
  private warnOff(reason: string): void {
    this.warnOnce(reason, `The statement cache names no statements: ${reason}.`);
  }

  private warnOfSession(what: string, changedBy: string): void {
    // Empty: sent before statements got names.
    if (changedBy !== '') {
      this.warnOnce(
        what,
        `The statement cache ${what}, because an earlier statement may change what they mean: ${this.shown(changedBy)}`,
      );
    }
  }

  private warnOnce(key: string, message: string): void {
    if (!this.warned.has(key)) {
      this.warned.add(key);
      this.logger.warn(message);
    }
  }

  private shown(text: string): string {
    return shownStatement(this.fingerprints.of(text), SHOWN_LENGTH);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
