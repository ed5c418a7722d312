import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { HyperMetricsError } from '../../core/errors.js';
import type { Exemplar } from '../../core/exemplar.js';
import { type FamilyDescriptor, type FamilySnapshot, widthOf } from '../../core/family-snapshot.js';
import { ByteSink } from './byte-sink.js';
import { ByteSource } from './byte-source.js';
import { readNative, writeNative } from './native-codec.js';
import { decodeShape, encodeShape, type Shape } from './shape-codec.js';
import { areLabels } from './shape-rules.js';

/** Incremented with every change of the format. Other versions are rejected. */
export const WIRE_VERSION = 2;

const MAGIC = Buffer.from('HMC');
const HEADER_BYTES = MAGIC.length + 1 + 4;
const SUMS = 1;
const COUNTS = 2;
const EXEMPLARS = 4;
const CREATED = 8;
const NATIVE = 16;

/** The bytes have another version of the format, or are damaged. */
export class UnreadableSnapshotError extends HyperMetricsError {}

/**
 * Encodes snapshots for another process on the same machine: `HMC`, the version and a checksum, then the shape and the columns of
 * each family.
 */
export function encodeSnapshots(families: readonly FamilySnapshot[]): Buffer {
  const sink = new ByteSink();
  sink.append(MAGIC);
  sink.byte(WIRE_VERSION);
  sink.word(0);
  sink.integer(families.length);
  for (const family of families) {
    const shape = encodeShape(family);
    sink.word(shape.length);
    sink.append(shape);
    writeColumns(sink, family);
  }
  const bytes = sink.finish();
  bytes.writeUInt32LE(crc32(bytes.subarray(HEADER_BYTES)), HEADER_BYTES - 4);
  return bytes;
}

function writeColumns(sink: ByteSink, family: FamilySnapshot): void {
  const { values, sums, counts, exemplars, created, native } = family;
  const hasExemplars = exemplars !== undefined && exemplars.size > 0;
  sink.byte(
    (sums ? SUMS : 0) |
      (counts ? COUNTS : 0) |
      (hasExemplars ? EXEMPLARS : 0) |
      (created ? CREATED : 0) |
      (native ? NATIVE : 0),
  );
  sink.column(values);
  if (sums) {
    sink.column(sums);
  }
  if (counts) {
    sink.column(counts);
  }
  if (hasExemplars) {
    sink.integer(exemplars.size);
    for (const [index, { labels, value, timestampSeconds }] of exemplars) {
      sink.integer(index);
      sink.text(JSON.stringify(labels));
      sink.column(Float64Array.of(value, timestampSeconds));
    }
  }
  if (created) {
    sink.column(created);
  }
  if (native) {
    writeNative(sink, native);
  }
}

/**
 * Decodes the snapshots of one process. While the bytes of a shape do not change, the result has the same objects, so that callers can
 * cache by them.
 */
export class SnapshotDecoder {
  private shapes: { readonly bytes: Buffer; readonly shape: Shape }[] = [];

  /** @throws {@link UnreadableSnapshotError} on bytes that this version of `encodeSnapshots()` has not made. */
  decode(bytes: Buffer): FamilySnapshot[] {
    assertReadable(bytes);
    try {
      const source = new ByteSource(bytes.subarray(HEADER_BYTES));
      const count = source.integer();
      const families: FamilySnapshot[] = [];
      for (let index = 0; index < count; index += 1) {
        families.push(this.family(source, index));
      }
      if (!source.isAtEnd) {
        throw new RangeError('more bytes than families');
      }
      this.shapes.length = count;
      return families;
    } catch (error) {
      const reason = error instanceof RangeError ? error.message : 'no JSON where there should be some';
      throw new UnreadableSnapshotError(`A snapshot of metrics is damaged: ${reason}.`, { cause: error });
    }
  }

  private family(source: ByteSource, index: number): FamilySnapshot {
    const { descriptor, constantLabels, labelRows } = this.shape(source.slice(source.word()), index);
    const parts = source.byte();
    assertPartsFit(descriptor, parts);
    const values = columnOf(source, labelRows.length * widthOf({ descriptor }));
    return {
      descriptor,
      constantLabels,
      labelRows,
      values,
      ...(parts & SUMS && { sums: columnOf(source, labelRows.length) }),
      ...(parts & COUNTS && { counts: columnOf(source, labelRows.length) }),
      ...(parts & EXEMPLARS && { exemplars: readExemplars(source, values.length) }),
      ...(parts & CREATED && { created: columnOf(source, labelRows.length) }),
      ...(parts & NATIVE && { native: readNative(source, labelRows.length) }),
    };
  }

  private shape(bytes: Buffer, index: number): Shape {
    const known = this.shapes[index];
    if (known?.bytes.equals(bytes) === true) {
      return known.shape;
    }
    const shape = decodeShape(bytes);
    // A copy: these bytes must not keep the whole message in memory.
    this.shapes[index] = { bytes: Buffer.from(bytes), shape };
    return shape;
  }
}

function assertReadable(bytes: Buffer): void {
  const isOurs = bytes.length >= HEADER_BYTES && bytes.subarray(0, MAGIC.length).equals(MAGIC);
  if (!isOurs) {
    throw new UnreadableSnapshotError('These bytes are not a snapshot of metrics.');
  }
  const version = bytes[MAGIC.length] as number;
  if (version !== WIRE_VERSION) {
    throw new UnreadableSnapshotError(
      `A snapshot of metrics has the version ${version}; this process reads ${WIRE_VERSION}.`,
    );
  }
  if (crc32(bytes.subarray(HEADER_BYTES)) !== bytes.readUInt32LE(HEADER_BYTES - 4)) {
    throw new UnreadableSnapshotError('A snapshot of metrics is damaged: its checksum is wrong.');
  }
}

/** Each type has its columns; a ratio has the columns of its sums when they are known. */
function assertPartsFit({ type, aggregation }: FamilyDescriptor, parts: number): void {
  const columns = parts & ~(EXEMPLARS | CREATED | NATIVE);
  const isRatio = type === 'gauge' && aggregation === 'ratio';
  const needed = { histogram: SUMS, summary: SUMS | COUNTS }[type as string] ?? 0;
  if (columns !== needed && !(isRatio && columns === (SUMS | COUNTS))) {
    throw new RangeError(`columns that do not belong to a ${type}`);
  }
  if ((parts & NATIVE) !== 0 && type !== 'histogram') {
    throw new RangeError(`native buckets of a ${type}`);
  }
}

function columnOf(source: ByteSource, length: number): Float64Array {
  const column = source.column();
  if (column.length !== length) {
    throw new RangeError('values do not fit the series');
  }
  return column;
}

function readExemplars(source: ByteSource, values: number): ReadonlyMap<number, Exemplar> {
  const exemplars = new Map<number, Exemplar>();
  for (let left = source.integer(); left > 0; left -= 1) {
    const index = source.integer();
    const labels: unknown = JSON.parse(source.text());
    const [value, timestampSeconds] = columnOf(source, 2) as unknown as [number, number];
    if (index >= values || !areLabels(labels)) {
      throw new RangeError('an exemplar of no value');
    }
    exemplars.set(index, { labels, value, timestampSeconds });
  }
  return exemplars;
}
