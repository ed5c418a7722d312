import { FingerprintReader } from './fingerprint-reader.js';
import { type Quoting, readTokens } from './sql-tokens.js';

export type { Quoting } from './sql-tokens.js';

/** How much of a text is looked at, and how long a fingerprint can be: bounds what a hostile one costs. */
const LOOKED_AT = 8192;

/** What follows the rows of a long INSERT, at its end: nothing in it can be a part of a value. */
const RETURNING = /\)\s*(RETURNING\s[\w\s",.*]*)$/i;
const RETURNING_LENGTH = 1024;

/**
 * Computes a fingerprint: what statements that differ in their values only have in common. It is the text with `?` in place
 * of values and of lists of them, without comments, and with white space and the case of unquoted words folded.
 */
export function normalizeQuery(text: string, quoting: Quoting = 'standard'): string {
  const isCut = text.length > LOOKED_AT;
  const reader = new FingerprintReader(quoting);
  readTokens(isCut ? beginningOf(text) : text, quoting, reader, isCut);
  const fingerprint = reader.end(isCut).slice(0, LOOKED_AT).trimEnd();
  return isCut ? fingerprint + endOf(text, quoting) : fingerprint;
}

function endOf(text: string, quoting: Quoting): string {
  const end = RETURNING.exec(text.slice(-RETURNING_LENGTH))?.[1];
  return end === undefined ? '' : ` ${normalizeQuery(end, quoting)}`;
}

/** A part of a string keeps all of it in memory (V8): a copy does not. */
function beginningOf(text: string): string {
  return Buffer.from(text.slice(0, LOOKED_AT), 'utf16le').toString('utf16le');
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
