import { isElement, type Item, type Printed } from './list-element.js';

const COMPARISON = /^[=<>!~]+$/;

/** Joins two parts with a single space. */
export function join(text: string, part: string, isSpaced = true): string {
  if (text === '' || part === '') {
    return text + part;
  }
  return isSpaced ? `${text} ${part}` : text + part;
}

export function printItems(items: readonly Item[], from: number, to: number): string {
  let text = '';
  for (let index = from; index < to; index += 1) {
    const item = items[index]!;
    text = join(text, item.text, item.isSpaced);
  }
  return text;
}

/** A printed condition: alternatives of conjunctions. */
export interface PrintedCondition extends Printed {
  readonly alternatives: number;
}

/**
 * Prints a condition. Neighbouring alternatives that differ only in their values, as in `(a = ? AND b = ?) OR
 * (a = ? AND b = ?)`, are printed once: such a chain is a list of keys. Redundant parentheses are left out.
 *
 * @param isCut - true when the condition may continue: an alternative that equals the beginning of the one before is left out
 */
export function printCondition(items: readonly Item[], start: number, isCut: boolean): PrintedCondition {
  const end = items.length;
  let text = '';
  let key = '';
  let last = '';
  let alternatives = 0;
  for (let from = start; from <= end;) {
    const to = next(items, 'or', from, end);
    const { text: branch, key: branchKey } = printConjunction(items, from, to);
    const isRepeated =
      alternatives > 0 && (branchKey === last || (isCut && to === end && last.startsWith(branchKey)));
    if (!isRepeated) {
      const operator = from === start ? '' : 'OR';
      text = join(join(text, operator), branch);
      key = join(join(key, operator), branchKey);
      last = branchKey;
      alternatives += 1;
    }
    from = to + 1;
  }
  return { text, key, alternatives };
}

function printConjunction(items: readonly Item[], start: number, end: number): Printed {
  let text = '';
  let key = '';
  for (let from = start; from <= end;) {
    const to = next(items, 'and', from, end);
    const operator = from === start ? '' : 'AND';
    const inner = to - from === 1 ? items[from]!.group?.inner : undefined;
    text = join(join(text, operator), inner?.text ?? printItems(items, from, to));
    key = join(join(key, operator), inner?.key ?? keyOf(items, from, to));
    from = to + 1;
  }
  return { text, key };
}

/** Prints a condition as a key: an operand without columns becomes `?` if a comparison other than IS is next to it. */
function keyOf(items: readonly Item[], start: number, end: number): string {
  let key = '';
  let isTest = false;
  for (let from = start; from <= end;) {
    let to = from;
    while (to < end && !isComparison(items[to]!)) {
      to += 1;
    }
    const isCompared = (from > start || to < end) && !isTest;
    key = join(key, isCompared && isElement(items, from, to) ? '?' : printItems(items, from, to));
    if (to < end) {
      const { text } = items[to]!;
      key = join(key, text);
      // No value follows IS and IS NOT.
      isTest = text === 'IS' || (isTest && text === 'NOT');
    }
    from = to + 1;
  }
  return key;
}

function isComparison({ kind, text }: Item): boolean {
  return kind === 'infix' || (kind === 'operator' && COMPARISON.test(text));
}

function next(items: readonly Item[], kind: Item['kind'], from: number, end: number): number {
  let index = from;
  while (index < end && items[index]!.kind !== kind) {
    index += 1;
  }
  return index;
}
