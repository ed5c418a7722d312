import type { LimitedList } from '../live-messages.js';
import { element, setAttribute, setText } from './dom.js';

/** A column of a table. */
export interface TableColumn<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** The value that rows are sorted by; without it, the column cannot be sorted. */
  readonly order?: (row: Row) => number | string | null;
  readonly kind: 'name' | 'number' | 'text' | 'code';
  /** Whether the value asks for attention. */
  readonly isAlarm?: (row: Row) => boolean;
}

export interface TablePlan<Row> {
  readonly title: string;
  readonly columns: readonly TableColumn<Row>[];
  /** Shown instead of the rows when there are none. */
  readonly empty: string;
  /** What the rows are, below the title. */
  readonly note: (windowSeconds: number) => string;
}

interface Sorting {
  readonly column: number;
  readonly isDescending: boolean;
}

/** A table whose rows are updated in place. */
export class Table<Row> {
  readonly root: HTMLElement;
  private readonly note = element('p', { class: 'note' });
  private readonly body = element('tbody');
  private readonly heads: readonly HTMLTableCellElement[];
  private sorting: Sorting | undefined;
  private list: LimitedList<Row> = { rows: [], omitted: 0 };

  constructor(private readonly plan: TablePlan<Row>) {
    this.heads = plan.columns.map((column, index) => this.head(column, index));
    const heading = element('h2', {}, plan.title);
    const table = element(
      'table',
      {},
      element('caption', { class: 'hidden' }, plan.title),
      element('thead', {}, element('tr', {}, ...this.heads)),
      this.body,
    );
    this.root = element(
      'section',
      { 'aria-label': plan.title },
      heading,
      this.note,
      element(
        'div',
        { class: 'scroll', role: 'region', 'aria-label': `${plan.title}: table`, tabindex: '0' },
        table,
      ),
    );
  }

  draw(list: LimitedList<Row>, windowSeconds: number): void {
    this.list = list;
    const omitted = list.omitted > 0 ? ` ${list.omitted} more are not shown.` : '';
    setText(this.note, this.plan.note(windowSeconds) + omitted);
    this.drawRows();
  }

  private drawRows(): void {
    const { columns, empty } = this.plan;
    const rows = this.sorted();
    if (rows.length === 0) {
      if (this.body.firstElementChild?.className !== 'none') {
        const cell = element('td', { colspan: String(columns.length) }, empty);
        this.body.replaceChildren(element('tr', { class: 'none' }, cell));
      }
      return;
    }
    if (this.body.firstElementChild?.className === 'none') {
      this.body.replaceChildren();
    }
    while (this.body.rows.length > rows.length) {
      this.body.lastElementChild?.remove();
    }
    while (this.body.rows.length < rows.length) {
      this.body.append(element('tr', {}, ...columns.map(({ kind }) => cellOf(kind))));
    }
    rows.forEach((row, index) => {
      const { cells } = this.body.rows[index] as HTMLTableRowElement;
      columns.forEach(({ text, isAlarm }, position) => {
        const cell = cells[position] as HTMLElement;
        setText(cell, text(row));
        cell.toggleAttribute('data-alarm', isAlarm?.(row) ?? false);
      });
    });
  }

  private head(column: TableColumn<Row>, index: number): HTMLTableCellElement {
    const head = element('th', { scope: 'col', class: column.kind });
    if (column.order === undefined) {
      head.append(column.title);
      return head;
    }
    const button = element('button', { type: 'button' }, column.title);
    button.addEventListener('click', () => this.sortBy(index));
    head.append(button);
    return head;
  }

  /** The first click sorts names rising and numbers falling; a further one turns the order. */
  private sortBy(column: number): void {
    const isSame = this.sorting?.column === column;
    const isNumber = this.plan.columns[column]?.kind === 'number';
    this.sorting = { column, isDescending: isSame ? !this.sorting?.isDescending : isNumber };
    const direction = this.sorting.isDescending ? 'descending' : 'ascending';
    this.heads.forEach((head, index) => {
      if (index === column) {
        setAttribute(head, 'aria-sort', direction);
      } else {
        head.removeAttribute('aria-sort');
      }
    });
    this.drawRows();
  }

  private sorted(): readonly Row[] {
    const { sorting } = this;
    const order = sorting && this.plan.columns[sorting.column]?.order;
    if (sorting === undefined || order === undefined) {
      return this.list.rows;
    }
    const sign = sorting.isDescending ? -1 : 1;
    return this.list.rows.toSorted((one, other) => sign * compare(order(one), order(other), sign));
  }
}

/** Rows without a value come last, in both directions. */
function compare(one: number | string | null, other: number | string | null, sign: number): number {
  if (one === null || other === null) {
    return one === other ? 0 : one === null ? sign : -sign;
  }
  return typeof one === 'string' || typeof other === 'string'
    ? String(one).localeCompare(String(other))
    : one - other;
}

function cellOf(kind: TableColumn<never>['kind']): HTMLTableCellElement {
  return kind === 'name' ? element('th', { scope: 'row', class: kind }) : element('td', { class: kind });
}
