import { Buffer } from 'node:buffer';

/** A piece of an exposition and some. */
const FIRST_BYTES = 40 * 1024;
const DOUBLE_BYTES = 8;
/** There is no buffer before the first byte: making one costs more than writing a small message. */
const NO_BYTES = Buffer.alloc(0);
/** A number of 64 bits, with seven bits per byte. */
const MAX_VARINT_BYTES = 10;
/** Larger numbers have no bit operators. */
const LARGEST_INT32 = 2 ** 31 - 1;

/**
 * Writes messages of Protocol Buffers into a growing buffer. A field's `tag` is its number, shifted by 3, and the wire type of its
 * value; all tags here take one byte.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class MessageWriter {
  private bytes: Buffer = NO_BYTES;
  private view = viewOf(NO_BYTES);
  private end = 0;

  /** @param firstBytes - the size of new buffers */
  constructor(private readonly firstBytes = FIRST_BYTES) {}

  /** The number of bytes since the last {@link take}. */
  get length(): number {
    return this.end;
  }

  /** Returns the bytes since the last call. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.end);
    this.bytes = NO_BYTES;
    this.end = 0;
    return taken;
  }

  /**
   * Begins a field that is a message, or a packed list. Returns its position, for {@link close}.
   *
   * @param lengthBytes - the number of bytes that its length will probably take; another number has it moved
   */
  open(tag: number, lengthBytes: number): number {
    this.reserve(1);
    this.bytes[this.end] = tag;
    this.end += 1;
    return this.openDelimited(lengthBytes);
  }

  /** As {@link open}, without a tag: for the messages of a stream. */
  openDelimited(lengthBytes: number): number {
    this.reserve(lengthBytes);
    this.end += lengthBytes;
    return this.end;
  }

  /** Ends the field that was opened last, and writes its length before it. */
  close(start: number, lengthBytes: number): void {
    const length = this.end - start;
    const needed = varintBytes(length);
    if (needed !== lengthBytes) {
      this.reserve(needed);
      this.bytes.copyWithin(start - lengthBytes + needed, start, this.end);
      this.end += needed - lengthBytes;
    }
    const { end } = this;
    this.end = start - lengthBytes;
    this.rawVarint(length);
    this.end = end;
  }

  string(tag: number, text: string): void {
    this.reserve(1);
    this.bytes[this.end] = tag;
    this.end += 1;
    this.rawVarint(Buffer.byteLength(text));
    this.reserve(text.length * 3);
    this.end += this.bytes.write(text, this.end);
  }

  /** Writes bytes that are given as the characters of a string. */
  raw(text: string): void {
    this.reserve(text.length);
    this.end += this.bytes.write(text, this.end, 'latin1');
  }

  double(tag: number, value: number): void {
    this.reserve(1 + DOUBLE_BYTES);
    this.bytes[this.end] = tag;
    this.view.setFloat64(this.end + 1, value, true);
    this.end += 1 + DOUBLE_BYTES;
  }

  /** @param value - a whole number from 0 to 2⁵³ */
  varint(tag: number, value: number): void {
    this.reserve(1);
    this.bytes[this.end] = tag;
    this.end += 1;
    this.rawVarint(value);
  }

  /** Writes a signed number. */
  zigzag(tag: number, value: number): void {
    this.varint(tag, zigzagOf(value));
  }

  /** Writes a packed list: each of some numbers, from the second on as its difference from the one before. */
  differences(tag: number, values: Float64Array, first: number, last: number): void {
    const start = this.open(tag, 2);
    this.reserve((last - first + 1) * MAX_VARINT_BYTES);
    const { bytes } = this;
    let { end } = this;
    let previous = 0;
    for (let index = first; index <= last; index += 1) {
      const value = values[index] as number;
      const rest = zigzagOf(value - previous);
      previous = value;
      if (rest < 128) {
        bytes[end] = rest;
        end += 1;
      } else if (rest < 16_384) {
        bytes[end] = (rest & 127) | 128;
        bytes[end + 1] = rest >>> 7;
        end += 2;
      } else {
        this.end = end;
        this.rawVarint(rest);
        ({ end } = this);
      }
    }
    this.end = end;
    this.close(start, 2);
  }

  /** Writes a number without a tag. */
  rawVarint(value: number): void {
    this.reserve(MAX_VARINT_BYTES);
    const { bytes } = this;
    let { end } = this;
    let rest = value;
    while (rest > LARGEST_INT32) {
      bytes[end] = (rest % 128) | 128;
      end += 1;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[end] = (rest & 127) | 128;
      end += 1;
      rest >>>= 7;
    }
    bytes[end] = rest;
    this.end = end + 1;
  }

  private reserve(length: number): void {
    const needed = this.end + length;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2, this.firstBytes));
      larger.set(this.bytes.subarray(0, this.end));
      this.bytes = larger;
      this.view = viewOf(larger);
    }
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** 0, −1, 1, −2, … become 0, 1, 2, 3, … */
function zigzagOf(value: number): number {
  return value >= 0 ? value * 2 : value * -2 - 1;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) {
    bytes += 1;
  }
  return bytes;
}
