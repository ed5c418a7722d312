import { Inject } from '@nestjs/common';
import type { FamilyDefinition } from '../core/family-definition.js';
import { getMetricToken } from '../options/tokens.js';

/**
 * Injects a metric that `HyperMetricsModule.forFeature()` of the same module defines: by its name, or by its definition.
 *
 * @example constructor(@InjectMetric('orders_total') private readonly orders: Counter<'plan'>) {}
 * @example constructor(@InjectMetric(ordersTotal) private readonly orders: MetricOf<typeof ordersTotal>) {}
 */
export function InjectMetric(metric: string | FamilyDefinition): ParameterDecorator & PropertyDecorator {
  return Inject(getMetricToken(metric));
}
