import { type Logger, safeLogger } from '../../core/tool/logger.js';
import type { Undo } from '../../core/tool/subscriptions.js';
import type { StatementCacheOptions } from '../../options/database-options.interface.js';
import type { Instrumentable } from '../../options/instrumentable.interface.js';
import { resolveStatementCacheOptions } from '../../options/resolve-options.js';
import type { ResolvedStatementCacheOptions } from '../../options/resolved-options.js';
import type { StatementNamer, WatchedPool } from '../source/query-source.interface.js';
import { type Sources, sourcesOf } from '../drivers/query-source.js';
import { shownStatement } from '../sql/shown-statement.js';
import { FingerprintCache } from '../sql/query-fingerprint.js';
import { CachingNamer, type SharedState } from './caching-namer.js';
import { ServerCheck } from './server-check.js';
import { TextAdmission } from './text-admission.js';

/** The counts of a {@link StatementCache}. */
export interface StatementCacheStats {
  /** Statements that were already prepared. */
  readonly hits: number;
  /** Statements that were prepared. */
  readonly misses: number;
  /** Prepared statements that were closed because of `maxEntries`. */
  readonly evictions: number;
  /** Prepared statements of all connections. */
  readonly entries: number;
  /** From 0 to 1; `0` without hits and misses. */
  readonly hitRate: number;
  /**
   * Statements that were sent without their name, because an earlier statement of the same transaction may have changed their
   * meaning: `SET LOCAL`, a function of the application, a temporary table.
   */
  readonly bypasses: number;
  /** Texts that lost their name because the server's generic plan made them slower. */
  readonly planRegressions: number;
}

/** Maximum length of a text in a warning. */
const SHOWN_LENGTH = 200;

/**
 * Names the repeated statements of TypeORM and pools of `pg`: the server parses and plans a named statement once for each
 * connection, an unnamed one for every query. TypeORM names none.
 *
 * `docs/statement-cache.md` says which statements are named, when the cache is inactive (such as behind PgBouncer), and what the
 * risk is: the server may use one plan for all values of a statement.
 *
 * With Nest: `HyperMetricsModule.forRoot({ statementCache: true })`. By hand: `new StatementCache(dataSource).install()`.
 */
export class StatementCache {
  private readonly sources: Sources;
  private stop: Undo | undefined;
  private readonly options: ResolvedStatementCacheOptions;
  private readonly logger: Logger;
  private readonly shared: SharedState;
  private readonly fingerprints = new FingerprintCache();
  private readonly namers = new Set<CachingNamer>();
  private readonly warned = new Set<string>();

  /** @internal Sources that come and go. */
  constructor(sources: Sources, options: StatementCacheOptions, logger: Logger);
  /**
   * @param targets - a data source or a pool, or several; they need not be initialised yet
   * @param logger - for warnings: the cache is inactive, or a plan became worse; `console` by default
   * @throws {@link InvalidOptionsError} on invalid options, {@link InvalidValueError} on any other target.
   */
  constructor(
    targets: Instrumentable | readonly Instrumentable[],
    options?: StatementCacheOptions,
    logger?: Logger,
  );
  constructor(
    targets: Instrumentable | readonly Instrumentable[] | Sources,
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
    this.sources = sourcesOf(targets);
  }

  /**
   * Starts to name statements. Does nothing while it is installed. On a source with another cache it starts when that one is
   * uninstalled.
   */
  install(): this {
    this.stop ??= this.sources.each((source) => source.nameStatements((pool) => this.namerFor(pool)));
    return this;
  }

  /** Stops naming statements, and closes the prepared ones. It can be installed again. */
  uninstall(): void {
    this.stop?.();
    this.stop = undefined;
  }

  /** Returns the counts since it was created. */
  getStats(): StatementCacheStats {
    const { counts } = this.shared;
    const { hits, misses } = counts;
    return {
      ...counts,
      entries: [...this.namers].reduce((sum, { entries }) => sum + entries, 0),
      hitRate: hits + misses === 0 ? 0 : hits / (hits + misses),
    };
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
        this.warnOff(`the check for a connection pooler failed (${messageOf(error)}); next try in 30 s`),
    );
    const namer = new CachingNamer(this.shared, server, maxEntries, planGuard, {
      cannotName: (reason) => this.warnOff(reason),
      planRegression: (text, { named, unnamed }) =>
        this.logger.warn(
          `A statement is no longer prepared: with the server's generic plan it takes ${named.toFixed(1)} ms instead of ` +
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

  /** Warns once for each reason. */
  private warnOff(reason: string): void {
    this.warnOnce(reason, `The statement cache is inactive: ${reason}.`);
  }

  private warnOfSession(what: string, changedBy: string): void {
    // Empty for statements from before the server check.
    if (changedBy !== '') {
      this.warnOnce(
        what,
        `The statement cache ${what}, because an earlier statement may change their meaning: ${this.shown(changedBy)}`,
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
