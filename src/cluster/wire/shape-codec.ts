import type { Aggregation } from '../../core/family-definition.js';
import type { Buffer } from 'node:buffer';
import type { FamilyDescriptor, FamilySnapshot, LabelRow } from '../../core/family-snapshot.js';
import { ByteSink } from './byte-sink.js';
import { ByteSource } from './byte-source.js';

/** All of a snapshot that is no number: the same from scrape to scrape while no series comes or goes. */
export interface Shape {
  readonly descriptor: FamilyDescriptor;
  readonly constantLabels: Readonly<Record<string, string>>;
  readonly labelRows: readonly LabelRow[];
}

const NO_BOUNDS = 0;
const BUCKETS = 1;
const QUANTILES = 2;

interface Encoded {
  readonly labelRows: readonly LabelRow[];
  readonly constantKey: string;
  readonly bytes: Buffer;
}

/** What was encoded last, for descriptors that stay: those of our families. */
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

/** Families keep the row of a series for as long as they have it. */
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
      // 0 says that the series lacks the label.
      sink.integer(cell === undefined ? 0 : cell.length + 1);
      if (cell !== undefined) {
        cells.push(cell);
      }
    }
  }
  // One text: it is decoded at once, and the cells are cut out of it.
  sink.text(cells.join(''));
  return sink.finish();
}

type ShapeHead = Omit<FamilyDescriptor, 'buckets' | 'quantiles'> & {
  readonly constantLabels: Readonly<Record<string, string>>;
};

/** @throws when these are no bytes of a shape, or of one that another version has. */
export function decodeShape(bytes: Buffer): Shape {
  const source = new ByteSource(bytes);
  const head = JSON.parse(source.text()) as ShapeHead;
  if (!isUnderstood(head)) {
    throw new RangeError('not a shape that this version understands');
  }
  const { constantLabels, ...described } = head;
  const kind = source.byte();
  const bounds = [...source.column()];
  const descriptor = {
    ...described,
    ...(kind === BUCKETS && { buckets: bounds }),
    ...(kind === QUANTILES && { quantiles: bounds }),
  };
  return { descriptor, constantLabels, labelRows: readRows(source, described.labelNames.length) };
}

const AGGREGATIONS: ReadonlySet<unknown> = new Set<Aggregation | undefined>([
  ...(['sum', 'min', 'max', 'once', 'average', 'omit', 'ratio'] as const),
  undefined,
]);

/** Another version may combine processes by a rule that is not known here: guessing would be misreading. */
function isUnderstood({ name, labelNames, constantLabels, aggregation }: Partial<ShapeHead>): boolean {
  return (
    typeof name === 'string' &&
    Array.isArray(labelNames) &&
    typeof constantLabels === 'object' &&
    constantLabels !== null &&
    AGGREGATIONS.has(aggregation)
  );
}

function readRows(source: ByteSource, width: number): LabelRow[] {
  const count = source.integer();
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
