import type { FamilyDefinition } from '../core/family-definition.js';
import {
  toDefinition,
  type GaugeConfiguration,
  type HistogramConfiguration,
  type MetricConfiguration,
} from './metric-configuration.js';
import type { Counter, Gauge, Histogram } from './metric-types.js';

/** Definition of your own metric, for `HyperMetricsModule.forFeature()`. */
export type { FamilyDefinition as MetricDefinition } from '../core/family-definition.js';

// Interfaces, not intersections or aliases: the declarations that a compiler emits for an exported definition have to name its type.

/** Definition of a counter, as {@link defineCounter} returns it. */
export interface CounterDefinition<Label extends string = string> extends FamilyDefinition<Label> {
  readonly type: 'counter';
}

/** Definition of a gauge, as {@link defineGauge} returns it. */
export interface GaugeDefinition<Label extends string = string> extends FamilyDefinition<Label> {
  readonly type: 'gauge';
}

/** Definition of a histogram, as {@link defineHistogram} returns it. */
export interface HistogramDefinition<Label extends string = string> extends FamilyDefinition<Label> {
  readonly type: 'histogram';
}

/** The type of the metric of a definition: `MetricOf<typeof ordersTotal>` is a `Counter` with its label names. */
export type MetricOf<D extends FamilyDefinition> =
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
): CounterDefinition<Label> {
  return toDefinition('counter', configuration);
}

/**
 * Defines a gauge for `forFeature()`.
 *
 * @throws {@link InvalidDefinitionError} on unknown keys and aggregators.
 */
export function defineGauge<const Label extends string = never>(
  configuration: GaugeConfiguration<Label>,
): GaugeDefinition<Label> {
  return toDefinition('gauge', configuration);
}

/**
 * Defines a histogram for `forFeature()`.
 *
 * @throws {@link InvalidDefinitionError} on unknown keys.
 */
export function defineHistogram<const Label extends string = never>(
  configuration: HistogramConfiguration<Label>,
): HistogramDefinition<Label> {
  return toDefinition('histogram', configuration);
}
