import { coarserIndex } from '../exponential-buckets.js';
import type { SparseRow } from '../native-columns.js';

/** Shared by all that have no buckets yet. */
const NO_INDEXES = new Int32Array(0);
const NO_COUNTS = new Float64Array(0);
const NO_SLOTS = new Uint16Array(1);

const FIRST_CAPACITY = 8;
const GROWTH = 1.5;

/** 2^32 divided by the golden ratio: spreads indexes that follow each other, and multiples of powers of two. */
const SPREAD = 0x9e3779b1;
const SPREAD_BITS = 16;

/**
 * Counts by the index of a bucket. Indexes and counts are sorted lists, so that a snapshot is a copy; a hash table has the position
 * of each index, so that counting does not search. Inserting is slow, and rare.
 */
export class SparseCounts implements SparseRow {
  indexes = NO_INDEXES;
  counts = NO_COUNTS;
  length = 0;
  /** Positions plus 1, by the hash of the index; 0 where there is none. At least half of them are 0. */
  private slots = NO_SLOTS;

  /** Adds to the count of a bucket that is there. Returns false when it is not. */
  increase(index: number, count: number): boolean {
    const { slots, indexes } = this;
    const mask = slots.length - 1;
    let slot = (Math.imul(index, SPREAD) >>> SPREAD_BITS) & mask;
    for (;;) {
      const position = (slots[slot] as number) - 1;
      if (position < 0) {
        return false;
      }
      if (indexes[position] === index) {
        (this.counts[position] as number) += count;
        return true;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** Adds a bucket that is not there. */
  insert(index: number, count: number): void {
    const position = this.positionOf(index);
    const isLast = position === this.length;
    const hasGrown = this.length === this.indexes.length;
    if (hasGrown) {
      this.grow();
    }
    this.indexes.copyWithin(position + 1, position, this.length);
    this.counts.copyWithin(position + 1, position, this.length);
    this.indexes[position] = index;
    this.counts[position] = count;
    this.length += 1;
    if (isLast && !hasGrown) {
      this.place(position);
    } else {
      this.placeAll();
    }
  }

  /** Joins the buckets to those of a schema that is lower by `steps`. */
  coarsen(steps: number): void {
    const { indexes, counts, length } = this;
    let last = -1;
    for (let position = 0; position < length; position += 1) {
      const index = coarserIndex(indexes[position] as number, steps);
      if (last >= 0 && indexes[last] === index) {
        (counts[last] as number) += counts[position] as number;
      } else {
        last += 1;
        indexes[last] = index;
        counts[last] = counts[position] as number;
      }
    }
    this.length = last + 1;
    this.placeAll();
  }

  /** Removes the buckets up to `lastIndex`, and returns the sum of their counts. */
  removeUpTo(lastIndex: number): number {
    const removed = this.positionOf(lastIndex + 1);
    if (removed === 0) {
      return 0;
    }
    let sum = 0;
    for (let position = 0; position < removed; position += 1) {
      sum += this.counts[position] as number;
    }
    this.indexes.copyWithin(0, removed, this.length);
    this.counts.copyWithin(0, removed, this.length);
    this.length -= removed;
    this.placeAll();
    return sum;
  }

  /** Removes all buckets, and releases the memory. */
  clear(): void {
    this.indexes = NO_INDEXES;
    this.counts = NO_COUNTS;
    this.slots = NO_SLOTS;
    this.length = 0;
  }

  /** Returns the position of the first bucket whose index is not below `index`. */
  private positionOf(index: number): number {
    let start = 0;
    let end = this.length;
    while (start < end) {
      const middle = (start + end) >>> 1;
      if ((this.indexes[middle] as number) < index) {
        start = middle + 1;
      } else {
        end = middle;
      }
    }
    return start;
  }

  private grow(): void {
    const { indexes, counts } = this;
    const capacity = Math.max(FIRST_CAPACITY, Math.ceil(this.length * GROWTH));
    this.indexes = new Int32Array(capacity);
    this.indexes.set(indexes);
    this.counts = new Float64Array(capacity);
    this.counts.set(counts);
    this.slots = new Uint16Array(2 ** Math.ceil(Math.log2(capacity) + 1));
  }

  private placeAll(): void {
    this.slots.fill(0);
    for (let position = 0; position < this.length; position += 1) {
      this.place(position);
    }
  }

  private place(position: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = (Math.imul(this.indexes[position] as number, SPREAD) >>> SPREAD_BITS) & mask;
    while (slots[slot] !== 0) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = position + 1;
  }
}
