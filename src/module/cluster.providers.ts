import { Logger, type Provider } from '@nestjs/common';
import { type ClusterFault, ClusterGatherer } from '../cluster/cluster-gatherer.js';
import { WarnOnce } from '../core/warn-once.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import {
  APPLICATION_REGISTRY,
  CLUSTER_GATHERER,
  GATHERER,
  HYPER_METRICS_OPTIONS,
} from '../options/tokens.js';
import type { ApplicationRegistry } from '../registry/application-registry.js';

/** What scrapes are gathered from: this process, or with the option `cluster` all of them. */
export const clusterProviders: Provider[] = [
  {
    provide: CLUSTER_GATHERER,
    useFactory: (registry: ApplicationRegistry, { enabled, cluster }: ResolvedOptions) =>
      enabled && cluster !== false ? new ClusterGatherer(memberOf(registry), cluster) : undefined,
    inject: [APPLICATION_REGISTRY, HYPER_METRICS_OPTIONS],
  },
  {
    provide: GATHERER,
    useFactory: (registry: ApplicationRegistry, cluster: ClusterGatherer | undefined) => cluster ?? registry,
    inject: [APPLICATION_REGISTRY, CLUSTER_GATHERER],
  },
];

function memberOf(registry: ApplicationRegistry): ConstructorParameters<typeof ClusterGatherer>[0] {
  const logger = new Logger('HyperMetrics');
  const warnings = new Map<ClusterFault, WarnOnce>();
  const warningOf = (fault: ClusterFault): WarnOnce => {
    const warning =
      warnings.get(fault) ?? new WarnOnce(logger, 'A scrape is without present metrics of other processes');
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
  };
}
