import { Traffic } from '../../../sample/src/traffic/traffic.js';
import type { SentRequests, TrafficStatement } from '../../../sample/src/traffic/traffic-statement.js';
import type { ParsedExposition } from '../parse-exposition.js';
import type { Platform } from '../platforms.js';
import { until } from '../watched-database.js';
import { HeapWatch, type HeapTrend } from './heap-watch.js';
import { KIND_COUNT, planEach, planFlood, planSoak } from './soak-mix.js';
import { SoakScraper } from './soak-scraper.js';
import { sumOf } from './soak-sums.js';
import { SoakViewer } from './soak-viewer.js';
import { type Remains, SoakedProcess, type SoakTally } from './soaked-process.js';

const FLOOD_REQUESTS = 300;
/** At full speed, before anything is measured: most code is compiled by then. */
const WARM_UP_REQUESTS = 300;
const CONCURRENCY = 30;
/**
 * The application's own limits let a request take 19 s (a connection, and six queries), and a busy machine longer. A request that
 * is never answered is found all the same.
 */
const CLIENT_PATIENCE_MS = 60_000;

export interface SoakResult {
  readonly platform: Platform;
  readonly requests: readonly SentRequests[];
  readonly unaccounted: readonly string[];
  readonly tally: SoakTally;
  readonly metrics: ParsedExposition;
  /** From nothing under way after the warm-up to nothing under way at the end. */
  readonly quietGrowthBytes: number;
  readonly heap: HeapTrend;
  readonly external: HeapTrend;
  readonly scraper: SoakScraper;
  readonly viewer: SoakViewer;
  /** As the live page shows them at the end. */
  readonly shownRequests: number | null;
  readonly remains: Remains;
  readonly slowQueryTable: string;
  readonly exitCode: number | null | undefined;
  readonly output: string;
}

/** One application under traffic and scrapes, from its start to after its end. */
export class Soak {
  private readonly statements: TrafficStatement[] = [];

  private readonly scraper: SoakScraper;
  private readonly viewer: SoakViewer;

  private constructor(
    private readonly application: SoakedProcess,
    private readonly platform: Platform,
  ) {
    this.scraper = new SoakScraper(application.metricsUrl);
    this.viewer = new SoakViewer(`${application.metricsUrl}/live/feed`);
  }

  static async start(databaseUrl: string, platform: Platform): Promise<Soak> {
    return new Soak(await SoakedProcess.start(databaseUrl, platform), platform);
  }

  /** Before the faults: an outage at the start, or a busy machine, keeps the statement cache off for half a minute. */
  async warmUp(): Promise<void> {
    await this.send({ totalRequests: FLOOD_REQUESTS, concurrency: CONCURRENCY, plan: planFlood });
    await this.send({ totalRequests: KIND_COUNT, concurrency: CONCURRENCY, plan: planEach() });
    await until('hits of the statement cache', async () => {
      await this.send({ totalRequests: WARM_UP_REQUESTS, concurrency: CONCURRENCY, plan: planSoak, seed: 2 });
      return sumOf(await this.scraper.read(), 'hyperdjango_stmt_cache_hits_total') > 0;
    });
  }

  /** @param quiet settles when the faults are over, after the traffic */
  async run(durationMs: number, requestsPerSecond: number, quiet: () => Promise<void>): Promise<SoakResult> {
    const { application, scraper, viewer } = this;
    await this.settledMetrics();
    const before = await application.ask('heap');
    const heap = new HeapWatch(application, durationMs);
    await this.send({ durationMs, requestsPerSecond, concurrency: CONCURRENCY, plan: planSoak, seed: 3 });
    await Promise.all([scraper.stop(), heap.stop(), quiet(), application.ask('rest')]);
    const metrics = await this.settledMetrics();
    const after = await application.ask('heap');
    const tally = await application.ask('tally');
    const shownRequests = await viewer.readRequests();
    viewer.expectEnd();
    const remains = await application.ask('close');
    await viewer.ended;
    return {
      platform: this.platform,
      requests: this.statements.flatMap(({ requests }) => requests),
      unaccounted: this.statements.flatMap(({ surprises }) =>
        [...surprises.keys()].filter((text) => text.includes('unaccounted for')),
      ),
      tally,
      metrics,
      quietGrowthBytes: after.heapBytes - before.heapBytes,
      heap: heap.trend('heapBytes'),
      external: heap.trend('externalBytes'),
      scraper,
      viewer,
      shownRequests,
      remains,
      slowQueryTable: application.slowQueryTable,
      exitCode: await application.exitCode(),
      output: application.output.text,
    };
  }

  kill(): Promise<void> {
    this.viewer.kill();
    return this.application.kill();
  }

  private async send(options: Omit<ConstructorParameters<typeof Traffic>[0], 'baseUrl'>): Promise<void> {
    const traffic = new Traffic({
      baseUrl: this.application.url,
      patienceMs: CLIENT_PATIENCE_MS,
      ...options,
    });
    this.statements.push(traffic.statement);
    await traffic.ended;
  }

  /** What clients that have left still have under way ends first. */
  private async settledMetrics(): Promise<ParsedExposition> {
    let metrics = await this.scraper.read();
    const underWay = (): number =>
      metrics.samples
        .filter(({ name }) => /_(in_flight|in_use|waiting)$/.test(name))
        .reduce((sum, { value }) => sum + value, 0);
    await until('nothing under way', async () => {
      metrics = await this.scraper.read();
      return underWay() === 0;
    });
    return metrics;
  }
}
