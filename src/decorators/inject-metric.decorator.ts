import { Inject } from '@nestjs/common';
import { InvalidDefinitionError } from '../core/errors.js';
import type { FamilyDefinition } from '../core/family-definition.js';
import { getMetricToken } from '../options/tokens.js';

/**
 * Injects a metric defined by `HyperMetricsModule.forFeature()` in the same module, by its name or its definition.
 *
 * @example constructor(@InjectMetric('orders_total') private readonly orders: Counter<'plan'>) {}
 * @example constructor(@InjectMetric(ordersTotal) private readonly orders: MetricOf<typeof ordersTotal>) {}
 * @throws `InvalidDefinitionError`, when the decorator is evaluated, on anything else.
 */
export function InjectMetric(metric: string | FamilyDefinition): ParameterDecorator & PropertyDecorator {
  const name: unknown = typeof metric === 'object' ? metric?.name : metric;
  if (typeof name !== 'string') {
    throw new InvalidDefinitionError(
      `@InjectMetric() takes a metric's name or definition and got ${typeof metric}. A definition may be undefined in a ` +
        'circular import: use its name instead.',
    );
  }
  return Inject(getMetricToken(metric));
}
