import type { Buffer } from 'node:buffer';
import type { FamilyDescriptor, FamilySnapshot, LabelRow } from '../../core/family-snapshot.js';
import { ByteSink } from './byte-sink.js';
import { ByteSource } from './byte-source.js';
import { BUCKETS, boundsProblem, headProblem, NO_BOUNDS, QUANTILES, type ShapeHead } from './shape-rules.js';

/** A snapshot without its numbers. It does not change while no series appears or disappears. */
export interface Shape {
  readonly descriptor: FamilyDescriptor;
  readonly constantLabels: Readonly<Record<string, string>>;
  readonly labelRows: readonly LabelRow[];
}

interface Encoded {
  readonly labelRows: readonly LabelRow[];
  readonly constantKey: string;
  readonly bytes: Buffer;
}

/** The last encoded shapes, by descriptors that stay: those of our families. */
const encodedShapes = new WeakMap<FamilyDescriptor, Encoded>();

export function encodeShape({ descriptor, constantLabels = {}, labelRows }: FamilySnapshot): Buffer {
  const constantKey = JSON.stringify(constantLabels);
  const known = encodedShapes.get(descriptor);
  if (known?.constantKey === constantKey && haveSameRows(known.labelRows, labelRows)) {
    return known.bytes;
  }
  const bytes = writeShape({ descriptor, constantLabels, labelRows });
  encodedShapes.set(descriptor, { labelRows, constantKey, bytes });
  return bytes;
}

/** Compares rows by identity: a family keeps the row of a series while the series exists. */
function haveSameRows(rows: readonly LabelRow[], others: readonly LabelRow[]): boolean {
  return rows.length === others.length && rows.every((row, index) => row === others[index]);
}

function writeShape({ descriptor, constantLabels, labelRows }: Shape): Buffer {
  const { name, help, type, labelNames, buckets, quantiles, aggregation } = descriptor;
  const sink = new ByteSink();
  sink.text(JSON.stringify({ name, help, type, labelNames, aggregation, constantLabels }));
  sink.byte(buckets ? BUCKETS : quantiles ? QUANTILES : NO_BOUNDS);
  sink.column(Float64Array.from(buckets ?? quantiles ?? []));
  sink.integer(labelRows.length);
  const cells: string[] = [];
  for (const row of labelRows) {
    for (let column = 0; column < labelNames.length; column += 1) {
      const cell = row[column];
      // 0 means that the series lacks the label.
      sink.integer(cell === undefined ? 0 : cell.length + 1);
      if (cell !== undefined) {
        cells.push(cell);
      }
    }
  }
  // One string is decoded at once, and the cells are sliced from it.
  sink.text(cells.join(''));
  return sink.finish();
}

/** @throws RangeError when the bytes are not a shape, or an illegal one. */
export function decodeShape(bytes: Buffer): Shape {
  const source = new ByteSource(bytes);
  const head = JSON.parse(source.text()) as ShapeHead;
  refuse(headProblem(head));
  const kind = source.byte();
  const bounds = [...source.column()];
  refuse(boundsProblem(head.type, kind, bounds));
  // Other properties of the head are dropped.
  const { name, help, type, labelNames, aggregation, constantLabels } = head;
  const descriptor = {
    name,
    help,
    type,
    labelNames,
    ...(aggregation && { aggregation }),
    ...(kind === BUCKETS && { buckets: bounds }),
    ...(kind === QUANTILES && { quantiles: bounds }),
  };
  return { descriptor, constantLabels, labelRows: readRows(source, labelNames.length) };
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) {
    throw new RangeError(problem);
  }
}

function readRows(source: ByteSource, width: number): LabelRow[] {
  const count = source.integer();
  // Rows without labels take no bytes: their number must be limited.
  refuse(width === 0 && count > 1 ? 'several series without labels' : undefined);
  const lengths: number[] = [];
  for (let cell = 0; cell < count * width; cell += 1) {
    lengths.push(source.integer());
  }
  const text = source.text();
  const rows: LabelRow[] = [];
  let start = 0;
  for (let row = 0; row < count; row += 1) {
    const cells: (string | undefined)[] = [];
    for (let column = 0; column < width; column += 1) {
      const length = (lengths[row * width + column] as number) - 1;
      cells.push(length < 0 ? undefined : text.slice(start, start + length));
      start += Math.max(0, length);
    }
    rows.push(cells);
  }
  if (start !== text.length || !source.isAtEnd) {
    throw new RangeError('labels do not fit their lengths');
  }
  return rows;
}
