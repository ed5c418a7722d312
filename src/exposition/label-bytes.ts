import type { FamilyDescriptor, FamilySnapshot, LabelRow } from '../core/family-snapshot.js';
import { labelPair } from './format-text.js';

const EMPTY = Buffer.alloc(0);
const FIRST_BYTES = 64;

type ConstantLabels = readonly (readonly [name: string, value: string])[];

/**
 * The labels of a family's series as bytes (`a="1",b="2"`), one series after the other. They are cached from scrape to scrape by the
 * family's descriptor: series seldom disappear, and new ones are appended. All formats share them.
 */
export class LabelBytes {
  private readonly rows: LabelRow[] = [];
  /** The end of each row's labels, after a first 0. */
  private readonly ends: number[] = [0];
  private buffer: Buffer = EMPTY;
  private plain: Uint8Array = EMPTY;

  private constructor(
    private readonly descriptor: FamilyDescriptor,
    private readonly constantLabels: ConstantLabels,
    private readonly constantKey: string,
  ) {}

  /** Returns the bytes of the last scrape when the constant labels are the same; else new ones. */
  static of({ descriptor, constantLabels = {} }: FamilySnapshot): LabelBytes {
    const constants = Object.entries(constantLabels);
    if (descriptor.labelNames.length === 0 && constants.length === 0) {
      // Without labels there is nothing to cache. A host may have thousands of such families.
      return new LabelBytes(descriptor, constants, '');
    }
    const constantKey = JSON.stringify(constants);
    const known = KNOWN.get(descriptor);
    if (known?.constantKey === constantKey) {
      return known;
    }
    const made = new LabelBytes(descriptor, constants, constantKey);
    KNOWN.set(descriptor, made);
    return made;
  }

  /**
   * Returns bytes that include the row at `index`, after all rows before it. When another row was at `index`, the result is a copy:
   * a concurrent scrape may still write the old rows.
   */
  including(index: number, row: LabelRow): LabelBytes {
    if (this.rows[index] === row) {
      return this;
    }
    const bytes = index < this.rows.length ? this.first(index) : this;
    bytes.append(row);
    return bytes;
  }

  /** Drops the labels of series that no longer exist. */
  ending(length: number): void {
    if (length < this.rows.length) {
      this.first(length);
    }
  }

  /** A `Uint8Array`, because `subarray()` of a `Buffer` is slower. */
  get bytes(): Uint8Array {
    return this.plain;
  }

  start(index: number): number {
    return this.ends[index] as number;
  }

  end(index: number): number {
    return this.ends[index + 1] as number;
  }

  /** Returns a copy with the first rows only, which replaces these bytes in the cache. */
  private first(length: number): LabelBytes {
    const copy = new LabelBytes(this.descriptor, this.constantLabels, this.constantKey);
    for (let index = 0; index < length; index += 1) {
      copy.rows.push(this.rows[index] as LabelRow);
      copy.ends.push(this.end(index));
    }
    copy.keep(Buffer.from(this.buffer.subarray(0, this.ends[length])));
    KNOWN.set(this.descriptor, copy);
    return copy;
  }

  private append(row: LabelRow): void {
    const text = labelText(this.descriptor.labelNames, row, this.constantLabels);
    const start = this.ends.at(-1) as number;
    const needed = start + text.length * 3;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2, FIRST_BYTES));
      larger.set(this.buffer.subarray(0, start));
      this.keep(larger);
    }
    this.rows.push(row);
    this.ends.push(start + this.buffer.write(text, start));
  }

  private keep(buffer: Buffer): void {
    this.buffer = buffer;
    this.plain = plainView(buffer);
  }
}

function plainView({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

const KNOWN = new WeakMap<FamilyDescriptor, LabelBytes>();

/** Returns the series' own labels in the declared order, then the constant labels that it does not have itself. */
function labelText(labelNames: readonly string[], row: LabelRow, constantLabels: ConstantLabels): string {
  let text = '';
  for (let index = 0; index < labelNames.length; index += 1) {
    const value = row[index];
    if (value !== undefined) {
      text += `${text === '' ? '' : ','}${labelPair(labelNames[index] as string, value)}`;
    }
  }
  for (const [name, value] of constantLabels) {
    const position = labelNames.indexOf(name);
    if (position < 0 || row[position] === undefined) {
      text += `${text === '' ? '' : ','}${labelPair(name, value)}`;
    }
  }
  return text;
}
