import { Buffer } from 'node:buffer';
import { INTEGER_COLUMN, RAW_COLUMN } from './byte-sink.js';

const NUMBER_BYTES = 8;
const VARINT_SHIFTS = 28;

/** Reads the bytes of a `ByteSink`. @throws RangeError past the end, and on bytes that no sink writes. */
export class ByteSource {
  private position = 0;

  constructor(private readonly bytes: Buffer) {}

  get isAtEnd(): boolean {
    return this.position === this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.take(1)] as number;
  }

  word(): number {
    return this.bytes.readUInt32LE(this.take(4));
  }

  integer(): number {
    let value = 0;
    for (let shift = 0; shift <= VARINT_SHIFTS; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        return value;
      }
    }
    throw new RangeError('a number of too many bytes');
  }

  text(): string {
    return this.slice(this.word()).toString();
  }

  /** Returns the next bytes without copying them. */
  slice(length: number): Buffer {
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  column(): Float64Array {
    const length = this.integer();
    const kind = this.byte();
    if (kind === RAW_COLUMN) {
      const raw = this.slice(length * NUMBER_BYTES);
      // A copy, because numbers must be aligned.
      return new Float64Array(Uint8Array.from(raw).buffer);
    }
    if (kind !== INTEGER_COLUMN || length > this.bytes.length - this.position) {
      throw new RangeError('no column');
    }
    const values = new Float64Array(length);
    for (let index = 0; index < length; index += 1) {
      const byte = this.bytes[this.position] as number;
      if (byte < 128) {
        this.position += 1;
        values[index] = byte;
      } else {
        values[index] = this.integer();
      }
    }
    return values;
  }

  private take(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) {
      throw new RangeError('more was promised than there is');
    }
    this.position = start + length;
    return start;
  }
}
