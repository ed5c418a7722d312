import { type Quoting, readTokens, type TokenKind } from './sql-tokens.js';

/** Receives the operations and tables of a text, in the order of the text. */
export interface StatementReader {
  /** A statement begins. */
  statement(): void;
  /** An operation in capitals: of the statement, of one of its common table expressions, or of a subquery. */
  operation(words: string): void;
  /**
   * A table or view, by the parts of its qualified name, without quotes. Functions that return rows, and common table expressions,
   * are not tables.
   */
  table(name: readonly string[]): void;
}

/** Words that end a list of tables. */
const AFTER_TABLES: ReadonlySet<string> = new Set(
  'where group having window order limit offset fetch for union intersect except minus returning set'.split(
    ' ',
  ),
);
/** Words that may precede the name of a table. */
const BEFORE_NAME: ReadonlySet<string> = new Set(['only', 'lateral', 'table', 'low_priority', 'ignore']);
const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge', 'replace']);
const BEFORE_QUERY: ReadonlySet<string> = new Set(
  ' ( ) ; union all except intersect explain analyze verbose'.split(' '),
);
const QUERY_STARTS: ReadonlySet<string> = new Set(['select', 'with', 'values', 'table']);

/** First words of the other statements. What follows them is read only where it may be a query or the name of a table. */
const OTHER_STATEMENTS: ReadonlySet<string> = new Set(
  (
    'begin start commit end abort rollback savepoint release set reset show use create alter drop comment grant revoke copy ' +
    'truncate lock listen unlisten notify discard deallocate prepare execute exec declare fetch move close analyze vacuum reindex ' +
    'cluster refresh call do explain describe pragma attach detach checkpoint load optimize flush kill values'
  ).split(' '),
);
const READ_FURTHER: ReadonlySet<string> = new Set(['explain', 'copy', 'truncate', 'declare', 'values']);
const DEFINITIONS: ReadonlySet<string> = new Set(['create', 'alter', 'drop']);
const OBJECTS =
  /^(?:table|index|view|sequence|type|domain|schema|database|function|procedure|trigger|extension|role|user|policy|rule|publication|subscription|aggregate|collation|cast|operator|server|statistics)$/;
/** Maximum number of words between CREATE and the kind of the object, as in `CREATE OR REPLACE TEMPORARY RECURSIVE VIEW`. */
const WORDS_BEFORE_OBJECT = 5;

/** The part of a text that is read. Bounds the cost of hostile texts. */
const LOOKED_AT = 32_768;

/** The contents of parentheses, or the whole statement. */
interface Level {
  /** A `SELECT`, `UPDATE` or `DELETE`, or a join in parentheses: its `FROM` precedes tables. */
  isQuery: boolean;
  isInTables: boolean;
  /** `target`: the name may precede a list of columns, where a table to read would be a function. */
  expects: 'table' | 'target' | undefined;
  operation: string | undefined;
  /** The name of the common table expression that it defines. */
  readonly defines: string | undefined;
}

/** Reads the operations and tables of a text or a fingerprint. */
export function readStatement(text: string, quoting: Quoting, reader: StatementReader): void {
  const tokens = tokensOf(text, quoting);
  const words = tokens.map((token) => token.toLowerCase());
  const expressions = new Set<string>();
  const outer: Level[] = [];
  let level = levelOf(words[0]);
  let isRecursive = false;
  reader.statement();
  for (let index = 0; index < tokens.length; index += 1) {
    const word = words[index] ?? '';
    const previous = words[index - 1] ?? '';
    const next = words[index + 1] ?? '';
    const isStart = outer.length === 0 && (previous === '' || previous === ';');
    if (word === '(') {
      const defines = definedName(words, index);
      if (defines !== undefined && isRecursive) {
        expressions.add(defines);
      }
      outer.push(level);
      level = levelOf(next, level.expects === 'table', defines);
    } else if (word === ')') {
      if (level.defines !== undefined) {
        expressions.add(level.defines);
      }
      level = outer.pop() ?? levelOf(undefined);
      level.expects = undefined;
    } else if (word === ',') {
      level.expects = level.isInTables ? 'table' : undefined;
    } else if (word === ';') {
      level = levelOf(next);
      reader.statement();
    } else if (word === '?') {
      level.expects = undefined;
    } else if (level.expects !== undefined && isName(word) && !BEFORE_NAME.has(word)) {
      const name = qualifiedName(tokens, index);
      index += 2 * (name.length - 1);
      const after = words[index + 1];
      const isFunction =
        level.expects === 'table' && (after === '(' || (word === 'rows' && after === 'from'));
      level.expects = undefined;
      if (!isFunction && !(name.length === 1 && expressions.has(plain(word)))) {
        reader.table(name.map(unquoted));
      }
    } else if (word === 'select' || (WRITES.has(word) && BEFORE_QUERY.has(previous) && next !== '(')) {
      level.operation = word;
      level.isQuery = word === 'select' || word === 'update' || word === 'delete';
      level.isInTables = word === 'update';
      level.expects = word === 'update' ? 'table' : undefined;
      reader.operation(word.toUpperCase());
    } else if (word === 'recursive') {
      isRecursive = true;
    } else if (word === 'from') {
      // Not in `EXTRACT(year FROM …)` and `IS DISTINCT FROM`.
      level.isInTables ||= level.isQuery && previous !== 'distinct';
      level.expects = level.isInTables && previous !== 'distinct' ? 'table' : undefined;
    } else if (word === 'into') {
      level.expects = level.operation !== undefined && level.operation !== 'select' ? 'target' : undefined;
    } else if (word === 'using') {
      // Not the columns of a join.
      level.isInTables ||= level.operation === 'merge' && next !== '(';
      level.expects = level.operation !== 'select' && level.isInTables && next !== '(' ? 'table' : undefined;
    } else if (word === 'join' || word === 'apply') {
      level.expects = level.isInTables ? 'table' : undefined;
    } else if (word === 'table' && BEFORE_QUERY.has(previous)) {
      level.expects = 'table';
      reader.operation('SELECT');
    } else if (AFTER_TABLES.has(word) && !isStart) {
      level.isInTables = false;
    } else if (isStart && word !== 'with') {
      if (OTHER_STATEMENTS.has(word)) {
        reader.operation(operationOf(words, index));
      }
      level.isInTables = word === 'truncate';
      level.expects = word === 'truncate' || word === 'copy' ? 'target' : undefined;
      if (!READ_FURTHER.has(word)) {
        const end = words.indexOf(';', index);
        index = (end < 0 ? words.length : end) - 1;
      }
    }
  }
}

