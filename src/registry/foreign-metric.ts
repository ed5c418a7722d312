import { InvalidDefinitionError } from '../core/errors.js';
import type { Exemplar } from '../core/exemplar.js';
import { isMetricName } from '../core/family-definition.js';
import type { FamilyDescriptor, FamilySnapshot, LabelRow, SnapshotType } from '../core/family-snapshot.js';
import type { HostMetricValue, HostMetricValues } from '../core/host-registry.interface.js';
import { foreignExemplar } from './foreign-exemplar.js';

/** The series of a foreign metric, found by their labels (`le` and `quantile` aside). */
interface ForeignSeries {
  readonly row: LabelRow;
  /** Histogram: cumulative count by bound. Summary: value by quantile. Others: the value under `''`. */
  readonly values: Map<string, number>;
  /** Of counters and histograms, under the same keys. */
  readonly exemplars: Map<string, Exemplar>;
  sum: number | undefined;
  count: number | undefined;
}

/**
 * A snapshot of a metric that the host made with its own Prometheus client.
 *
 * @throws when the metric answers something that no exposition could carry.
 */
export function foreignSnapshot(
  metric: HostMetricValues,
  constantLabels: Readonly<Record<string, string>>,
): FamilySnapshot {
  const type = snapshotType(metric.type);
  const partLabel = { histogram: 'le', summary: 'quantile' }[type as string];
  const labelNames = labelNamesOf(metric.values, partLabel);
  const series = collectSeries(metric, labelNames, partLabel);
  assertExportable(metric.name, labelNames);
  const base = {
    name: metric.name,
    help: typeof metric.help === 'string' ? metric.help : '',
    type,
    labelNames,
  };
  const labelRows = series.map(({ row }) => row);
  if (type === 'histogram') {
    return { ...histogramColumns(base, series), labelRows, constantLabels };
  }
  if (type === 'summary') {
    return { ...summaryColumns(base, series), labelRows, constantLabels };
  }
  const values = Float64Array.from(series, (one) => one.values.get('') as number);
  const exemplars = type === 'counter' ? exemplarColumn(series, ['']) : undefined;
  return { descriptor: base, labelRows, constantLabels, values, exemplars };
}

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** One illegal name would break the whole exposition. Clients check theirs; objects made by hand may not. */
function assertExportable(name: string, labelNames: readonly string[]): void {
  const illegal = [
    ...(isMetricName(name) ? [] : [name]),
    ...labelNames.filter((label) => !LABEL_NAME.test(label)),
  ];
  if (illegal.length > 0) {
    throw new InvalidDefinitionError(
      `Metric "${name}" has names that cannot be exported: ${illegal.join(', ')}.`,
    );
  }
}

function labelNamesOf(samples: readonly HostMetricValue[], partLabel: string | undefined): string[] {
  const names = new Set<string>();
  for (const { labels } of samples) {
    if (labels !== undefined) {
      for (const name of Object.keys(labels)) {
        names.add(name);
      }
    }
  }
  if (partLabel !== undefined) {
    names.delete(partLabel);
  }
  return [...names];
}

function snapshotType(type: string): SnapshotType {
  return type === 'counter' || type === 'gauge' || type === 'histogram' || type === 'summary'
    ? type
    : 'untyped';
}

function collectSeries(
  metric: HostMetricValues,
  labelNames: readonly string[],
  partLabel: string | undefined,
): ForeignSeries[] {
  const byLabels = new Map<string, ForeignSeries>();
  let series: ForeignSeries | undefined;
  for (const sample of metric.values) {
    const row = rowOf(sample, labelNames);
    // The parts of a histogram or summary come one after the other.
    if (series === undefined || !sameRow(series.row, row)) {
      const key = keyOf(row);
      series = byLabels.get(key);
      if (series === undefined) {
        series = { row, values: new Map(), exemplars: new Map(), sum: undefined, count: undefined };
        byLabels.set(key, series);
      }
    }
    addSample(series, sample, metric.name, partLabel);
  }
  return [...byLabels.values()];
}

function rowOf({ labels = {} }: HostMetricValue, labelNames: readonly string[]): LabelRow {
  return labelNames.map((name) =>
    Object.hasOwn(labels, name) && labels[name] !== undefined
      ? String(labels[name]).toWellFormed()
      : undefined,
  );
}

