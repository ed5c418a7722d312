import { Inject } from '@nestjs/common';
import { InvalidDefinitionError } from '../core/errors.js';
import type { FamilyDefinition } from '../core/family-definition.js';
import { getMetricToken } from '../options/tokens.js';

/**
 * Injects a metric that `HyperMetricsModule.forFeature()` of the same module defines: by its name, or by its definition.
 *
 * @example constructor(@InjectMetric('orders_total') private readonly orders: Counter<'plan'>) {}
 * @throws `InvalidDefinitionError` where it stands, when it is given neither.
 * @example constructor(@InjectMetric(ordersTotal) private readonly orders: MetricOf<typeof ordersTotal>) {}
 */
export function InjectMetric(metric: string | FamilyDefinition): ParameterDecorator & PropertyDecorator {
  const name: unknown = typeof metric === 'object' ? metric?.name : metric;
  if (typeof name !== 'string') {
    throw new InvalidDefinitionError(
      `@InjectMetric() takes a metric's name or definition and got ${typeof metric}. A definition is undefined while files ` +
        'that import each other are loaded; give its name.',
    );
  }
  return Inject(getMetricToken(metric));
}
