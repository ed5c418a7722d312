import type { WordKind } from './sql-words.js';

/** A token, or a group in brackets. A `name` is a quoted name, or a word of that kind. */
export interface Item {
  readonly kind: 'value' | 'operator' | 'group' | WordKind;
  readonly text: string;
  /** White space precedes it. */
  readonly isSpaced: boolean;
  /** Set when `kind` is `group`. */
  readonly group: Group | undefined;
}

/** The contents of brackets. */
export interface Group {
  readonly opening: '' | '(' | '[';
  readonly text: string;
  /** It consists of list elements, without columns and subqueries. */
  readonly isElement: boolean;
  /** It is a list of literals and placeholders only. */
  readonly isPlain: boolean;
  /** It is in a list context, such as `ARRAY[…]`. */
  readonly isList: boolean;
  /** The text without parentheses, when they are redundant around a whole condition. */
  readonly inner: Printed | undefined;
}

/** A part of a fingerprint, and its key: the text with `?` in place of each operand without columns. */
export interface Printed {
  readonly text: string;
  readonly key: string;
}

/** The position in an element: before an operand, after a name, after an operand, after `::` or `AS`. */
type State = 'operand' | 'name' | 'value' | 'type';

/** Words that can follow an operand, by the next state. */
const SUFFIXES: ReadonlyMap<string, State> = new Map(
  Object.entries({
    // COLLATE "C", AS uuid, USING utf8, CHARACTER SET utf8
    type: 'collate as using character charset',
    // AT TIME ZONE …, JSON_OBJECT('…' VALUE …)
    operand: 'zone value',
    // timestamp(3) WITH TIME ZONE '…'
    name: 'with without',
    // AT LOCAL, UESCAPE '!', INTERVAL '1-2' YEAR TO MONTH, INTERVAL ? DAY_HOUR
    value:
      'at time local uescape to year quarter month week day hour minute second microsecond year_month day_hour ' +
      'day_minute day_second day_microsecond hour_minute hour_second hour_microsecond minute_second ' +
      'minute_microsecond second_microsecond',
  } satisfies Record<State, string>).flatMap(([state, words]) =>
    words.split(' ').map((word) => [word, state as State] as const),
  ),
);

/**
 * Whether items are a list element, which is an operand that does not depend on a row. The grammar, with any operator as sign:
 *
 *     element = { sign | NOT } primary { suffix } { operator element }
 *     primary = placeholder | literal | constant | name… literal | name… "(" [ element, … ] ")"
 *             | "(" element, … ")" | ARRAY "[" element, … "]"
 *     suffix  = "::" type | AS type | COLLATE name | AT TIME ZONE element | DAY | "[" element "]" | …
 *     type    = name… [ "(" element, … ")" ] [ "[" [ element ] "]" ]…
 */
export function isElement(items: readonly Item[], from: number, to: number): boolean {
  let state: State | undefined = 'operand';
  for (let index = from; index < to && state !== undefined; index += 1) {
    state = NEXT[state](items[index]!);
  }
  return state === 'value' || state === 'type';
}

/** Returns whether the items from `from` on can be a type name, as in CONVERT(): names, dots and groups only. */
export function isType(items: readonly Item[], from: number): boolean {
  for (let index = from; index < items.length; index += 1) {
    const { kind, text, group } = items[index]!;
    if (kind !== 'name' && group === undefined && text !== '.') {
      return false;
    }
  }
  return items.length > from;
}

const NEXT: Readonly<Record<State, (item: Item) => State | undefined>> = {
  operand({ kind, group }) {
    switch (kind) {
      case 'value':
      case 'constant':
        return 'value';
      case 'name':
        return 'name';
      case 'group':
        return group?.isElement === true ? 'value' : undefined;
      default:
        return isInfix(kind) ? 'operand' : undefined;
    }
  },
  name({ kind, text, group }) {
    switch (kind) {
      case 'value':
        return 'value';
      case 'name':
        return 'name';
      case 'group':
        return group?.isElement === true && (group.opening === '(' || group.isList) ? 'value' : undefined;
      default:
        // s.f(…), EXTRACT(EPOCH FROM …), make_interval(days => …)
        return text === '.' || text === 'FROM' || text === '=>' ? 'operand' : undefined;
    }
  },
  value({ kind, text, group }) {
    switch (kind) {
      case 'value':
        return 'value';
      case 'name':
        return SUFFIXES.get(text.toLowerCase());
      case 'group':
        return group?.isElement === true ? 'value' : undefined;
      default:
        return text === '::' ? 'type' : isInfix(kind) ? 'operand' : undefined;
    }
  },
  type({ kind, text }) {
    switch (kind) {
      case 'value':
        return 'value';
      case 'name':
      case 'group':
        return 'type';
      default:
        return text === '::' || text === '.' ? 'type' : isInfix(kind) ? 'operand' : undefined;
    }
  },
};

/** Whether an operand follows an item. */
export function isInfix(kind: Item['kind']): boolean {
  return kind === 'operator' || kind === 'infix' || kind === 'and' || kind === 'or';
}
