import { Buffer } from 'node:buffer';

const FIRST_BYTES = 1024;
const NUMBER_BYTES = 8;
const MAX_VARINT_BYTES = 5;

/** The encodings of a column of numbers. */
export const RAW_COLUMN = 0;
export const INTEGER_COLUMN = 1;

/** The largest number that is written as an integer of few bytes. */
const LARGEST_INTEGER = 2 ** 32 - 1;

/** A growing buffer of written bytes. */
export class ByteSink {
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  private position = 0;

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position] = value;
    this.position += 1;
  }

  word(value: number): void {
    this.reserve(4);
    this.position = this.bytes.writeUInt32LE(value, this.position);
  }

  /** Writes an integer from 0 to 2³²−1, with seven bits per byte. */
  integer(value: number): void {
    this.reserve(MAX_VARINT_BYTES);
    this.position = writeVarint(this.bytes, this.position, value);
  }

  /** Writes a string, preceded by its length in bytes. */
  text(text: string): void {
    this.reserve(4 + text.length * 3);
    const length = this.bytes.write(text, this.position + 4);
    this.bytes.writeUInt32LE(length, this.position);
    this.position += 4 + length;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  /** Writes numbers without loss, NaN and −0 included. Counts, the most frequent numbers, take a byte or two. */
  column(values: Float64Array): void {
    this.integer(values.length);
    if (!values.every(isCount)) {
      this.byte(RAW_COLUMN);
      this.append(new Uint8Array(values.buffer, values.byteOffset, values.length * NUMBER_BYTES));
      return;
    }
    this.byte(INTEGER_COLUMN);
    this.reserve(values.length * MAX_VARINT_BYTES);
    const { bytes } = this;
    let { position } = this;
    for (let index = 0; index < values.length; index += 1) {
      position = writeVarint(bytes, position, values[index] as number);
    }
    this.position = position;
  }

  /** Returns the written bytes. The sink must not be used afterwards. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.position);
  }

  private reserve(length: number): void {
    const needed = this.position + length;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.position));
      this.bytes = larger;
    }
  }
}

function isCount(value: number): boolean {
  return value >= 0 && value <= LARGEST_INTEGER && value >>> 0 === value && !Object.is(value, -0);
}

function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let position = start;
  let rest = value;
  while (rest > 127) {
    bytes[position] = (rest & 127) | 128;
    position += 1;
    rest >>>= 7;
  }
  bytes[position] = rest;
  return position + 1;
}
