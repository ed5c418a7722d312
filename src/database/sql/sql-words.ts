/**
 * The role of a word in a fingerprint:
 * - `clause`: begins a part of a statement; `condition`: a part that is a condition
 * - `and`, `or`; `infix`: another operator that precedes an operand
 * - `constant`: an operand
 * - `name`: any other word, such as a column, a function, a type
 */
export type WordKind = 'clause' | 'condition' | 'and' | 'or' | 'infix' | 'constant' | 'name';

const KINDS: Readonly<Record<Exclude<WordKind, 'and' | 'or'>, string>> = {
  clause:
    'SELECT FROM INTO VALUES SET JOIN INNER CROSS FULL GROUP ORDER LIMIT OFFSET FETCH UNION INTERSECT EXCEPT ' +
    'RETURNING WINDOW THEN ELSE INSERT UPDATE DELETE MERGE',
  condition: 'WHERE ON HAVING WHEN',
  infix: 'NOT IN ANY SOME ALL LIKE ILIKE SIMILAR REGEXP RLIKE GLOB BETWEEN IS DIV FOR',
  constant:
    'NULL TRUE FALSE DEFAULT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER LOCALTIME LOCALTIMESTAMP ' +
    'SYSDATE SYSTIMESTAMP UTC_TIMESTAMP',
  name:
    'AS BY ASC DESC DISTINCT CASE END EXISTS CAST COALESCE CONVERT TRY_CONVERT FIELD ARRAY ROW WITH RECURSIVE COLLATE LEFT RIGHT OUTER ' +
    'NATURAL LATERAL USING OVER PARTITION FILTER CONFLICT DUPLICATE KEY DO NOTHING CREATE ALTER DROP TABLE INDEX ' +
    'UNIQUE PRIMARY FOREIGN REFERENCES CONSTRAINT CHECK COUNT SUM AVG MIN MAX',
};

const KEYWORDS: ReadonlyMap<string, WordKind> = new Map([
  ['AND', 'and'],
  ['OR', 'or'],
  ...Object.entries(KINDS).flatMap(([kind, words]) =>
    words.split(' ').map((word) => [word, kind as WordKind] as const),
  ),
]);

/** Returns a keyword in capitals; `undefined` for another word. */
export function keywordOf(word: string): string | undefined {
  if (KEYWORDS.has(word)) {
    return word;
  }
  const capitals = word.toUpperCase();
  return KEYWORDS.has(capitals) ? capitals : undefined;
}

/** Returns the role of a keyword in capitals. Any other word is a name. */
export function wordKind(keyword: string): WordKind {
  return KEYWORDS.get(keyword) ?? 'name';
}
