import { skipToWord, skipUnread, wordAt } from './sql-text.js';

/** The values of the label `operation`. */
export const QUERY_OPERATIONS = [
  'select',
  'insert',
  'update',
  'delete',
  'transaction',
  'ddl',
  'other',
] as const;

export type QueryOperation = (typeof QUERY_OPERATIONS)[number];

/** First words by operation. `with` is read further. */
const WORDS: Readonly<Record<Exclude<QueryOperation, 'other'>, readonly string[]>> = {
  select: ['select', 'table', 'values'],
  insert: ['insert'],
  update: ['update'],
  delete: ['delete'],
  transaction: ['begin', 'start', 'commit', 'rollback', 'savepoint', 'release', 'end', 'abort'],
  ddl: ['create', 'alter', 'drop', 'truncate', 'comment', 'grant', 'revoke'],
};

/** In lower and upper case: the usual spellings need no conversion. */
const OPERATIONS: ReadonlyMap<string, QueryOperation> = new Map(
  Object.entries(WORDS).flatMap(([operation, words]) =>
    words.flatMap((word): [string, QueryOperation][] => [
      [word, operation as QueryOperation],
      [word.toUpperCase(), operation as QueryOperation],
    ]),
  ),
);

/** First words of a statement after common table expressions. */
const AFTER_WITH: ReadonlyMap<string, QueryOperation> = new Map([
  ['select', 'select'],
  ['table', 'select'],
  ['values', 'select'],
  ['insert', 'insert'],
  ['update', 'update'],
  ['delete', 'delete'],
  ['merge', 'other'],
]);

/** `SET TRANSACTION …`, `SET SESSION CHARACTERISTICS AS TRANSACTION …`, `PREPARE TRANSACTION …`. */
const SETS_TRANSACTION =
  /^(?:set|prepare)\s+(?:(?:local|session|global)\s+(?:characteristics\s+as\s+)?)?transaction\b/i;

/** The part of a text that is read. Bounds the time of hostile texts. */
const LOOKED_AT = 16_384;

/**
 * Returns the operation of a statement by its first word, or by the first word of the statement after `WITH`. In a text with
 * several statements the first one counts.
 */
export function queryOperation(text: string): QueryOperation {
  // The usual spelling of query builders.
  if (text.startsWith('SELECT ')) {
    return 'select';
  }
  const looked = text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text;
  const start = skipToWord(looked, 0);
  const word = wordAt(looked, start);
  const known = OPERATIONS.get(word);
  if (known !== undefined) {
    return known;
  }
  const lowerCase = word.toLowerCase();
  if (lowerCase === 'with') {
    return operationAfterWith(looked, start + word.length);
  }
  if (lowerCase === 'set' || lowerCase === 'prepare') {
    return SETS_TRANSACTION.test(looked.slice(start, start + 100)) ? 'transaction' : 'other';
  }
  return OPERATIONS.get(lowerCase) ?? 'other';
}

/** Returns the operation of the first statement outside of parentheses, which enclose common table expressions. */
function operationAfterWith(text: string, start: number): QueryOperation {
  let depth = 0;
  // A name may look like a statement: `WITH update AS (…)`.
  let expectsName = true;
  let isAfterParentheses = false;
  let index = start;
  while (index < text.length) {
    const skipped = skipUnread(text, index);
    if (skipped > index) {
      expectsName &&= !isQuotedName(text[index]);
      index = skipped;
      continue;
    }
    const word = wordAt(text, index);
    const char = text[index];
    if (word !== '') {
      const lowerCase = word.toLowerCase();
      const operation = depth === 0 && !expectsName ? AFTER_WITH.get(lowerCase) : undefined;
      if (operation !== undefined) {
        return operation;
      }
      expectsName &&= lowerCase === 'recursive';
      isAfterParentheses = false;
    } else if (char === '(') {
      if (depth === 0 && isAfterParentheses) {
        return 'select';
      }
      depth += 1;
    } else if (char === ')') {
      depth -= 1;
      isAfterParentheses = true;
    } else if (depth === 0 && char === ',') {
      expectsName = true;
    }
    index += Math.max(word.length, 1);
  }
  return 'other';
}

function isQuotedName(char: string | undefined): boolean {
  return char === '"' || char === '`';
}
