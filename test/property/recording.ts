import { Counter, type CounterChild } from '../../src/core/metric/counter.js';
import { Gauge, type GaugeChild } from '../../src/core/metric/gauge.js';
import type { HistogramChild } from '../../src/core/metric/histogram.js';
import type { LabelsByName, LabelValue } from '../../src/core/metric/labels.js';
import type { AnyFamily } from '../../src/registry/create-family.js';
import type { Operation } from './arbitraries.js';

export type AnyChild = CounterChild | GaugeChild | HistogramChild;
export type AnyLabels = LabelsByName<string> | readonly LabelValue[];

/** What is done to a gauge; other families have one way to record. */
export type Method = 'set' | 'inc' | 'dec';

export function recordOnFamily(family: AnyFamily, labels: AnyLabels, value: number, method: Method): void {
  if (family instanceof Counter) {
    family.inc(labels, value);
  } else if (family instanceof Gauge) {
    family[method](labels, value);
  } else {
    family.observe(labels, value);
  }
}

export function recordOnChild(child: AnyChild, value: number, method: Method): void {
  if ('observe' in child) {
    child.observe(value);
  } else if ('set' in child) {
    child[method](value);
  } else {
    child.inc(value);
  }
}

/** A number that the family takes. */
export function valueFor(family: AnyFamily, { value, bound }: Operation): number {
  const { type, buckets = [0] } = family.definition;
  if (type === 'gauge') {
    return value;
  }
  if (type === 'counter') {
    return Number.isFinite(value) ? Math.abs(value) : 1;
  }
  return bound === undefined && Number.isFinite(value)
    ? value
    : (buckets[(bound ?? 0) % buckets.length] as number);
}
