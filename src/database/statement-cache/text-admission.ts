import { createHash } from 'node:crypto';
import { RecentMap } from '../../core/tool/recent-map.js';
import { statelessPatterns } from '../../core/tool/stateless-patterns.js';
import { withoutInlinedKeys } from '../sql/inlined-keys.js';
import { FingerprintCache } from '../sql/query-fingerprint.js';
import { queryOperation } from '../sql/query-operation.js';
import { hasConstantTime } from './constant-time.js';
import type { PlanGuard } from './plan-guard.js';
import { readSessionChange, type SessionChange } from './session-change.js';
import { Reach } from './session-statements.js';

/** Size of each generation of remembered texts. */
const GENERATION_SIZE = 1000;
/** Texts with one fingerprint that get a name. Texts with values in them differ at each use. */
const MAX_VARIANTS = 8;
const MAX_FINGERPRINTS = 1000;
/** Texts that differ only in keys written into them, and that are looked at one by one. */
const MAX_WITH_KEYS = 64;
const MAX_REGRESSIONS = 1000;

/** PostgreSQL truncates names to 63 bytes; names that are equal up to there would be one. */
const NAME_PREFIX = 'hm_';
const HASH_LENGTH = 40;

/** The state of one text in a cache. */
export interface KnownText {
  readonly text: string;
  readonly change: SessionChange;
  uses: number;
  /** The name of its statement; `undefined` while it has none. */
  name: string | undefined;
  /** Its latest name under the settings of a session; see {@link sessionName}. */
  latest: { readonly suffix: string; readonly name: string } | undefined;
  /** Whether it never gets a name, or has lost it. */
  isDenied: boolean;
  guard: PlanGuard | undefined;
}

export interface AdmissionOptions {
  /** The use at which a text gets a name. */
  readonly minUses: number;
  readonly maxTextLength: number;
  /** Texts, fingerprints or patterns of texts that never get a name. */
  readonly deny: readonly (string | RegExp)[];
}

/** Texts that differ only in the keys written into them. */
interface TextsWithKeys {
  seen: number;
  /** The state of those that are not looked at: they have no name. */
  readonly others: KnownText;
}

/** Decides which texts get a prepared statement, and remembers recent texts. */
export class TextAdmission {
  private readonly texts = new RecentMap<string, KnownText>(GENERATION_SIZE);
  private readonly withKeys = new RecentMap<string, TextsWithKeys>(GENERATION_SIZE);
  private readonly otherTexts = new RecentMap<string, SessionChange>(GENERATION_SIZE);
  private readonly fingerprints = new FingerprintCache();
  /** The names by fingerprint, so that a text that was forgotten and comes again is not a further variant. */
  private readonly variants = new Map<string, Set<string>>();
  /** Names that were removed from texts, forgotten texts included. */
  private readonly regressions = new Set<string>();
  private readonly deniedTexts: ReadonlySet<string>;
  private readonly deniedPatterns: readonly RegExp[];

  constructor(private readonly options: AdmissionOptions) {
    const { deny } = options;
    this.deniedTexts = new Set(deny.filter((rule) => typeof rule === 'string'));
    this.deniedPatterns = statelessPatterns(deny);
  }

  /** Counts a use of a text. Returns its state; `undefined` for a text that is too long. */
  use(text: string): KnownText | undefined {
    if (text.length > this.options.maxTextLength) {
      return undefined;
    }
    const known = this.texts.find(text) ?? this.oneOfMany(text) ?? this.texts.get(text, newText);
    if (known.name === undefined && !known.isDenied) {
      known.uses += 1;
      if (known.uses >= this.options.minUses) {
        this.admit(known);
      }
    }
    return known;
  }

  /**
   * Returns the common state of a text whose keys are written into it, once there were many of its kind: most of them never come
   * again, and reading each one costs more than a name saves. They change a session alike, unless they call functions, whose
   * names may look like keys.
   */
  private oneOfMany(text: string): KnownText | undefined {
    const key = withoutInlinedKeys(text);
    if (key === text) {
      return undefined;
    }
    const texts = this.withKeys.get(key, newTextsWithKeys);
    if (texts.seen < MAX_WITH_KEYS) {
      texts.seen += 1;
      return undefined;
    }
    const { reach, settings, calls } = texts.others.change;
    return reach === Reach.None && settings.length === 0 && calls.length === 0 ? texts.others : undefined;
  }

  /** Returns how a text without a name may change its session. */
  changeBy(text: string, hasValues: boolean): SessionChange {
    return hasValues || text.length > this.options.maxTextLength
      ? readSessionChange(text, hasValues)
      : this.otherTexts.get(text, readSeveral);
  }

  /** Removes a text's name permanently. */
  deny(known: KnownText): void {
    known.isDenied = true;
    const [first] = this.regressions;
    if (first !== undefined && this.regressions.size >= MAX_REGRESSIONS) {
      this.regressions.delete(first);
    }
    this.regressions.add(statementName(known.text));
  }

  private admit(known: KnownText): void {
    const { text } = known;
    const name = statementName(text);
    const fingerprint = this.fingerprints.of(text);
    const isDenied =
      !isPlanned(text) ||
      hasConstantTime(text) ||
      SEQUENCE.test(text) ||
      this.regressions.has(name) ||
      this.deniedTexts.has(text) ||
      this.deniedTexts.has(fingerprint) ||
      this.deniedPatterns.some((pattern) => pattern.test(text)) ||
      !this.isVariantAllowed(fingerprint, name);
    known.isDenied = isDenied;
    known.name = isDenied ? undefined : name;
  }

  private isVariantAllowed(fingerprint: string, name: string): boolean {
    const names = this.variants.get(fingerprint) ?? new Set();
    if (names.size >= MAX_VARIANTS && !names.has(name)) {
      return false;
    }
    if (this.variants.size >= MAX_FINGERPRINTS && !this.variants.has(fingerprint)) {
      this.variants.clear();
    }
    this.variants.set(fingerprint, names.add(name));
    return true;
  }
}

function newTextsWithKeys(text: string): TextsWithKeys {
  return { seen: 0, others: { ...newText(text), isDenied: true } };
}

function newText(text: string): KnownText {
  return {
    text,
    change: readSessionChange(text, true),
    uses: 0,
    name: undefined,
    latest: undefined,
    isDenied: false,
    guard: undefined,
  };
}

/**
 * Whether the server plans the statement: then a name saves that. Other statements must not have a name, for a failed one may be
 * sent again, and a procedure may have committed before it fails.
 */
function isPlanned(text: string): boolean {
  const operation = queryOperation(text);
  return (
    operation === 'select' ||
    operation === 'insert' ||
    operation === 'update' ||
    operation === 'delete' ||
    MERGE.test(text)
  );
}

function readSeveral(text: string): SessionChange {
  return readSessionChange(text, false);
}

/** A plan for the values skips `nextval('a') + NULL`; a generic plan takes a number from the sequence. */
const SEQUENCE = /\b(?:nextval|setval)\b/i;

const MERGE = /^\s*(?:WITH|MERGE)\b/i;

/**
 * Returns the name of a text's statement in sessions with the settings of a suffix. Sessions have the same settings as a rule: a
 * string that was used before needs no hash for its look-up.
 */
export function sessionName(known: KnownText, name: string, suffix: string): string {
  if (known.latest?.suffix !== suffix) {
    known.latest = { suffix, name: name + suffix };
  }
  return known.latest.name;
}

/** Returns the name of a text's statement, the same in every process. */
export function statementName(text: string): string {
  return NAME_PREFIX + createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
}
