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

/** What scrapes are gathered from: this process, or with the option `cluster` all of them. */
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
  late: 'A scrape has no current metrics of other processes',
  version: 'A scrape is without the metrics of other processes',
  unreadable: 'A scrape is without the metrics of another process, whose answer cannot be read',
  room: 'A scrape is without metrics of other processes',
  unlike: 'A scrape is without some metrics of other processes',
  unavailable: 'A scrape was refused',
  alone: 'A scrape has the metrics of this process alone',
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
        `gathering its own metrics took ${tookMs} ms, and other processes wait for ${allowedMs} ms. Raise cluster.timeoutMs ` +
          '(and keep it below scrape_timeout), or make its collectors faster',
      ),
  };
}
