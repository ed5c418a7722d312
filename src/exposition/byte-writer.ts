import { formatNumber } from './format-text.js';

/** Finished bytes in chunks, which are not joined. Read only: several responses may share them. */
export interface Exposition {
  readonly chunks: readonly Uint8Array[];
  readonly byteLength: number;
}

const CHUNK_BYTES = 64 * 1024;
const WORD_BYTES = 4;
/** Room for any number, and for the surplus bytes of {@link ByteWriter.fragment}. */
export const NUMBER_ROOM = 25 + WORD_BYTES;
const ZERO = 48;

/** A short string that is written often, prepared as 32-bit words, the first byte highest. */
export interface Fragment {
  readonly words: Int32Array;
  readonly length: number;
}

/** @param text - ASCII characters only, as in all names */
export function fragment(text: string): Fragment {
  const words = new Int32Array(Math.ceil(text.length / WORD_BYTES));
  for (let index = 0; index < text.length; index += 1) {
    const shift = 24 - 8 * (index % WORD_BYTES);
    (words[index >> 2] as number) |= text.charCodeAt(index) << shift;
  }
  return { words, length: text.length };
}

/**
 * Writes an exposition into large chunks. {@link text} makes room by itself. Everything else must fit into the room of the last
 * {@link reserve}, and can be copied with {@link repeat} until the next one.
 */
export class ByteWriter {
  /** The position of the next byte in the present chunk. */
  position = 0;
  private chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private view = viewOf(this.chunk);
  private readonly chunks: Uint8Array[] = [];

  /** Makes room for `length` contiguous bytes. */
  reserve(length: number): void {
    if (this.chunk.length - this.position < length) {
      this.closeChunk();
      this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, length));
      this.view = viewOf(this.chunk);
    }
  }

  /** Writes any string. */
  text(text: string): void {
    this.reserve(text.length * 3);
    this.append(text);
  }

  /** Writes a string for which there is room. */
  append(text: string): void {
    this.position += this.chunk.write(text, this.position);
  }

  /** Writes word by word, which is faster than native code for few bytes. Overwrites up to three bytes after the fragment. */
  fragment({ words, length }: Fragment): void {
    const { view, position } = this;
    for (let index = 0; index < words.length; index += 1) {
      view.setInt32(position + index * WORD_BYTES, words[index] as number);
    }
    this.position = position + length;
  }

  byte(byte: number): void {
    this.chunk[this.position] = byte;
    this.position += 1;
  }

  /** Writes a part of other bytes. */
  slice(source: Uint8Array, start: number, end: number): void {
    this.chunk.set(source.subarray(start, end), this.position);
    this.position += end - start;
  }

  /** Writes the bytes from `start` to `end` of the present chunk again. */
  repeat(start: number, end: number): void {
    this.chunk.copyWithin(this.position, start, end);
    this.position += end - start;
  }

  /** Needs at most {@link NUMBER_ROOM}. */
  number(value: number): void {
    if ((value | 0) === value && value >= 0) {
      this.integer(value);
    } else {
      this.position += this.chunk.write(formatNumber(value), this.position, 'latin1');
    }
  }

  /** Returns everything written. */
  finish(): Exposition {
    this.closeChunk();
    return { chunks: this.chunks, byteLength: this.chunks.reduce((sum, { length }) => sum + length, 0) };
  }

  private integer(value: number): void {
    const { chunk } = this;
    let rest = value | 0;
    let position = this.position + digitsOf(rest);
    this.position = position;
    do {
      const tenth = (rest / 10) | 0;
      position -= 1;
      chunk[position] = ZERO + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
  }

  private closeChunk(): void {
    if (this.position > 0) {
      this.chunks.push(this.chunk.subarray(0, this.position));
      this.position = 0;
    }
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) {
    digits += 1;
  }
  return digits;
}
