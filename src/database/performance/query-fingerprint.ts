import { skipUnread } from '../query/sql-text.js';

/** How much of a text is looked at, and how long a fingerprint can be: bounds what a hostile one costs. */
const LOOKED_AT = 8192;

/** How a database writes strings: MySQL and its kin with backslashes, in quotes of both kinds. */
export type Quoting = 'standard' | 'mysql';

/**
 * What a text consists of, beside operators. (1) Words and quoted names stay. (2) Strings (with backslashes after E), dollar
 * quotes, parameters and numbers are values; what is not closed ends with the text. (4) White space. (5) Comments: where
 * they end is found elsewhere, for they can be in one another. Punctuation. A word comes after the E of a string and before
 * what could be a part of it, such as a number.
 */
const TOKENS: Readonly<Record<Quoting, RegExp>> = {
  standard: tokensWith(
    String.raw`[eE]'(?:[^'\\]|\\[\s\S]?|'')*'?|'(?:[^']|'')*'?|"(?:[^"]|"")*$`,
    String.raw`\s+`,
  ),
  mysql: tokensWith(
    String.raw`'(?:[^'\\]|\\[\s\S]?|'')*'?|"(?:[^"\\]|\\[\s\S]?|"")*"?`,
    String.raw`\s+|#[^\n]*`,
  ),
};

function tokensWith(strings: string, space: string): RegExp {
  return new RegExp(
    String.raw`(${strings}|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\2\$|$)|\$\d+|\d\w*(?:\.\w*)?(?:(?<=[eE])[+-]\d+)?)` +
      String.raw`|(${space})|(--|\/\*)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|"(?:[^"]|"")*"|` +
      '`[^`]*`?|[(),]',
    'g',
  );
}

/** Lists of values, and lists of such lists as of an INSERT of several rows. */
const LISTS =
  /\((?:\?|DEFAULT|NULL)(?:, (?:\?|DEFAULT|NULL))*\)(?:, \((?:\?|DEFAULT|NULL)(?:, (?:\?|DEFAULT|NULL))*\))*/gi;

/** Such a list where a text was cut in it. */
const CUT_LIST =
  /(?:\(\?\),(?: \((?:(?:\?|DEFAULT|NULL), ?)*[\w$?]*)?|\((?:(?:\?|DEFAULT|NULL), ?)+[\w$?]*)$/i;

/** What follows the rows of a long INSERT, at its end: nothing in it can be a part of a value. */
const RETURNING = /\)\s*(RETURNING\s[\w\s",.*]*)$/i;
const RETURNING_LENGTH = 1024;

/**
 * Computes a fingerprint: what statements that differ in their values only have in common. It is the text with `?` in place
 * of values and of lists of them, without comments, and with all white space alike.
 */
export function normalizeQuery(text: string, quoting: Quoting = 'standard'): string {
  const looked = text.length > LOOKED_AT ? beginningOf(text) : text;
  const parts = new Parts();
  let from = 0;
  const tokens = TOKENS[quoting];
  tokens.lastIndex = 0;
  for (let match = tokens.exec(looked); match !== null; match = tokens.exec(looked)) {
    const [token, value, , space, comment] = match;
    parts.add(looked.slice(from, match.index));
    if (comment !== undefined) {
      tokens.lastIndex = skipUnread(looked, match.index);
    }
    if (comment !== undefined || space !== undefined) {
      parts.addSpace();
    } else {
      parts.add(value === undefined ? token : '?');
    }
    from = tokens.lastIndex;
  }
  parts.add(looked.slice(from));
  const fingerprint = parts.text.replace(LISTS, '(?)');
  const isCut = text.length > LOOKED_AT || fingerprint.length > LOOKED_AT;
  const shown = fingerprint.slice(0, LOOKED_AT).trimEnd();
  return isCut ? shown.replace(CUT_LIST, '(?)') + endOf(text, quoting) : shown;
}

function endOf(text: string, quoting: Quoting): string {
  const end = text.length > LOOKED_AT ? RETURNING.exec(text.slice(-RETURNING_LENGTH))?.[1] : undefined;
  return end === undefined ? '' : ` ${normalizeQuery(end, quoting)}`;
}

/** A part of a string keeps all of it in memory (V8): a copy does not. */
function beginningOf(text: string): string {
  return Buffer.from(text.slice(0, LOOKED_AT), 'utf16le').toString('utf16le');
}

/** Parts of a text that are put together with single spaces: one after each comma, and none along parentheses. */
class Parts {
  text = '';
  private last = '';
  private isSpaced = false;

  add(part: string): void {
    if (part === '') {
      return;
    }
    const { last } = this;
    const isSeparated =
      last === ',' || (this.isSpaced && last !== '' && last !== '(' && part !== ',' && part !== ')');
    this.text += isSeparated ? ` ${part}` : part;
    this.last = part;
    this.isSpaced = false;
  }

  addSpace(): void {
    this.isSpaced = true;
  }
}

/** Texts that are remembered at a time, twice. */
const GENERATION_SIZE = 500;
/** Longer texts are not remembered. */
const REMEMBERED_LENGTH = 4096;

/**
 * Finds the fingerprint of a text, and remembers the texts that were seen lately: two generations of them, of which the
 * older one is forgotten when the younger one is full.
 */
export class FingerprintCache {
  private younger = new Map<string, string>();
  private older: ReadonlyMap<string, string> = new Map();

  constructor(private readonly quoting: Quoting = 'standard') {}

  of(text: string): string {
    return (
      this.younger.get(text) ??
      this.remember(text, this.older.get(text) ?? normalizeQuery(text, this.quoting))
    );
  }

  private remember(text: string, fingerprint: string): string {
    if (text.length <= REMEMBERED_LENGTH) {
      if (this.younger.size >= GENERATION_SIZE) {
        this.older = this.younger;
        this.younger = new Map();
      }
      this.younger.set(text, fingerprint);
    }
    return fingerprint;
  }
}
