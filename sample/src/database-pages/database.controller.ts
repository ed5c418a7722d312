import { Controller, Get, Query } from '@nestjs/common';
import {
  type LoggedQuery,
  type PerformanceStats,
  PerformanceTracker,
  PoolHealthChecker,
  type PoolHealthStats,
  type PoolStats,
  PoolTracker,
  QueryTimer,
  type QueryTimerStats,
  SlowQueryLog,
  StatementCache,
  type StatementCacheStats,
} from 'nestjs-hyper-metrics';
import { ScrapeService } from '../common/scrape.service.js';
import { ConnectionLeaksService } from './connection-leaks.service.js';
import { DatabaseExamplesService, type Look } from './database-examples.service.js';
import type { DatabasePage } from './database-page.js';
import { WholeNumberPipe } from './whole-number.pipe.js';

const EVERYTHING = /^hyperdjango_(db|stmt_cache)_(?!\w+_bucket)/;
const POOL = /^hyperdjango_db_(pool_(available|in_use|thread_owned|idle|waiting)|queries_in_flight) /;
const LEAKS = /^hyperdjango_db_pool_(in_use|thread_owned|leaks_suspected_total) /;
const ACQUIRES = /^hyperdjango_db_(pool_(in_use|waiting) |pool_acquire_duration_seconds_count)/;
const TIME =
  /^hyperdjango_db_(queries_in_flight|query_duration_ms_total|query_duration_seconds_count\{operation="select")/;
const STATEMENTS = /^hyperdjango_stmt_cache_/;
const PERFORMANCE =
  /^hyperdjango_(n_plus_one_|db_(queries_total|slow_queries_total|avg_queries|queries_per_request_(sum|count)))/;
const ERRORS = /^hyperdjango_db_query_errors_total/;

const LONGEST_MS = 10_000;
const LONGEST_LEAK_MS = 60_000;

export interface DatabaseOverview {
  readonly queryTimer: QueryTimerStats;
  readonly healthChecker: PoolHealthStats;
  readonly statementCache: StatementCacheStats;
  readonly scraped: readonly string[];
}

export interface RequestQueries {
  readonly tracker: PerformanceStats;
  readonly slowest: readonly LoggedQuery[];
  readonly scraped: readonly string[];
}

/** The timer, the checker and the cache are there to be injected; what they find is in the scrapes without that. */
@Controller('database')
export class DatabaseController {
  constructor(
    private readonly timer: QueryTimer,
    private readonly checker: PoolHealthChecker,
    private readonly tracker: PerformanceTracker,
    private readonly pools: PoolTracker,
    private readonly slowQueries: SlowQueryLog,
    private readonly cache: StatementCache,
    private readonly examples: DatabaseExamplesService,
    private readonly leaks: ConnectionLeaksService,
    private readonly scrape: ScrapeService,
  ) {}

  @Get()
  async overview(): Promise<DatabaseOverview> {
    return {
      queryTimer: this.timer.getStats(),
      healthChecker: this.checker.getStats(),
      statementCache: this.cache.getStats(),
      scraped: await this.scrape.lines(EVERYTHING),
    };
  }

  @Get('transaction')
  transaction(@Query('ms', new WholeNumberPipe(250, LONGEST_MS)) ms: number): Promise<DatabasePage> {
    return this.show(POOL, (look) => this.examples.holdTransaction(ms, look));
  }

  @Get('query-runner')
  queryRunner(@Query('statements', new WholeNumberPipe(3, 100)) statements: number): Promise<DatabasePage> {
    return this.show(POOL, (look) => this.examples.useQueryRunner(statements, look));
  }

  /** The log names the line that took it when it has been held for `pools.leakThresholdMs`, and when it comes back. */
  @Get('leak')
  leak(@Query('ms', new WholeNumberPipe(10_000, LONGEST_LEAK_MS)) ms: number): Promise<DatabasePage> {
    return this.show(LEAKS, (look) => this.leaks.leak(ms, look));
  }

  /** Who holds connections at this moment. */
  @Get('held')
  held(): PoolStats {
    return this.pools.getStats();
  }

  @Get('slow-query')
  slowQuery(@Query('ms', new WholeNumberPipe(300, LONGEST_MS)) ms: number): Promise<DatabasePage> {
    return this.show(TIME, (look) => this.examples.sleep(ms, look));
  }

  @Get('failing-query')
  failingQuery(): Promise<DatabasePage> {
    return this.show(ERRORS, (look) => this.examples.violateUniqueness(look));
  }

  @Get('burst')
  burst(
    @Query('callers', new WholeNumberPipe(20, 100)) callers: number,
    @Query('ms', new WholeNumberPipe(50, LONGEST_MS)) ms: number,
  ): Promise<DatabasePage> {
    return this.show(ACQUIRES, (look) => this.examples.burst(callers, ms, look));
  }

  @Get('stream')
  stream(@Query('rows', new WholeNumberPipe(1_000, 2_000)) rows: number): Promise<DatabasePage> {
    return this.show(POOL, (look) => this.examples.stream(rows, look));
  }

  @Get('statements')
  statements(@Query('times', new WholeNumberPipe(4, 100)) times: number): Promise<DatabasePage> {
    return this.show(STATEMENTS, (look) => this.examples.repeatStatement(times, look));
  }

  /** What the requests so far have asked of the database, and which of them repeated their reads. */
  @Get('queries-per-request')
  async queriesPerRequest(): Promise<RequestQueries> {
    await this.slowQueries.flush();
    return {
      tracker: this.tracker.getStats(),
      slowest: await this.slowQueries.slowest(5),
      scraped: await this.scrape.lines(PERFORMANCE),
    };
  }

  private async show(lines: RegExp, example: (look: Look) => Promise<string>): Promise<DatabasePage> {
    const before = await this.scrape.lines(lines);
    let during: readonly string[] = [];
    const done = await example(async () => {
      during = await this.scrape.lines(lines);
    });
    return { done, before, during, after: await this.scrape.lines(lines) };
  }
}
