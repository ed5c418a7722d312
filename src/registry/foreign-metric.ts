import { InvalidDefinitionError } from '../core/errors.js';
import { aggregationOf, isMetricName, isSampleLabelName } from '../core/family-definition.js';
import {
  type FamilyDescriptor,
  type FamilySnapshot,
  isSameDescriptor,
  isSameList,
  PART_LABELS,
  type SnapshotType,
} from '../core/family-snapshot.js';
import type { Exemplar } from '../core/exemplar.js';
import type { HostMetricValue, HostMetricValues } from '../core/host-registry.interface.js';
import { histogramColumns, type MetricPart, PartTable, summaryColumns } from './foreign-parts.js';
import { foreignExemplar } from './foreign-exemplar.js';
import { ForeignRows } from './foreign-rows.js';

/** The part of a snapshot that stays the same objects from scrape to scrape: formats cache prepared bytes by them. */
export type ForeignShape = Pick<FamilySnapshot, 'descriptor' | 'labelRows'>;

const SAMPLES_PER_PAUSE = 256;

/**
 * Makes a snapshot of a metric that the host created with its own Prometheus client. Yields every few hundred samples, so that the
 * caller can pause.
 *
 * @param name - the registered name
 * @param previous - the last shape of the metric; unchanged parts are reused
 * @throws when the metric cannot be exported.
 */
export function* foreignSnapshot(
  name: string,
  metric: HostMetricValues,
  constantLabels: Readonly<Record<string, string>>,
  previous?: ForeignShape,
): Generator<void, FamilySnapshot> {
  // A copy when there are pauses: the host may change its list meanwhile.
  const samples = metric.values.length < SAMPLES_PER_PAUSE ? metric.values : [...metric.values];
  const type = snapshotType(metric.type);
  const labelNames = yield* labelNamesOf(samples, PART_LABELS[type]);
  const known = previous?.descriptor;
  if (known?.name !== name || !isSameList(known.labelNames, labelNames)) {
    assertExportable(name, labelNames);
  }
  const base: FamilyDescriptor = {
    name,
    help: typeof metric.help === 'string' ? metric.help : '',
    type,
    labelNames,
    aggregation: aggregationOf(metric.aggregator) ?? 'sum',
  };
  const rows = new ForeignRows(labelNames, previous?.labelRows);
  const columns = yield* PART_LABELS[type] === undefined
    ? readScalars(base, samples, rows)
    : readParts(base, samples, rows);
  return {
    descriptor: known && isSameDescriptor(known, columns.descriptor) ? known : columns.descriptor,
    labelRows: rows.all,
    constantLabels,
    values: columns.values,
    ...(columns.sums && { sums: columns.sums }),
    ...(columns.counts && { counts: columns.counts }),
    exemplars: columns.exemplars,
  };
}

/** One illegal name would break the whole exposition. Clients check their names; hand-made objects may not. */
function assertExportable(name: string, labelNames: readonly string[]): void {
  const illegal = [
    ...(isMetricName(name) ? [] : [name]),
    ...labelNames.filter((label) => !isSampleLabelName(label)),
  ];
  if (illegal.length > 0) {
    throw new InvalidDefinitionError(
      `Metric "${name}" has names that cannot be exported: ${illegal.join(', ')}.`,
    );
  }
}

function* labelNamesOf(
  samples: readonly HostMetricValue[],
  partLabel: string | undefined,
): Generator<void, string[]> {
  const names: string[] = [];
  for (let index = 0; index < samples.length; index += 1) {
    const { labels } = samples[index] as HostMetricValue;
    for (const name in labels) {
      if (name !== partLabel && !names.includes(name) && Object.hasOwn(labels, name)) {
        names.push(name);
      }
    }
    if (isPause(index)) {
      yield;
    }
  }
  return names;
}

function snapshotType(type: string): SnapshotType {
  return type === 'counter' || type === 'gauge' || type === 'histogram' || type === 'summary'
    ? type
    : 'untyped';
}

type Columns = Omit<FamilySnapshot, 'labelRows' | 'constantLabels'>;

function* readScalars(
  descriptor: FamilyDescriptor,
  samples: readonly HostMetricValue[],
  rows: ForeignRows,
): Generator<void, Columns> {
  const values = new Float64Array(samples.length);
  let exemplars: Map<number, Exemplar> | undefined;
  for (let index = 0; index < samples.length; index += 1) {
    const { labels, value, exemplar } = samples[index] as HostMetricValue;
    if (rows.next(labels) !== index) {
      throw duplicate(descriptor);
    }
    values[index] = checked(descriptor, value);
    const found = descriptor.type === 'counter' ? foreignExemplar(exemplar) : undefined;
    if (found !== undefined) {
      exemplars ??= new Map();
      exemplars.set(index, found);
    }
    if (isPause(index)) {
      yield;
    }
  }
  return { descriptor, values, exemplars };
}

function* readParts(
  descriptor: FamilyDescriptor,
  samples: readonly HostMetricValue[],
  rows: ForeignRows,
): Generator<void, Columns> {
  const { name, type } = descriptor;
  const partLabel = PART_LABELS[type] as string;
  const sumName = `${name}_sum`;
  const countName = `${name}_count`;
  const table = new PartTable(name);
  for (let index = 0; index < samples.length; index += 1) {
    const { metricName, labels, value, exemplar } = samples[index] as HostMetricValue;
    const part: MetricPart =
      metricName === sumName ? 'sum' : metricName === countName ? 'count' : table.column(labels?.[partLabel]);
    const row = rows.currentOrNext(labels);
    if (!table.set(row, part, checked(descriptor, value))) {
      throw duplicate(descriptor);
    }
    if (typeof part === 'number') {
      table.setExemplar(row, part, foreignExemplar(exemplar));
    }
    if (isPause(index)) {
      yield;
    }
  }
  return yield* type === 'histogram'
    ? histogramColumns(descriptor, table)
    : summaryColumns(descriptor, table);
}

function checked({ name }: FamilyDescriptor, value: unknown): number {
  if (typeof value !== 'number') {
    throw new InvalidDefinitionError(`Metric "${name}" has a sample whose value is not a number.`);
  }
  return value;
}

function duplicate({ name }: FamilyDescriptor): InvalidDefinitionError {
  return new InvalidDefinitionError(`Metric "${name}" has the same series twice.`);
}

function isPause(index: number): boolean {
  return (index + 1) % SAMPLES_PER_PAUSE === 0;
}
