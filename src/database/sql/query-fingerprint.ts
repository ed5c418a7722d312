import { RecentMap } from '../../core/tool/recent-map.js';
import { FingerprintReader } from './fingerprint-reader.js';
import { ANY_KEYS, withoutInlinedKeys } from './inlined-keys.js';
import { type Quoting, readTokens } from './sql-tokens.js';

export type { Quoting } from './sql-tokens.js';

/** The part of a text that is read, and the longest fingerprint. Bounds the cost of hostile texts. */
const LOOKED_AT = 8192;

/** Longer words are names that no server accepts. */
const LONGEST_WORD = 64;

/** RETURNING at the end of a long INSERT, without characters that may belong to a value. */
const RETURNING = /\)\s*(RETURNING\s[\w\s",.*]*)$/i;
const RETURNING_LENGTH = 1024;

/**
 * Returns the fingerprint of a text, which statements that differ only in their values have in common: `?` in place of values
 * and of lists of them, no comments, white space and the case of unquoted words folded.
 */
export function normalizeQuery(text: string, quoting: Quoting = 'standard'): string {
  const isCut = text.length > LOOKED_AT;
  const reader = new FingerprintReader(quoting);
  readTokens(isCut ? beginningOf(text) : text, quoting, reader, isCut);
  const fingerprint = beginningOfWords(reader.end(isCut)).trimEnd();
  return isCut ? fingerprint + endOf(text, quoting) : fingerprint;
}

/** Cuts before a word, so that a part of a keyword does not become a name. */
function beginningOfWords(fingerprint: string): string {
  if (fingerprint.length <= LOOKED_AT) {
    return fingerprint;
  }
  const space = fingerprint.lastIndexOf(' ', LOOKED_AT);
  return fingerprint.slice(0, LOOKED_AT - space > LONGEST_WORD ? LOOKED_AT : space);
}

function endOf(text: string, quoting: Quoting): string {
  const end = RETURNING.exec(text.slice(-RETURNING_LENGTH))?.[1];
  return end === undefined ? '' : ` ${normalizeQuery(end, quoting)}`;
}

/** Copies: a substring keeps the whole string in memory (V8). */
function beginningOf(text: string): string {
  return Buffer.from(text.slice(0, LOOKED_AT), 'utf16le').toString('utf16le');
}

/** Size of each generation of remembered texts. */
const GENERATION_SIZE = 500;
/** Longer texts are not remembered. */
const REMEMBERED_LENGTH = 4096;

/** Maximum number of texts that are looked up by their length alone; a power of two. */
const LATEST = 256;

/**
 * Computes the fingerprints of texts, and remembers those of recent ones. A look-up first compares the latest text of the same length:
 * query builders make each text anew, and V8 would have to hash it for a map. Texts that differ in the keys that TypeORM has
 * written into them share an entry: else each of them would be read.
 */
export class FingerprintCache {
  private readonly standard = new FingerprintsOf(normalizeStandard);
  private readonly mysql = new FingerprintsOf(normalizeMySql);

  /** @param isMySql - whether the text is for MySQL or MariaDB */
  of(text: string, isMySql = false): string {
    return isMySql ? this.mysql.of(text) : this.standard.of(text);
  }
}

class FingerprintsOf {
  private readonly recent = new RecentMap<string, string>(GENERATION_SIZE);
  private readonly latestTexts: string[] = Array.from({ length: LATEST }, () => '');
  private readonly latestFingerprints: string[] = Array.from({ length: LATEST }, () => '');

  constructor(private readonly normalize: (text: string) => string) {}

  of(text: string): string {
    const { length } = text;
    const index = length & (LATEST - 1);
    if (this.latestTexts[index] === text) {
      return this.latestFingerprints[index] as string;
    }
    if (length > REMEMBERED_LENGTH) {
      return this.normalize(text);
    }
    const fingerprint = this.look(text);
    this.latestTexts[index] = text;
    this.latestFingerprints[index] = fingerprint;
    return fingerprint;
  }

  private look(text: string): string {
    const key = withoutInlinedKeys(text);
    const fingerprint = this.recent.get(key, this.normalize);
    // A list of keys is `?` in a fingerprint: what looks like one was a part of a quoted name.
    return key === text || !fingerprint.includes(ANY_KEYS)
      ? fingerprint
      : this.recent.get(text, this.normalize);
  }
}

function normalizeStandard(text: string): string {
  return normalizeQuery(text, 'standard');
}

function normalizeMySql(text: string): string {
  return normalizeQuery(text, 'mysql');
}
