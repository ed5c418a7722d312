/** What statements that differ in their values only have in common. Equal fingerprints are the same object. */
export interface QueryFingerprint {
  /** The text with `?` in place of values and lists of them, without comments. */
  readonly text: string;
}

/** How much of a text is looked at: bounds the time that a hostile one takes. */
const LOOKED_AT = 8192;

/**
 * Quoted identifiers stay. Strings (with backslashes after E), dollar quotes, parameters and numbers are values; what is
 * not closed ends with the text.
 */
const TOKENS =
  /("(?:[^"]|"")*"?)|((?<!\w)[eE]'(?:[^'\\]|\\[\s\S]|'')*'?|'(?:[^']|'')*'?|\$([A-Za-z_]\w*)?\$[\s\S]*?(?:\$\3\$|$)|\$\d+|(?<![\w$])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\s)+/g;

/** Lists of values, and lists of such lists as of an INSERT of several rows. */
const LISTS =
  /\((?:\?|DEFAULT|NULL)(?:, ?(?:\?|DEFAULT|NULL))*\)(?:, ?\((?:\?|DEFAULT|NULL)(?:, ?(?:\?|DEFAULT|NULL))*\))*/gi;

/** Computes a fingerprint's text. */
export function normalizeQuery(text: string): string {
  return text
    .slice(0, LOOKED_AT)
    .replace(TOKENS, (_, identifier: string | undefined, value: string | undefined) =>
      identifier === undefined ? (value === undefined ? ' ' : '?') : identifier,
    )
    .replace(/ ?, ?/g, ', ')
    .replace(/\( /g, '(')
    .replace(/ \)/g, ')')
    .replace(LISTS, '(?)')
    .trim();
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
  private younger = new Map<string, QueryFingerprint>();
  private older: ReadonlyMap<string, QueryFingerprint> = new Map();
  /** By their own texts, so that equal ones are one; forgotten in the same way. */
  private known = new Map<string, QueryFingerprint>();
  private knownBefore: ReadonlyMap<string, QueryFingerprint> = new Map();

  of(text: string): QueryFingerprint {
    return this.younger.get(text) ?? this.remember(text, this.older.get(text) ?? this.compute(text));
  }

  private remember(text: string, fingerprint: QueryFingerprint): QueryFingerprint {
    if (text.length <= REMEMBERED_LENGTH) {
      if (this.younger.size >= GENERATION_SIZE) {
        this.older = this.younger;
        this.younger = new Map();
      }
      this.younger.set(text, fingerprint);
    }
    return fingerprint;
  }

  private compute(text: string): QueryFingerprint {
    const normalized = normalizeQuery(text);
    const known = this.known.get(normalized) ?? this.knownBefore.get(normalized) ?? { text: normalized };
    if (!this.known.has(normalized)) {
      if (this.known.size >= GENERATION_SIZE) {
        this.knownBefore = this.known;
        this.known = new Map();
      }
      this.known.set(normalized, known);
    }
    return known;
  }
}
