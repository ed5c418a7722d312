import { isWordStart, skipUnread } from './sql-text.js';

/** A database's syntax of strings. MySQL and MariaDB have backslash escapes, and quotes of both kinds. */
export type Quoting = 'standard' | 'mysql';

/** A value is a literal or a placeholder, a name is quoted, a mark is a bracket, comma or semicolon. */
export type TokenKind = 'value' | 'word' | 'name' | 'operator' | 'mark';

export interface TokenReader {
  /** @param isSpaced - true when white space or a comment precedes the token */
  token(kind: TokenKind, text: string, isSpaced: boolean): void;
}

const WORD = String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`;
const NUMBER = String.raw`(?:\d\w*(?:\.\w*)?|(?<![\w"'\]\u0080-\uffff])\.\d\w*)(?:(?<=[eE])[+-]\d+)?`;
/** Placeholders of PostgreSQL, SQLite, MySQL, SQL Server and Oracle. `@@x` and the `:2` of `a[1:2]` are not placeholders. */
const PLACEHOLDER = String.raw`\$\w+|\?\d*|@\d\w*|(?<![@<])@[A-Za-z_]\w*|(?<![:?\w\]"')]):\w+`;
const DOLLAR_QUOTED = String.raw`\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\1\$|$)`;
/** A sign is a separate token, except in operators that contain one of `~!#%^&|` (PostgreSQL 18, 4.1.3). */
const OPERATOR =
  String.raw`::|<?->>?|!=(?=[+-])|(?:[+*/<>=-](?!--|\/\*)){0,8}[~!#%^&|](?:(?!--|\/\*)[~!#%^&|+*/<>=-])*|` +
  String.raw`(?:(?!\/\*)[*/<>=])+`;

/**
 * The tokens of each syntax, in the order in which they are tried. A string without a closing quote extends to the end of the
 * text. So does a quoted name, which is read as a string.
 */
const TOKENS: Readonly<Record<Quoting, RegExp>> = {
  standard: tokensWith(
    String.raw`[eE]'(?:[^'\\]|\\[\s\S]?|'')*'?|(?:[nNbBxX]|[uU]&)?'(?:[^']|'')*'?|"(?:[^"]|"")*$`,
    String.raw`--|\/\*`,
  ),
  mysql: tokensWith(
    String.raw`[nNbBxX]?'(?:[^'\\]|\\[\s\S]?|'')*'?|"(?:[^"\\]|\\[\s\S]?|"")*"?`,
    String.raw`--|\/\*|#[^\n]*`,
  ),
};

function tokensWith(strings: string, comments: string): RegExp {
  const names = '"(?:[^"]|"")*"|`[^`]*`?';
  const all = `${comments}|${strings}|${WORD}|${names}|${NUMBER}|${DOLLAR_QUOTED}|${PLACEHOLDER}|${OPERATOR}`;
  return new RegExp(String.raw`\s+|${all}|[\s\S]`, 'y');
}

/** Marks by character code. */
const MARKS: ReadonlyMap<number, string> = new Map(
  Array.from('()[],;', (mark) => [mark.charCodeAt(0), mark]),
);
const QUOTED_NAME = /^"(?:[^"]|"")*"$/;
const WIDE_SPACE = /\s/;

/**
 * Reads a text token by token, in linear time.
 *
 * @param isCut - true when the text continues: a name or operator at its end is skipped, for it may be incomplete
 */
export function readTokens(text: string, quoting: Quoting, reader: TokenReader, isCut = false): void {
  const tokens = TOKENS[quoting];
  let isSpaced = false;
  for (let from = 0, to = 0; from < text.length; from = to) {
    const first = text.charCodeAt(from);
    const mark = MARKS.get(first);
    if (mark !== undefined) {
      to = from + 1;
      reader.token('mark', mark, isSpaced);
      isSpaced = false;
      continue;
    }
    tokens.lastIndex = from;
    tokens.test(text);
    to = tokens.lastIndex;
    if (isSpace(first)) {
      isSpaced = true;
    } else if (isComment(text, from, first, quoting)) {
      to = Math.max(to, skipUnread(text, from));
      isSpaced = true;
    } else {
      const token = text.slice(from, to);
      const kind = kindOf(token, quoting);
      const isWhole = to < text.length || (kind === 'value' && first !== 0x22);
      if (isWhole || !isCut) {
        reader.token(kind, token, isSpaced);
      }
      isSpaced = false;
    }
  }
}

function isSpace(code: number): boolean {
  return code <= 0x20
    ? code === 0x20 || (code >= 0x09 && code <= 0x0d)
    : code >= 0x80 && WIDE_SPACE.test(String.fromCharCode(code));
}

function isComment(text: string, from: number, first: number, quoting: Quoting): boolean {
  switch (first) {
    case 0x2d: // -
      return text.charCodeAt(from + 1) === 0x2d;
    case 0x2f: // /
      return text.charCodeAt(from + 1) === 0x2a;
    default:
      return first === 0x23 && quoting === 'mysql';
  }
}

/** Returns the kind of a token by its first characters. */
function kindOf(token: string, quoting: Quoting): TokenKind {
  switch (token[0]) {
    case "'":
    case '?':
      return 'value';
    case '"':
      return quoting === 'mysql' || !QUOTED_NAME.test(token) ? 'value' : 'name';
    case '`':
      return 'name';
    case '$':
    case '@':
    case '.':
    case ':':
      return token.length > 1 && token !== '::' ? 'value' : 'operator';
    default:
      return kindOfOther(token);
  }
}

function kindOfOther(token: string): TokenKind {
  const first = token.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39) {
    return 'value';
  }
  if (!isWordStart(first)) {
    return 'operator';
  }
  // Prefixes of strings have one or two characters.
  return token.charCodeAt(1) === 0x27 || token.charCodeAt(2) === 0x27 ? 'value' : 'word';
}
