import type { Exemplar } from '../core/exemplar.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { NativeColumns, SparseColumns } from '../core/native-columns.js';
import type { MessageWriter } from './message-writer.js';

/*
 * The fields of `io.prometheus.client`, as tags: number × 8 + wire type (0 varint, 1 double, 2 message, string or packed list).
 * See https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
const METRIC = { gauge: 0x12, counter: 0x1a, summary: 0x22, untyped: 0x2a, histogram: 0x3a } as const;
const SCALAR_VALUE = 0x09;
const COUNTER = { exemplar: 0x12, created: 0x1a } as const;
const SUMMARY = { count: 0x08, sum: 0x11, quantile: 0x1a } as const;
const QUANTILE = { quantile: 0x09, value: 0x11 } as const;
const HISTOGRAM = {
  count: 0x08,
  countFloat: 0x21,
  sum: 0x11,
  bucket: 0x1a,
  created: 0x7a,
  schema: 0x28,
  zeroThreshold: 0x31,
  zeroCount: 0x38,
  negativeSpan: 0x4a,
  negativeDelta: 0x52,
  positiveSpan: 0x62,
  positiveDelta: 0x6a,
} as const;
const BUCKET = { count: 0x08, countFloat: 0x21, upperBound: 0x11, exemplar: 0x1a } as const;
const SPAN = { offset: 0x08, length: 0x10 } as const;
const EXEMPLAR = { label: 0x0a, value: 0x11, timestamp: 0x1a } as const;
const LABEL = { name: 0x0a, value: 0x12 } as const;
const TIMESTAMP = { seconds: 0x08, nanos: 0x10 } as const;

/** The last second of the year 9999, the end of a `Timestamp`. */
const LAST_SECOND = 253_402_300_799;
const MICROS = 1e6;
const NANOS_PER_MICRO = 1000;

/** Writes the value of the series at `row`: the fields of its `Metric` after the labels. */
export type SeriesWriter = (row: number) => void;

export function seriesWriter(writer: MessageWriter, family: FamilySnapshot): SeriesWriter {
  switch (family.descriptor.type) {
    case 'histogram':
      return histogramWriter(writer, family);
    case 'summary':
      return summaryWriter(writer, family);
    case 'counter':
      return counterWriter(writer, family);
    default:
      return scalarWriter(writer, family);
  }
}

/** Writes a label as a message. */
export function writeLabel(writer: MessageWriter, tag: number, name: string, value: string): void {
  const start = writer.open(tag, 1);
  writer.string(LABEL.name, name);
  writer.string(LABEL.value, value);
  writer.close(start, 1);
}

function scalarWriter(writer: MessageWriter, { descriptor, values }: FamilySnapshot): SeriesWriter {
  const tag = descriptor.type === 'gauge' ? METRIC.gauge : METRIC.untyped;
  return (row) => {
    const start = writer.open(tag, 1);
    writer.double(SCALAR_VALUE, values[row] as number);
    writer.close(start, 1);
  };
}

function counterWriter(writer: MessageWriter, { values, exemplars, created }: FamilySnapshot): SeriesWriter {
  return (row) => {
    const start = writer.open(METRIC.counter, 1);
    writer.double(SCALAR_VALUE, values[row] as number);
    writeExemplar(writer, COUNTER.exemplar, exemplars?.get(row));
    writeTimestamp(writer, COUNTER.created, created?.[row]);
    writer.close(start, 1);
  };
}

function summaryWriter(
  writer: MessageWriter,
  { descriptor, values, sums, counts }: FamilySnapshot,
): SeriesWriter {
  const { quantiles = [] } = descriptor;
  return (row) => {
    const start = writer.open(METRIC.summary, 1);
    writer.varint(SUMMARY.count, wholeCount(counts?.[row] ?? 0));
    writer.double(SUMMARY.sum, sums?.[row] ?? Number.NaN);
    for (let column = 0; column < quantiles.length; column += 1) {
      const quantile = writer.open(SUMMARY.quantile, 1);
      writer.double(QUANTILE.quantile, quantiles[column] as number);
      writer.double(QUANTILE.value, values[row * quantiles.length + column] as number);
      writer.close(quantile, 1);
    }
    writer.close(start, 1);
  };
}

