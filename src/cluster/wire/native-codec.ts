import {
  MAX_INDEX,
  MAX_SCHEMA,
  MIN_SCHEMA,
  MIN_ZERO_EXPONENT,
  ZERO_EXPONENT_STEP,
} from '../../core/exponential-buckets.js';
import {
  FEWEST_NATIVE_BUCKETS,
  MOST_NATIVE_BUCKETS,
  type NativeColumns,
  type SparseColumns,
} from '../../core/native-columns.js';
import type { ByteSink } from './byte-sink.js';
import type { ByteSource } from './byte-source.js';

/** The largest exponent of a number. */
const MAX_EXPONENT = 1024;

export function writeNative(sink: ByteSink, native: NativeColumns): void {
  sink.integer(native.maxBuckets);
  writeSigned(sink, native.schemas);
  writeSigned(sink, native.zeroExponents);
  sink.column(native.zeroCounts);
  writeSparse(sink, native.positive);
  writeSparse(sink, native.negative);
}

/** @throws RangeError on bytes that {@link writeNative} does not write for `rows` series. */
export function readNative(source: ByteSource, rows: number): NativeColumns {
  const maxBuckets = source.integer();
  assert(
    maxBuckets >= FEWEST_NATIVE_BUCKETS && maxBuckets <= MOST_NATIVE_BUCKETS,
    'an illegal limit of buckets',
  );
  const schemas = readSigned(source);
  const zeroExponents = readSigned(source);
  const zeroCounts = source.column();
  assert(
    [schemas, zeroExponents, zeroCounts].every(({ length }) => length === rows),
    'native histograms that do not fit the series',
  );
  assert(
    schemas.every((schema) => schema >= MIN_SCHEMA && schema <= MAX_SCHEMA),
    'an illegal schema',
  );
  assert(zeroExponents.every(isZeroExponent), 'an illegal zero bucket');
  assert(zeroCounts.every(isCount), 'an illegal count');
  const positive = readSparse(source, rows, maxBuckets);
  const negative = readSparse(source, rows, maxBuckets);
  return { maxBuckets, schemas, zeroExponents, zeroCounts, positive, negative };
}

function writeSparse(sink: ByteSink, { starts, indexes, counts }: SparseColumns): void {
  sink.column(Float64Array.from(starts));
  writeSigned(sink, indexes);
  sink.column(counts);
}

function readSparse(source: ByteSource, rows: number, maxBuckets: number): SparseColumns {
  const starts = Uint32Array.from(source.column());
  const indexes = readSigned(source);
  const counts = source.column();
  assert(
    starts.length === rows + 1 && starts[0] === 0 && starts[rows] === indexes.length,
    'buckets that do not fit the series',
  );
  assert(counts.length === indexes.length && counts.every(isCount), 'counts that do not fit the buckets');
  for (let row = 0; row < rows; row += 1) {
    const start = starts[row] as number;
    const end = starts[row + 1] as number;
    assert(start <= end && end - start <= maxBuckets, 'too many buckets of a series');
    for (let position = start; position < end; position += 1) {
      const index = indexes[position] as number;
      const isRising = position === start || index > (indexes[position - 1] as number);
      assert(isRising && Math.abs(index) <= MAX_INDEX, 'an illegal index of a bucket');
    }
  }
  return { starts, indexes, counts };
}

/** As numbers from 0 on, which take few bytes: 0, −1, 1, −2, … become 0, 1, 2, 3, … */
function writeSigned(sink: ByteSink, values: Int32Array): void {
  sink.column(Float64Array.from(values, (value) => (value >= 0 ? value * 2 : value * -2 - 1)));
}

function readSigned(source: ByteSource): Int32Array {
  return Int32Array.from(source.column(), (value) => (value % 2 === 0 ? value / 2 : (value + 1) / -2));
}

function isZeroExponent(exponent: number): boolean {
  return exponent >= MIN_ZERO_EXPONENT && exponent < MAX_EXPONENT && exponent % ZERO_EXPONENT_STEP === 0;
}

function isCount(count: number): boolean {
  return count >= 0 && Number.isSafeInteger(count);
}

function assert(isLegal: boolean, what: string): void {
  if (!isLegal) {
    throw new RangeError(what);
  }
}
