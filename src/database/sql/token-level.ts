import { join, printCondition, printItems } from './condition.js';
import { type Group, isElement, isInfix, isType, type Item, type Printed } from './list-element.js';

/** The contents of brackets: a list, arguments, arguments of CONVERT() with the type first or second, or anything else. */
export type Context = 'list' | 'call' | 'type first' | 'type second' | 'plain';

const LITERALS: ReadonlySet<string> = new Set(['NULL', 'DEFAULT', 'TRUE', 'FALSE']);
const NOTHING: Printed = { text: '', key: '' };
const INTERVAL = /^interval$/i;

/**
 * One level of brackets, or the whole statement. Commas divide it into elements, and clauses such as WHERE divide an element into
 * segments. Its text is built while it is read: each segment at its end, then the element.
 */
export class TokenLevel {
  /** The index of the first item of the segment. */
  private readonly from: number;
  /** The keyword before the segment. */
  clause = '';
  private isCondition: boolean;
  private hasLogic = false;

  /** The element: the text of its complete segments, and the form of the last one if it is the whole element. */
  private segments = '';
  private isElement = false;
  private isPlain = false;
  private inner: Printed | undefined;

  /** The complete elements. */
  private printed = '';
  private lastElement: string | undefined;
  private count = 0;
  private areElements = true;
  private arePlain: boolean;

  /** Whether the segment consists of the rows of VALUES. */
  isRows = false;
  private lastRow: string | undefined;
  private isRowNext = false;

  /** @param items - the items of the open segments of all levels, the innermost level last; one array for speed */
  constructor(
    private readonly items: Item[],
    readonly opening: '' | '(' | '[',
    readonly isSpaced: boolean,
    private readonly context: Context,
  ) {
    this.from = items.length;
    this.isCondition = opening === '(';
    this.arePlain = opening !== '';
  }

  get isList(): boolean {
    return this.context === 'list';
  }

  /** Whether the current segment is an argument of a call. */
  get isArgument(): boolean {
    return this.context === 'call' && this.clause === '';
  }

  /** Whether an operand follows, so that `-` is its sign. */
  get isBeforeOperand(): boolean {
    const { last } = this;
    return last === undefined || isInfix(last.kind) || (last.kind === 'name' && INTERVAL.test(last.text));
  }

  /** The last item of the segment. */
  get last(): Item | undefined {
    const { items } = this;
    return items.length > this.from ? items[items.length - 1] : undefined;
  }

  add(item: Item): void {
    if (this.isRows && item.kind !== 'group' && item.text !== 'ROW') {
      this.endRows();
    }
    this.hasLogic ||= item.kind === 'and' || item.kind === 'or';
    this.items.push(item);
  }

  /** Drops the sign of a value. */
  addValue(isSpaced: boolean): void {
    let isValueSpaced = isSpaced;
    for (let sign = this.last; sign?.text === '-' || sign?.text === '+'; sign = this.last) {
      this.items.pop();
      if (!this.isBeforeOperand) {
        this.items.push(sign);
        break;
      }
      isValueSpaced = sign.isSpaced;
    }
    this.add({ kind: 'value', text: '?', isSpaced: isValueSpaced, group: undefined });
  }

  addClause(keyword: string, isCondition: boolean): void {
    this.endSegment(false);
    this.segments = join(this.segments, keyword);
    this.clause = keyword;
    this.isCondition = isCondition;
    this.isRows = keyword === 'VALUES';
    this.lastRow = undefined;
  }

  addSemicolon(): void {
    this.endSegment(false);
    this.segments += ';';
    this.clause = ';';
    this.isCondition = false;
    this.isRows = false;
  }

  addComma(): void {
    if (this.isRows) {
      this.endRow();
      this.isRowNext = true;
    } else {
      this.endSegment(false);
      this.endElement(false);
    }
  }

  /** @param isCut - true when the text continues and is not read: an incomplete element of a list is left out */
  end(isCut: boolean): Group {
    if (isCut && this.isRows && this.lastRow !== undefined) {
      this.clear();
      this.isRowNext = false;
    }
    this.endSegment(isCut);
    const isEmpty = this.count === 0 && this.segments === '';
    if (!isEmpty) {
      this.endElement(isCut);
    }
    const isPlain = !isEmpty && (this.arePlain || (this.isList && this.areElements));
    return {
      opening: this.opening,
      text: isPlain ? '?' : this.printed,
      isElement: this.areElements,
      isPlain,
      isList: this.isList,
      inner: isEmpty && isCut ? NOTHING : this.count === 1 && !isPlain ? this.inner : undefined,
    };
  }

  /** In a list, elements without columns become `?`, and equal neighbours one element. */
  private endElement(isCut: boolean): void {
    const { segments, count } = this;
    const text = this.isList && this.isElement ? '?' : segments;
    const isRepeated = segments !== '' && text === this.lastElement;
    const isBroken = isCut && !this.isElement;
    if (!(this.isList && count > 0 && (isRepeated || isBroken))) {
      this.printed = count === 0 ? text : `${this.printed}, ${text}`;
      this.lastElement = text;
      this.areElements &&= this.isElement;
      this.arePlain &&= this.isPlain;
    }
    this.count += 1;
    this.segments = '';
    this.clause = '';
    this.isCondition = this.opening === '(';
  }

  /** Prints the items of a segment, and determines whether they are a list element. */
  private endSegment(isCut: boolean): void {
    if (this.isRows) {
      this.endRow();
    }
    const { items, from } = this;
    const size = items.length - from;
    const isWhole = this.opening !== '' && this.clause === '';
    this.isElement =
      isWhole && (isElement(items, from, items.length) || (this.isType && isType(items, from)));
    this.isPlain = isWhole && size === 1 && isPlainItem(items[from]!);
    this.inner = undefined;
    if (size === 0) {
      return;
    }
    const isOperand = isWhole && this.isCondition && this.context === 'plain' && this.count === 0;
    const isGroup = this.isCondition && size === 1 && items[from]!.group !== undefined;
    if (this.hasLogic || isOperand || isGroup) {
      const condition = printCondition(items, from, isCut);
      this.segments = join(this.segments, condition.text);
      this.isPlain ||= isWhole && condition.text === '?';
      this.inner = isOperand && condition.alternatives === 1 ? condition : undefined;
    } else {
      this.segments = join(this.segments, printItems(items, from, items.length));
    }
    this.clear();
    this.hasLogic = false;
  }

  /** Prints equal neighbouring rows once. */
  private endRow(): void {
    const row = printItems(this.items, this.from, this.items.length);
    this.clear();
    if (row !== this.lastRow) {
      this.segments = join(this.isRowNext ? `${this.segments},` : this.segments, row);
      this.lastRow = row;
    }
    this.isRowNext = false;
  }

  /** The following items belong to the last row, as in `VALUES(a) + 1` of MySQL. */
  private endRows(): void {
    if (printItems(this.items, this.from, this.items.length) === this.lastRow) {
      this.clear();
    } else if (this.isRowNext) {
      this.segments += ',';
    }
    this.isRowNext = false;
    this.isRows = false;
  }

  private clear(): void {
    while (this.items.length > this.from) {
      this.items.pop();
    }
  }

  private get isType(): boolean {
    return (
      (this.context === 'type first' && this.count === 0) ||
      (this.context === 'type second' && this.count === 1)
    );
  }
}

function isPlainItem({ kind, text, group }: Item): boolean {
  return kind === 'value' || (kind === 'constant' && LITERALS.has(text)) || group?.isPlain === true;
}
