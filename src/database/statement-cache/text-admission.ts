import { FingerprintCache, type QueryFingerprint } from '../performance/query-fingerprint.js';
import { type KnownText, statementName } from './known-text.js';

/** Texts that are remembered at a time, twice. */
const GENERATION_SIZE = 1000;
/** Texts with one fingerprint that get a name: some have their values in them, and each would be used once. */
const MAX_VARIANTS = 8;
const MAX_FINGERPRINTS = 2000;

export interface AdmissionOptions {
  /** From which use on a text gets a name. */
  readonly minUses: number;
  readonly maxTextLength: number;
  /** Texts, fingerprints or patterns of texts that never get one. */
  readonly deny: readonly (string | RegExp)[];
}

/** Decides which texts are worth a prepared statement, and remembers those that were seen lately. */
export class TextAdmission {
  private younger = new Map<string, KnownText>();
  private older: ReadonlyMap<string, KnownText> = new Map();
  private readonly fingerprints = new FingerprintCache();
  private readonly variants = new Map<QueryFingerprint, number>();
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
    const known = this.younger.get(text) ?? this.remember(text);
    known.uses += 1;
    if (known.name === undefined && !known.isDenied && known.uses >= this.options.minUses) {
      this.admit(known);
    }
    return known;
  }

  private admit(known: KnownText): void {
    const fingerprint = this.fingerprints.of(known.text);
    const variants = (this.variants.get(fingerprint) ?? 0) + 1;
    if (variants > MAX_VARIANTS || this.isDenied(known.text, fingerprint)) {
      known.isDenied = true;
      return;
    }
    if (this.variants.size >= MAX_FINGERPRINTS) {
      this.variants.clear();
    }
    this.variants.set(fingerprint, variants);
    known.name = statementName(known.text);
  }

  private isDenied(text: string, fingerprint: QueryFingerprint): boolean {
    return (
      this.deniedTexts.has(text) ||
      this.deniedTexts.has(fingerprint.text) ||
      this.deniedPatterns.some((pattern) => pattern.test(text))
    );
  }

  private remember(text: string): KnownText {
    const known = this.older.get(text) ?? {
      text,
      uses: 0,
      name: undefined,
      isDenied: false,
      latencies: undefined,
    };
    if (this.younger.size >= GENERATION_SIZE) {
      this.older = this.younger;
      this.younger = new Map();
    }
    this.younger.set(text, known);
    return known;
  }
}
