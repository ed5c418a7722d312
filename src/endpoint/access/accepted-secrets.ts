import { createHash, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:os';
import { types } from 'node:util';
import type { EndpointSecret } from '../../options/endpoint-options.interface.js';

/** The secret of an option, and how to compare it. */
export interface SecretRules {
  readonly secret: EndpointSecret;
  readonly isUsable: (value: unknown) => boolean;
  /** Returns what a client sends for a secret. */
  readonly encode: (secret: string) => string;
  /** Called when the option's function throws or returns no usable secret. */
  readonly onUnusable: (reason: string) => void;
}

/** The secrets of one option, kept as digests: the time of a comparison tells neither length nor matching characters. */
export class AcceptedSecrets {
  private readonly fixed: readonly Buffer[] | undefined;
  /** Private in JavaScript too: `inspect()` and JSON do not show secrets. */
  readonly #rules: SecretRules;

  constructor(rules: SecretRules) {
    this.#rules = rules;
    this.fixed = typeof rules.secret === 'function' ? undefined : this.digestsOf(rules.secret);
  }

  accepts(given: string | Buffer): boolean {
    const digest = digestOf(given);
    let accepted = false;
    for (const known of this.fixed ?? this.current()) {
      // Compares all: the time does not tell which one matched.
      accepted = timingSafeEqual(known, digest) || accepted;
    }
    return accepted;
  }

  private current(): readonly Buffer[] {
    const { secret, onUnusable } = this.#rules;
    try {
      const digests = this.digestsOf((secret as () => unknown)());
      if (digests.length === 0) {
        onUnusable('it returned no usable secret');
      }
      return digests;
    } catch (error) {
      onUnusable(`it threw ${kindOf(error)}`);
      return [];
    }
  }

  private digestsOf(secrets: unknown): Buffer[] {
    const { isUsable, encode } = this.#rules;
    const all = [secrets].flat();
    all.forEach(forgetPromise);
    return all
      .filter((secret): secret is string => isUsable(secret))
      .map((secret) => digestOf(encode(secret)));
  }
}

function digestOf(secret: string | Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** A promise is not a secret, and its rejection must not become an unhandled one. */
function forgetPromise(secret: unknown): void {
  if (types.isPromise(secret)) {
    secret.catch(() => {});
  }
}

/** The most special first. */
const BUILT_IN_ERRORS = [
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
  AggregateError,
  Error,
];

/** Only names and codes of the runtime: the error's message, or a `name` or `code` of the application, may quote a secret. */
function kindOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) {
      return `a value of type ${typeof error}`;
    }
    const { code } = error as NodeJS.ErrnoException;
    const { name } = BUILT_IN_ERRORS.find((type) => error instanceof type) ?? Error;
    return typeof code === 'string' && Object.hasOwn(constants.errno, code) ? `${name} (${code})` : name;
  } catch {
    return 'an unreadable value';
  }
}
