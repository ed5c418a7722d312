/** Quoted names, words, and the punctuation in the grammar of `FROM`. Values are `?` already. */
const TOKENS =
  /"(?:[^"]|"")*"?|`[^`]*`?|\[[^\][]*\]|[a-z_\u0080-\uffff#@][\w$\u0080-\uffff#@]*|[(),.;]|[^\s\w]/gi;

/** Words that end a list of tables. */
const AFTER_FROM: ReadonlySet<string> = new Set(
  'where group having window order limit offset fetch for union intersect except minus returning'.split(' '),
);
/** Words that may precede the name of a table. */
const BEFORE_NAME: ReadonlySet<string> = new Set(['only', 'lateral']);
/** Writing statements that PostgreSQL allows in common table expressions. */
const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'merge']);
const BEFORE_QUERY: ReadonlySet<string> = new Set(['', '(', ')', ';', 'union', 'all', 'except', 'intersect']);
const QUERY_STARTS: ReadonlySet<string> = new Set(['select', 'with', 'values', 'table']);

/** Catalogs of databases, and TypeORM's table of metadata. */
const CATALOG_SCHEMAS = /^(?:information_schema|pg_catalog|performance_schema|mysql)$/;
const CATALOG_TABLES = /^(?:(?:pg|sqlite)_\w+|typeorm_metadata|dual)$/;

/** A fingerprint of this length may be cut before its `FROM`. */
const CUT_LENGTH = 8000;

/** The contents of parentheses, or the whole statement. */
interface Level {
  /** A `SELECT` or a join in parentheses: its `FROM` precedes tables. */
  isQuery: boolean;
  isInFrom: boolean;
  expectsTable: boolean;
  /** The name of the common table expression that it defines. */
  readonly defines: string | undefined;
}

/**
 * Whether a statement reads a table or view of the application, and writes none. Functions that return rows, `VALUES` and the
 * database's catalogs are not tables. Common table expressions are read.
 *
 * @param fingerprint - of a statement whose operation is `select`
 */
export function readsTable(fingerprint: string): boolean {
  const tokens = fingerprint.match(TOKENS) ?? [];
  const expressions = new Set<string>();
  const outer: Level[] = [];
  let level = levelOf(tokens[0]?.toLowerCase());
  let isRecursive = false;
  let found = false;
  for (let index = 0; index < tokens.length; index += 1) {
    const word = tokens[index]?.toLowerCase() ?? '';
    const previous = tokens[index - 1]?.toLowerCase() ?? '';
    const next = tokens[index + 1]?.toLowerCase() ?? '';
    if (word === '(') {
      const defines = definedName(tokens, index);
      if (defines !== undefined && WRITES.has(next)) {
        return false;
      }
      if (defines !== undefined && isRecursive) {
        expressions.add(defines);
      }
      outer.push(level);
      level = levelOf(next, level.expectsTable, defines);
    } else if (word === ')') {
      if (level.defines !== undefined) {
        expressions.add(level.defines);
      }
      level = outer.pop() ?? levelOf(undefined);
      level.expectsTable = false;
    } else if (word === ',') {
      level.expectsTable = level.isInFrom;
    } else if (word === ';') {
      level = levelOf(next);
    } else if (level.expectsTable && !BEFORE_NAME.has(word)) {
      const name = qualifiedName(tokens, index);
      index += 2 * (name.length - 1);
      level.expectsTable = false;
      const after = tokens[index + 1]?.toLowerCase();
      const isFunction = after === '(' || (word === 'rows' && after === 'from');
      found ||= !isFunction && isTableName(name, expressions);
    } else if (word === 'select') {
      level.isQuery = true;
      level.isInFrom = false;
    } else if (word === 'recursive') {
      isRecursive = true;
    } else if (word === 'from') {
      // Not in `EXTRACT(year FROM …)` and `IS DISTINCT FROM`.
      level.isInFrom ||= level.isQuery && previous !== 'distinct';
      level.expectsTable = level.isInFrom && previous !== 'distinct';
    } else if (word === 'join' || word === 'apply') {
      level.expectsTable = level.isInFrom;
    } else if (word === 'table' && BEFORE_QUERY.has(previous)) {
      level.expectsTable = true;
    } else if (AFTER_FROM.has(word)) {
      level.isInFrom = false;
    }
  }
  return found || fingerprint.length >= CUT_LENGTH;
}

/** @param isTable - whether a table could stand in place of the parenthesis */
function levelOf(firstWord: string | undefined, isTable = false, defines?: string): Level {
  const isJoin = isTable && !QUERY_STARTS.has(firstWord ?? '');
  return { isQuery: isJoin, isInFrom: isJoin, expectsTable: isJoin, defines };
}

/** Returns the name in `name AS (`, `name (a, b) AS (`, `name AS NOT MATERIALIZED (`. */
function definedName(tokens: readonly string[], parenthesis: number): string | undefined {
  let index = parenthesis - 1;
  while (/^(?:not|materialized)$/i.test(tokens[index] ?? '')) {
    index -= 1;
  }
  if (tokens[index]?.toLowerCase() !== 'as') {
    return undefined;
  }
  index -= 1;
  if (tokens[index] === ')') {
    index = tokens.lastIndexOf('(', index) - 1;
  }
  const name = tokens[index];
  return isName(name) ? plain(name) : undefined;
}

/** Returns the parts of a qualified name. */
function qualifiedName(tokens: readonly string[], start: number): readonly string[] {
  const parts = [tokens[start] ?? ''];
  for (let index = start; tokens[index + 1] === '.'; index += 2) {
    parts.push(tokens[index + 2] ?? '');
  }
  return parts.map(plain);
}

function isTableName(name: readonly string[], expressions: ReadonlySet<string>): boolean {
  const table = name.at(-1) ?? '';
  const schema = name.at(-2);
  return !(
    CATALOG_TABLES.test(table) ||
    CATALOG_SCHEMAS.test(schema ?? '') ||
    (schema === undefined && expressions.has(table))
  );
}

function isName(token: string | undefined): token is string {
  return token !== undefined && /^["`[\w\u0080-\uffff]/.test(token);
}

function plain(name: string): string {
  return name.replaceAll(/^["`[]|["`\]]$/g, '').toLowerCase();
}