/** @param isTable - whether a table could stand in place of the parenthesis */
function levelOf(firstWord: string | undefined, isTable = false, defines?: string): Level {
  const isJoin = isTable && !QUERY_STARTS.has(firstWord ?? '');
  return {
    isQuery: isJoin,
    isInTables: isJoin,
    expects: isJoin ? 'table' : undefined,
    operation: undefined,
    defines,
  };
}

/** Returns the first word in capitals, with the kind of a created object or with `TRANSACTION`. Other words may be names. */
function operationOf(words: readonly string[], start: number): string {
  const first = words[start] ?? '';
  const second = DEFINITIONS.has(first)
    ? words.slice(start + 1, start + 1 + WORDS_BEFORE_OBJECT).find((word) => OBJECTS.test(word))
    : words.slice(start + 1, start + 2).find((word) => word === 'transaction');
  return (second === undefined ? first : `${first} ${second}`).toUpperCase();
}

/** Returns the name in `name AS (`, `name (a, b) AS (`, `name AS NOT MATERIALIZED (`. */
function definedName(words: readonly string[], parenthesis: number): string | undefined {
  let index = parenthesis - 1;
  while (words[index] === 'not' || words[index] === 'materialized') {
    index -= 1;
  }
  if (words[index] !== 'as') {
    return undefined;
  }
  index -= 1;
  if (words[index] === ')') {
    index = words.lastIndexOf('(', index) - 1;
  }
  const name = words[index];
  return isName(name) ? plain(name) : undefined;
}

/** Returns the parts of a qualified name. */
function qualifiedName(tokens: readonly string[], start: number): readonly string[] {
  const parts = [tokens[start] ?? ''];
  for (let index = start; tokens[index + 1] === '.'; index += 2) {
    parts.push(tokens[index + 2] ?? '');
  }
  return parts;
}

/**
 * Returns the tokens of a text: `?` in place of values, unquoted names in lower case, except MySQL's. A name in brackets, as SQL
 * Server has it, is one token.
 */
function tokensOf(text: string, quoting: Quoting): readonly string[] {
  const isCut = text.length > LOOKED_AT;
  const tokens: string[] = [];
  const token = (kind: TokenKind, part: string): void => {
    if (part === ']' && isBracketed(tokens)) {
      const name = tokens.pop() ?? '';
      tokens[tokens.length - 1] = `[${name}]`;
    } else {
      tokens.push(
        kind === 'value' ? '?' : kind === 'word' && quoting === 'standard' ? part.toLowerCase() : part,
      );
    }
  };
  readTokens(isCut ? text.slice(0, LOOKED_AT) : text, quoting, { token }, isCut);
  return tokens;
}

/** Whether the tokens end with an opening bracket that no array precedes, and a name. */
function isBracketed(tokens: readonly string[]): boolean {
  const [before, bracket, name] = [tokens.at(-3), tokens.at(-2), tokens.at(-1)];
  return bracket === '[' && isName(name) && before?.toLowerCase() !== 'array' && !/[\])]$/.test(before ?? '');
}

function isName(token: string | undefined): token is string {
  return token !== undefined && /^["`[\w\u0080-\uffff]/.test(token) && token !== '[';
}

function unquoted(name: string): string {
  return name.replaceAll(/^["`[]|["`\]]$/g, '');
}

function plain(name: string): string {
  return unquoted(name).toLowerCase();
}
