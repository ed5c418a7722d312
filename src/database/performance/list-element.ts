import type { WordKind } from './sql-words.js';

/** A token, or a group of them in brackets, which is one operand. Unquoted words are `name`s, too, when they are no keywords. */
export interface Item {
  readonly kind: 'value' | 'operator' | 'group' | WordKind;
  readonly text: string;
  /** White space is before it. */
  isSpaced: boolean;
  /** Of a group, when it is set. */
  readonly group: Group | undefined;
}

/** What is in brackets. */
export interface Group {
  readonly opening: '' | '(' | '[';
  readonly text: string;
  /** It has no column in it, and no part of another statement. */
  readonly isElement: boolean;
  /** It is a list of literals and placeholders, with nothing around them. */
  readonly isPlain: boolean;
  /** It is the list of a list context, such as `ARRAY[…]`. */
  readonly isList: boolean;
  /** Of a condition or an operand: what remains without the parentheses, when these say nothing. */
  readonly inner: Printed | undefined;
}

/** A part of a fingerprint, and the same with `?` in place of each operand without columns. */
export interface Printed {
  readonly text: string;
  readonly key: string;
}

/** Where the reader of an element is: before an operand, after a name, after an operand, after `::` or `AS`. */
type State = 'operand' | 'name' | 'value' | 'type';

/** Words that can follow an operand, and where they lead. */
const SUFFIXES: ReadonlyMap<string, State> = new Map<string, State>([
  // '…' COLLATE "C", CAST(… AS …), CONVERT(… USING …), CHAR CHARACTER SET …
  ...(['collate', 'as', 'using', 'character', 'charset'] as const).map((word) => [word, 'type'] as const),
  // … AT TIME ZONE …, AT LOCAL, TIMESTAMP(3) WITH TIME ZONE '…', U&'…' UESCAPE '!'
  ...(['at', 'time', 'local', 'uescape'] as const).map((word) => [word, 'value'] as const),
  ['zone', 'operand'],
  // JSON_OBJECT('…' VALUE …)
  ['value', 'operand'],
  ['with', 'name'],
  ['without', 'name'],
  // INTERVAL '1-2' YEAR TO MONTH, INTERVAL ? DAY_HOUR
  ...(
    'to year quarter month week day hour minute second microsecond year_month day_hour day_minute day_second ' +
    'day_microsecond hour_minute hour_second hour_microsecond minute_second minute_microsecond second_microsecond'
  )
    .split(' ')
    .map((word) => [word, 'value'] as const),
]);

/**
 * Whether items are an element of a list: an operand that depends on no row. The grammar, in which sign is any operator:
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

/** Whether items are a type, as CONVERT() has it among its arguments. */
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

/** Whether an operand follows. */
export function isInfix(kind: Item['kind']): boolean {
  return kind === 'operator' || kind === 'infix' || kind === 'and' || kind === 'or';
}
