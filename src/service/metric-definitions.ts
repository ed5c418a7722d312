import type { FamilyDefinition } from '../core/family-definition.js';
import {
  toDefinition,
  type GaugeConfiguration,
  type HistogramConfiguration,
  type MetricConfiguration,
} from './metric-configuration.js';
import type { Counter, Gauge, Histogram } from './metric-types.js';

/** Definition of your own metric, for `HyperMetricsModule.forFeature()`. */
export type MetricDefinition = FamilyDefinition;

/** The type of the metric of a definition: `MetricOf<typeof ordersTotal>` is a `Counter` with its label names. */
export type MetricOf<D extends MetricDefinition> =
  D extends FamilyDefinition<infer Label>
    ? D['type'] extends 'counter'
      ? Counter<Label>
      : D['type'] extends 'gauge'
        ? Gauge<Label>
        : Histogram<Label>
    : never;

/**
 * Defines a counter for `forFeature()`.
 *
 * @throws {@link InvalidDefinitionError} on unknown keys.
 */
export function defineCounter<const Label extends string = never>(
  configuration: MetricConfiguration<Label>,
): FamilyDefinition<Label> & { readonly type: 'counter' } {
  return toDefinition('counter', configuration);
}

/**
 * Defines a gauge for `forFeature()`.
 *
 * @throws {@link InvalidDefinitionError} on unknown keys and aggregators.
 */
export function defineGauge<const Label extends string = never>(
  configuration: GaugeConfiguration<Label>,
): FamilyDefinition<Label> & { readonly type: 'gauge' } {
  return toDefinition('gauge', configuration);
}

/**
 * Defines a histogram for `forFeature()`.
 *
 * @throws {@link InvalidDefinitionError} on unknown keys.
 */
export function defineHistogram<const Label extends string = never>(
  configuration: HistogramConfiguration<Label>,
): FamilyDefinition<Label> & { readonly type: 'histogram' } {
  return toDefinition('histogram', configuration);
}
