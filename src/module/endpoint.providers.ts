import { type Provider } from '@nestjs/common';
import { METRICS_SCRAPE_DURATION_SECONDS, METRICS_SCRAPES_REFUSED_TOTAL } from '../catalog/scrape.catalog.js';
import type { ClusterGatherer } from '../cluster/cluster-gatherer.js';
import type { Gatherer } from '../core/gatherer.js';
import { WarnOnce } from '../core/tool/warn-once.js';
import type { ApplicationDatabase } from '../database/application-database.js';
import { PerformanceTracker } from '../database/performance/performance-tracker.js';
import { AccessControl } from '../endpoint/access/access-control.js';
import {
  EndpointRequests,
  FEED_PATH,
  LIVE_PATH,
  type RequestHandler,
} from '../endpoint/endpoint-requests.js';
import { MetricsServer } from '../endpoint/metrics-server.js';
import { documentHandler, feedHandler } from '../endpoint/page-handler.js';
import { ScrapeHandler, type ScrapeObserver } from '../endpoint/scrape-handler.js';
import type { DetailSources } from '../live/live-details.js';
import type { LivePage } from '../live/live-page.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import {
  APPLICATION_DATABASE,
  APPLICATION_REGISTRY,
  CLUSTER_GATHERER,
  ENDPOINT_REQUESTS,
  GATHERER,
  HYPER_METRICS_OPTIONS,
  LIVE_PAGE,
  METRICS_SERVER,
} from '../options/tokens.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import { logger } from './logger.providers.js';

/** Provides what answers scrapes and requests of the live page, on the application's port or on one of its own. */
export const endpointProviders: Provider[] = [
  {
    provide: LIVE_PAGE,
    useFactory: async (
      options: ResolvedOptions,
      gatherer: Gatherer,
      cluster: ClusterGatherer | undefined,
      database: ApplicationDatabase,
      performance: PerformanceTracker,
    ): Promise<LivePage | undefined> => {
      const { enabled, endpoint, prefix } = options;
      if (!enabled || endpoint.page === false) {
        return undefined;
      }
      // Loaded only now: an application without the page has neither its code nor its document in memory.
      const live = await import('../live/live-page.js');
      const faults = new WarnOnce(logger, 'The live page has no present metrics');
      return new live.LivePage({
        gatherer,
        prefix,
        historyMinutes: endpoint.page.historyMinutes,
        details: detailSources(options, database, performance),
        processes: () => cluster?.processes ?? 1,
        onFault: (error) => faults.report(error),
      });
    },
    inject: [HYPER_METRICS_OPTIONS, GATHERER, CLUSTER_GATHERER, APPLICATION_DATABASE, PerformanceTracker],
  },
  {
    provide: ENDPOINT_REQUESTS,
    useFactory: (
      gatherer: Gatherer,
      registry: RegistryLease,
      { path, endpoint }: ResolvedOptions,
      page: LivePage | undefined,
    ) => {
      const access = new AccessControl(endpoint, secretFaults(registry));
      const scrapes = new ScrapeHandler(gatherer, endpoint, access, scrapeObserver(registry));
      const handlers = new Map<string, RequestHandler>([[path, scrapes]]);
      if (page !== undefined) {
        handlers.set(path + LIVE_PATH, documentHandler(access, page, endpoint.compression));
        handlers.set(path + FEED_PATH, feedHandler(access, page));
      }
      return new EndpointRequests(handlers);
    },
    inject: [GATHERER, APPLICATION_REGISTRY, HYPER_METRICS_OPTIONS, LIVE_PAGE],
  },
  {
    provide: METRICS_SERVER,
    useFactory: (requests: EndpointRequests, { path, endpoint: { host, port = 0 } }: ResolvedOptions) => {
      const faults = new WarnOnce(logger, 'The metrics server failed');
      return new MetricsServer(requests, { host, port, path }, (error) => faults.report(error));
    },
    inject: [ENDPOINT_REQUESTS, HYPER_METRICS_OPTIONS],
  },
];

/** What is off, or needs a database that there is not, has no tables. */
function detailSources(
  { performance, pools }: ResolvedOptions,
  database: ApplicationDatabase,
  tracker: PerformanceTracker,
): DetailSources {
  return {
    performance: () =>
      performance !== false && database.watched.length > 0 ? tracker.getStats() : undefined,
    pools: () =>
      pools !== false && database.watched.some(({ hasPools }) => hasPools)
        ? database.poolTracker.getStats()
        : undefined,
  };
}

function scrapeObserver(registry: RegistryLease): ScrapeObserver {
  const failures = new WarnOnce(logger, 'A scrape failed');
  return {
    answered: (seconds) => registry.catalogFamily(METRICS_SCRAPE_DURATION_SECONDS).observe(seconds),
    refused: (reason) => registry.catalogFamily(METRICS_SCRAPES_REFUSED_TOTAL).inc([reason]),
    failed: (error) => {
      registry.countError('scrape');
      failures.report(error);
    },
  };
}

function secretFaults(registry: RegistryLease): (option: string, reason: string) => void {
  const faults = new WarnOnce(
    logger,
    'Scrapes are refused: the function of an option returned no usable secret',
  );
  return (option, reason) => {
    registry.countError(option);
    faults.report(`${option}: ${reason}`);
  };
}
