import { type LabelRow, rowKey } from '../core/family-snapshot.js';
import type { HostMetricValue } from '../core/host-registry.interface.js';

type Labels = HostMetricValue['labels'];

/**
 * The label rows of a foreign metric in the order of its samples. It reuses the rows of the last scrape: series seldom disappear and
 * new ones are appended, so that most samples need one comparison and no allocation.
 */
export class ForeignRows {
  private rows: LabelRow[] = [];
  private current = -1;
  /** Positions by key; `undefined` while all rows are those of the last scrape, which are known to differ. */
  private positions: Map<string, number> | undefined;

  constructor(
    private readonly labelNames: readonly string[],
    private readonly previous: readonly LabelRow[] = [],
  ) {}

  get all(): readonly LabelRow[] {
    return this.positions === undefined && this.rows.length === this.previous.length
      ? this.previous
      : this.rows;
  }

  /** Returns the position of the row with these labels; adds a new row. */
  next(labels: Labels): number {
    const end = this.rows.length;
    const before = this.previous[end];
    if (this.positions === undefined && before !== undefined && this.matches(before, labels)) {
      this.rows.push(before);
      this.current = end;
    } else {
      this.current = this.find(labels);
    }
    return this.current;
  }

  /** As {@link next}, for metrics whose samples of one row are consecutive. */
  currentOrNext(labels: Labels): number {
    const { current } = this;
    return current >= 0 && this.matches(this.rows[current] as LabelRow, labels) ? current : this.next(labels);
  }

  private find(labels: Labels): number {
    this.positions ??= new Map(this.rows.map((row, position) => [rowKey(row), position]));
    const row = this.labelNames.map((name) => textOf(labels, name));
    const key = rowKey(row);
    let position = this.positions.get(key);
    if (position === undefined) {
      position = this.rows.length;
      const before = this.previous[position];
      this.rows.push(before !== undefined && this.matches(before, labels) ? before : row);
      this.positions.set(key, position);
    }
    return position;
  }

  private matches(row: LabelRow, labels: Labels): boolean {
    const { labelNames } = this;
    if (row.length !== labelNames.length) {
      return false;
    }
    for (let index = 0; index < labelNames.length; index += 1) {
      if (textOf(labels, labelNames[index] as string) !== row[index]) {
        return false;
      }
    }
    return true;
  }
}

function textOf(labels: Labels, name: string): string | undefined {
  if (labels === undefined || !Object.hasOwn(labels, name)) {
    return undefined;
  }
  const value = labels[name];
  return value === undefined ? undefined : String(value).toWellFormed();
}
