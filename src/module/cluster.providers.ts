import { type Provider } from '@nestjs/common';
import { type ClusterFault, ClusterGatherer } from '../cluster/cluster-gatherer.js';
import { WarnOnce } from '../core/tool/warn-once.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import {
  APPLICATION_REGISTRY,
  CLUSTER_GATHERER,
  GATHERER,
  HYPER_METRICS_OPTIONS,
} from '../options/tokens.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import { logger } from './logger.providers.js';

/** Provides the gatherer for scrapes. It gathers this process, or all processes with the option `cluster`. */
export const clusterProviders: Provider[] = [
  {
    provide: CLUSTER_GATHERER,
    useFactory: (registry: RegistryLease, { enabled, cluster }: ResolvedOptions) =>
      enabled && cluster !== false ? new ClusterGatherer(memberOf(registry), cluster) : undefined,
    inject: [APPLICATION_REGISTRY, HYPER_METRICS_OPTIONS],
  },
  {
    provide: GATHERER,
    useFactory: (registry: RegistryLease, cluster: ClusterGatherer | undefined) => cluster ?? registry,
    inject: [APPLICATION_REGISTRY, CLUSTER_GATHERER],
  },
];

const WARNINGS: Readonly<Record<ClusterFault, string>> = {
  late: 'Metrics of other processes are stale or missing in a scrape',
  version: 'Metrics of other processes are missing in a scrape',
  unreadable: 'Metrics of another process are missing in a scrape: its answer is unreadable',
  room: 'Metrics of other processes are missing in a scrape',
  unlike: 'Some metrics of other processes are missing in a scrape',
  unavailable: 'A scrape was refused',
  alone: 'A scrape has the metrics of this process only',
};

function memberOf(registry: RegistryLease): ConstructorParameters<typeof ClusterGatherer>[0] {
  const warnings = new Map<ClusterFault, WarnOnce>();
  const slow = new WarnOnce(logger, 'The option cluster.timeoutMs is too short for this process');
  const warningOf = (fault: ClusterFault): WarnOnce => {
    const warning = warnings.get(fault) ?? new WarnOnce(logger, WARNINGS[fault]);
    warnings.set(fault, warning);
    return warning;
  };
  return {
    group: registry.registry.prefix,
    metrics: registry.registry,
    local: registry,
    onFailure: (failures, fault, reason) => {
      for (let failure = 0; failure < failures; failure += 1) {
        registry.countError('cluster');
      }
      warningOf(fault).report(reason);
    },
    onSlow: (tookMs, allowedMs) =>
      slow.report(
        `gathering its own metrics took ${tookMs} ms, but other processes wait ${allowedMs} ms. Raise cluster.timeoutMs ` +
          '(below scrape_timeout), or make its collectors faster',
      ),
  };
}