function sameRow(row: LabelRow, other: LabelRow): boolean {
  return row.every((value, index) => value === other[index]);
}

/** Different for different rows: texts come after their lengths. */
function keyOf(row: LabelRow): string {
  let key = '';
  for (const value of row) {
    key += value === undefined ? '-' : `${value.length}:${value}`;
  }
  return key;
}

function addSample(
  series: ForeignSeries,
  sample: HostMetricValue,
  name: string,
  partLabel: string | undefined,
): void {
  const { metricName, labels = {}, value, exemplar } = sample;
  if (typeof value !== 'number') {
    throw new InvalidDefinitionError(`Metric "${name}" has a sample whose value is no number.`);
  }
  let known: number | undefined;
  if (partLabel !== undefined && metricName === `${name}_sum`) {
    known = series.sum;
    series.sum = value;
  } else if (partLabel !== undefined && metricName === `${name}_count`) {
    known = series.count;
    series.count = value;
  } else {
    const key = partLabel === undefined ? '' : boundKey(labels[partLabel], name);
    known = series.values.get(key);
    series.values.set(key, value);
    const found = foreignExemplar(exemplar);
    if (found !== undefined) {
      series.exemplars.set(key, found);
    }
  }
  if (known !== undefined) {
    throw new InvalidDefinitionError(`Metric "${name}" has one series twice.`);
  }
}

/** One text for each bound, whatever way it is written. */
function boundKey(bound: string | number | undefined, name: string): string {
  const value = bound === '+Inf' ? Infinity : Number(bound);
  if (Number.isNaN(value)) {
    throw new InvalidDefinitionError(`Metric "${name}" has a bucket or quantile whose bound is no number.`);
  }
  return value === Infinity ? '+Inf' : String(value);
}

function histogramColumns(
  base: FamilyDescriptor,
  series: readonly ForeignSeries[],
): Pick<FamilySnapshot, 'descriptor' | 'values' | 'sums' | 'exemplars'> {
  const buckets = boundsOf(series).filter((bound) => bound !== Infinity);
  const bounds = [...buckets.map(String), '+Inf'];
  const width = bounds.length;
  const values = new Float64Array(series.length * width);
  series.forEach((one, row) => {
    let below = 0;
    bounds.forEach((bound, bucket) => {
      const cumulative = one.values.get(bound) ?? (bound === '+Inf' ? (one.count ?? 0) : below);
      values[row * width + bucket] = cumulative - below;
      below = cumulative;
    });
  });
  return {
    descriptor: { ...base, buckets },
    values,
    sums: Float64Array.from(series, ({ sum = 0 }) => sum),
    exemplars: exemplarColumn(series, bounds),
  };
}

/** By the index of the value, where each series has one for each key. */
function exemplarColumn(
  series: readonly ForeignSeries[],
  keys: readonly string[],
): FamilySnapshot['exemplars'] {
  const column = new Map<number, Exemplar>();
  series.forEach(({ exemplars }, row) => {
    if (exemplars.size > 0) {
      keys.forEach((key, position) => {
        const exemplar = exemplars.get(key);
        if (exemplar !== undefined) {
          column.set(row * keys.length + position, exemplar);
        }
      });
    }
  });
  return column.size === 0 ? undefined : column;
}

function summaryColumns(
  base: FamilyDescriptor,
  series: readonly ForeignSeries[],
): Pick<FamilySnapshot, 'descriptor' | 'values' | 'sums' | 'counts'> {
  const quantiles = boundsOf(series);
  const values = new Float64Array(series.length * quantiles.length);
  series.forEach((one, row) => {
    quantiles.forEach((quantile, column) => {
      values[row * quantiles.length + column] = one.values.get(String(quantile)) ?? Number.NaN;
    });
  });
  return {
    descriptor: { ...base, quantiles },
    values,
    sums: Float64Array.from(series, ({ sum = 0 }) => sum),
    counts: Float64Array.from(series, ({ count = 0 }) => count),
  };
}

function boundsOf(series: readonly ForeignSeries[]): number[] {
  const bounds = new Set(series.flatMap((one) => [...one.values.keys()]));
  return [...bounds].map((bound) => (bound === '+Inf' ? Infinity : Number(bound))).toSorted((a, b) => a - b);
}