function histogramWriter(writer: MessageWriter, family: FamilySnapshot): SeriesWriter {
  const { descriptor, values, sums, exemplars, created, native } = family;
  const bounds = [...(descriptor.buckets ?? []), Infinity];
  const width = bounds.length;
  return (row) => {
    const first = row * width;
    const start = writer.open(METRIC.histogram, 2);
    const count = sumOf(values, first, width);
    const isWhole = Number.isSafeInteger(count) && areWhole(values, first, width);
    writer.varint(HISTOGRAM.count, wholeCount(count));
    if (!isWhole) {
      writer.double(HISTOGRAM.countFloat, count);
    }
    writer.double(HISTOGRAM.sum, sums?.[row] ?? Number.NaN);
    // Without classic buckets, the bucket +Inf is there for its exemplar only.
    if (width > 1 || exemplars?.has(first) === true || native === undefined) {
      let below = 0;
      for (let bucket = 0; bucket < width; bucket += 1) {
        below += values[first + bucket] as number;
        const opened = writer.open(HISTOGRAM.bucket, 1);
        writer.varint(BUCKET.count, wholeCount(below));
        if (!isWhole) {
          writer.double(BUCKET.countFloat, below);
        }
        writer.double(BUCKET.upperBound, bounds[bucket] as number);
        if (exemplars !== undefined) {
          writeExemplar(writer, BUCKET.exemplar, exemplars.get(first + bucket));
        }
        writer.close(opened, 1);
      }
    }
    writeTimestamp(writer, HISTOGRAM.created, created?.[row]);
    if (native !== undefined) {
      writeNative(writer, native, row);
    }
    writer.close(start, 2);
  };
}

function writeNative(writer: MessageWriter, native: NativeColumns, row: number): void {
  writer.zigzag(HISTOGRAM.schema, native.schemas[row] as number);
  writer.double(HISTOGRAM.zeroThreshold, 2 ** (native.zeroExponents[row] as number));
  writer.varint(HISTOGRAM.zeroCount, native.zeroCounts[row] as number);
  writeSparse(writer, HISTOGRAM.negativeSpan, HISTOGRAM.negativeDelta, native.negative, row);
  writeSparse(writer, HISTOGRAM.positiveSpan, HISTOGRAM.positiveDelta, native.positive, row);
}

/** Writes populated buckets as spans of neighbours, and their counts as differences. */
function writeSparse(
  writer: MessageWriter,
  spanTag: number,
  deltaTag: number,
  { starts, indexes, counts }: SparseColumns,
  row: number,
): void {
  const first = starts[row] as number;
  const end = starts[row + 1] as number;
  if (first === end) {
    return;
  }
  let next = 0;
  for (let position = first; position < end;) {
    const index = indexes[position] as number;
    const spanStart = position;
    position += 1;
    while (position < end && (indexes[position] as number) - index === position - spanStart) {
      position += 1;
    }
    const span = writer.open(spanTag, 1);
    // The first offset is an index, the others are gaps.
    writer.zigzag(SPAN.offset, index - next);
    writer.varint(SPAN.length, position - spanStart);
    writer.close(span, 1);
    next = index + position - spanStart;
  }
  writer.differences(deltaTag, counts, first, end - 1);
}

function writeExemplar(writer: MessageWriter, tag: number, exemplar: Exemplar | undefined): void {
  if (exemplar === undefined) {
    return;
  }
  const start = writer.open(tag, 1);
  for (const [name, value] of Object.entries(exemplar.labels)) {
    writeLabel(writer, EXEMPLAR.label, name, value);
  }
  writer.double(EXEMPLAR.value, exemplar.value);
  writeTimestamp(writer, EXEMPLAR.timestamp, exemplar.timestampSeconds);
  writer.close(start, 1);
}

/** Writes a time, unless it is unknown or no `Timestamp`. Numbers of present times have microseconds, and not nanoseconds. */
function writeTimestamp(writer: MessageWriter, tag: number, seconds = Number.NaN): void {
  if (!(seconds >= 0 && seconds <= LAST_SECOND)) {
    return;
  }
  const micros = Math.round(seconds * MICROS);
  const start = writer.open(tag, 1);
  writer.varint(TIMESTAMP.seconds, Math.floor(micros / MICROS));
  writer.varint(TIMESTAMP.nanos, (micros % MICROS) * NANOS_PER_MICRO);
  writer.close(start, 1);
}

function areWhole(values: Float64Array, first: number, width: number): boolean {
  for (let index = first; index < first + width; index += 1) {
    const value = values[index] as number;
    if (!(value >= 0 && Number.isSafeInteger(value))) {
      return false;
    }
  }
  return true;
}

function sumOf(values: Float64Array, first: number, width: number): number {
  let sum = 0;
  for (let index = first; index < first + width; index += 1) {
    sum += values[index] as number;
  }
  return sum;
}

/** Counts are whole numbers in this format. Foreign metrics may have others. */
function wholeCount(count: number): number {
  return count > 0 ? Math.min(Math.floor(count), Number.MAX_SAFE_INTEGER) : 0;
}
