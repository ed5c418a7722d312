import { RecentMap } from '../../core/tool/recent-map.js';
import { FingerprintCache } from '../sql/query-fingerprint.js';
import { queryOperation } from '../sql/query-operation.js';
import { hasConstantTime } from './constant-time.js';
import { type KnownText, statementName } from './known-text.js';
import { readSessionChange, type SessionChange } from './session-change.js';

/** Texts that are remembered at a time, twice. */
const GENERATION_SIZE = 1000;
/** Texts with one fingerprint that get a name: some have their values in them, and each would be used once. */
const MAX_VARIANTS = 8;
const MAX_FINGERPRINTS = 1000;
const MAX_REGRESSIONS = 1000;

export interface AdmissionOptions {
  /** From which use on a text gets a name. */
  readonly minUses: number;
  readonly maxTextLength: number;
  /** Texts, fingerprints or patterns of texts that never get one. */
  readonly deny: readonly (string | RegExp)[];
}

/** Decides which texts are worth a prepared statement, and remembers those that were seen lately. */
export class TextAdmission {
  private readonly texts = new RecentMap<string, KnownText>(GENERATION_SIZE);
  private readonly otherTexts = new RecentMap<string, SessionChange>(GENERATION_SIZE);
  private readonly fingerprints = new FingerprintCache();
  /** The names given, by fingerprint: a text that was forgotten in the meantime is no further variant. */
  private readonly variants = new Map<string, Set<string>>();
  /** Names of texts that lost theirs, also of those that were forgotten in the meantime. */
  private readonly regressions = new Set<string>();
  private readonly deniedTexts: ReadonlySet<string>;
  private readonly deniedPatterns: readonly RegExp[];

  constructor(private readonly options: AdmissionOptions) {
    const { deny } = options;
    this.deniedTexts = new Set(deny.filter((rule) => typeof rule === 'string'));
    // Copies: global and sticky expressions remember where they stopped.
    this.deniedPatterns = deny
      .filter((rule) => rule instanceof RegExp)
      .map((rule) => new RegExp(rule, rule.flags.replace(/[gy]/g, '')));
  }

  /** A use of a text. Answers what is known of it; with a name, when it is worth one. */
  use(text: string): KnownText | undefined {
    if (text.length > this.options.maxTextLength) {
      return undefined;
    }
    const known = this.texts.get(text, newText);
    if (known.name === undefined && !known.isDenied) {
      known.uses += 1;
      if (known.uses >= this.options.minUses) {
        this.admit(known);
      }
    }
    return known;
  }

  /** How a text that gets no name may change its session. */
  changeBy(text: string, hasValues: boolean): SessionChange {
    return hasValues || text.length > this.options.maxTextLength
      ? readSessionChange(text, hasValues)
      : this.otherTexts.get(text, readSeveral);
  }

  /** Takes a text's name away, for good. */
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

function newText(text: string): KnownText {
  return {
    text,
    change: readSessionChange(text, true),
    uses: 0,
    name: undefined,
    isDenied: false,
    guard: undefined,
  };
}

/**
 * Whether the server plans it, so that a name saves something. The others must have none: a procedure may have committed by
 * the time it fails, and is not to be called again.
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

/** Planned for its values, `nextval('a') + NULL` is null and takes no number; with a generic plan it takes one. */
const SEQUENCE = /\b(?:nextval|setval)\b/i;

const MERGE = /^\s*(?:WITH|MERGE)\b/i;
