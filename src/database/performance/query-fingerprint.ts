import { skipUnread } from '../query/sql-text.js';

/** How much of a text is looked at, and how long a fingerprint can be: bounds what a hostile one costs. */
const LOOKED_AT = 8192;

/**
 * What a text consists of, beside operators. (1) Words and quoted names stay. (2) Strings (with backslashes after E), dollar
 * quotes, parameters and numbers are values; what is not closed ends with the text. (4) White space. (5) Comments: where
 * they end is found elsewhere, for they can be in one another. Punctuation. A word comes after the E of a string and before
 * what could be a part of it, such as a number.
 */
const TOKENS =
  /([eE]'(?:[^'\\]|\\[\s\S]|'')*'?|'(?:[^']|'')*'?|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\2\$|$)|\$\d+|\d\w*(?:\.\w*)?(?:(?<=[eE])[+-]\d+)?)|(\s+)|(--|\/\*)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|"(?:[^"]|"")*"?|`[^`]*`?|[(),]/g;

/** Lists of values, and lists of such lists as of an INSERT of several rows. */
const LISTS =
  /\((?:\?|DEFAULT|NULL)(?:, (?:\?|DEFAULT|NULL))*\)(?:, \((?:\?|DEFAULT|NULL)(?:, (?:\?|DEFAULT|NULL))*\))*/gi;

/** Such a list where a text was cut in it. */
const CUT_LIST =
  /(?:\(\?\),(?: \((?:(?:\?|DEFAULT|NULL), ?)*[\w$?]*)?|\((?:(?:\?|DEFAULT|NULL), ?)+[\w$?]*)$/i;

/**
 * Computes a fingerprint: what statements that differ in their values only have in common. It is the text with `?` in place
 * of values and of lists of them, without comments, and with all white space alike.
 */
export function normalizeQuery(text: string): string {
  const looked = text.length > LOOKED_AT ? beginningOf(text) : text;
  const parts = new Parts();
  let from = 0;
  TOKENS.lastIndex = 0;
  for (let match = TOKENS.exec(looked); match !== null; match = TOKENS.exec(looked)) {
    const [token, value, , space, comment] = match;
    parts.add(looked.slice(from, match.index));
    if (comment !== undefined) {
      TOKENS.lastIndex = skipUnread(looked, match.index);
    }
    if (comment !== undefined || space !== undefined) {
      parts.addSpace();
    } else {
      parts.add(value === undefined ? token : '?');
    }
    from = TOKENS.lastIndex;
  }
  parts.add(looked.slice(from));
  const fingerprint = parts.text.replace(LISTS, '(?)');
  const isCut = text.length > LOOKED_AT || fingerprint.length > LOOKED_AT;
  const shown = fingerprint.slice(0, LOOKED_AT).trimEnd();
  return isCut ? shown.replace(CUT_LIST, '(?)') : shown;
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

  of(text: string): string {
    return this.younger.get(text) ?? this.remember(text, this.older.get(text) ?? normalizeQuery(text));
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
