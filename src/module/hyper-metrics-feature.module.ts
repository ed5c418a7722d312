import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { HyperMetricsError, InvalidDefinitionError, MetricConflictError } from '../core/errors.js';
import { assertDefinition } from '../core/family-definition.js';
import { APPLICATION_REGISTRY, getMetricToken } from '../options/tokens.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import type { MetricDefinition } from '../service/metric-definitions.js';

/** What {@link HyperMetricsModule.forFeature} imports into a module: providers of that module's own metrics. */
@Module({})
export class HyperMetricsFeatureModule {
  /** @throws `InvalidDefinitionError` when no exposition could carry a metric, or a name is there twice. */
  static of(definitions: readonly MetricDefinition[]): DynamicModule {
    assertDefinitions(definitions);
    const names = definitions.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      throw new MetricConflictError(
        `HyperMetricsModule.forFeature() defines "${twice}" twice. Define it once.`,
      );
    }
    const providers = definitions.map(metricProvider);
    return { module: HyperMetricsFeatureModule, providers, exports: names.map(getMetricToken) };
  }
}

function assertDefinitions(definitions: readonly MetricDefinition[]): void {
  const types: readonly unknown[] = ['counter', 'gauge', 'histogram'];
  if (!Array.isArray(definitions) || !definitions.every((one) => types.includes(one?.type))) {
    throw new InvalidDefinitionError(
      'HyperMetricsModule.forFeature() takes an array of definitions made with defineCounter(), defineGauge() and defineHistogram().',
    );
  }
  definitions.forEach(assertDefinition);
}

/** At start-up another definition of the same name is a `MetricConflictError`; the same one is the same metric. */
function metricProvider(definition: MetricDefinition): Provider {
  return {
    provide: getMetricToken(definition),
    inject: [{ token: APPLICATION_REGISTRY, optional: true }],
    useFactory: (registry: RegistryLease | undefined) => {
      if (registry === undefined) {
        throw new HyperMetricsError(
          `HyperMetricsModule.forFeature() defines "${definition.name}" in an application without HyperMetricsModule. ` +
            'Import HyperMetricsModule.forRoot() in the root module.',
        );
      }
      return registry.customFamily(definition);
    },
  };
}
