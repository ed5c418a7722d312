import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { HyperMetricsError, InvalidDefinitionError, MetricConflictError } from '../core/errors.js';
import { assertDefinition } from '../core/family-definition.js';
import { APPLICATION_REGISTRY, getMetricToken } from '../options/tokens.js';
import type { RegistryLease } from '../registry/registry-lease.js';
import type { MetricDefinition } from '../service/metric-definitions.js';

/** The module of {@link HyperMetricsModule.forFeature}: providers of the importing module's own metrics. */
@Module({})
export class HyperMetricsFeatureModule {
  /** @throws `InvalidDefinitionError` on an invalid definition; `MetricConflictError` on a duplicate name. */
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
  if (!Array.isArray(definitions) || !Array.from(definitions).every((one) => types.includes(one?.type))) {
    throw new InvalidDefinitionError(
      'HyperMetricsModule.forFeature() takes an array of definitions made with defineCounter(), defineGauge() and defineHistogram().',
    );
  }
  definitions.forEach(assertDefinition);
}

/** Equal definitions share one metric. At start-up a different definition of the same name is a `MetricConflictError`. */
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
