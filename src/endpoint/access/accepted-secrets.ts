import { createHash, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:os';
import { types } from 'node:util';
import type { EndpointSecret } from '../../options/endpoint-options.interface.js';

/** What an option says, and how it is compared. */
export interface SecretRules {
  readonly secret: EndpointSecret;
  readonly isUsable: (value: unknown) => boolean;
  /** What a client sends for a secret. */
  readonly encode: (secret: string) => string;
  /** The function of the option threw, or returned nothing usable. */
  readonly onUnusable: (reason: string) => void;
}

/** The secrets of one option: digests, so that neither how much of a guess is right nor its length can be measured. */
export class AcceptedSecrets {
  private readonly fixed: readonly Buffer[] | undefined;
  /** Whoever prints an application prints nothing that is here. */
  readonly #rules: SecretRules;

  constructor(rules: SecretRules) {
    this.#rules = rules;
    this.fixed = typeof rules.secret === 'function' ? undefined : this.digestsOf(rules.secret);
  }

  accepts(given: string | Buffer): boolean {
    const digest = digestOf(given);
    let accepted = false;
    for (const known of this.fixed ?? this.current()) {
      // Each is compared, whether one fits already or not.
      accepted = timingSafeEqual(known, digest) || accepted;
    }
    return accepted;
  }

  private current(): readonly Buffer[] {
    const { secret, onUnusable } = this.#rules;
    try {
      const digests = this.digestsOf((secret as () => unknown)());
      if (digests.length === 0) {
        onUnusable('it returned none that can be used');
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

/** Nobody waits for a promise here: unheard, its rejection would end the process. */
function forgetPromise(secret: unknown): void {
  if (types.isPromise(secret)) {
    secret.catch(() => {});
  }
}

/** The built-in errors, the most special first. */
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

/** Only what the runtime itself has defined: the message may quote a secret, and so may a `name` or `code` of the application. */
function kindOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) {
      return `a value of type ${typeof error}`;
    }
    const { code } = error as NodeJS.ErrnoException;
    const { name } = BUILT_IN_ERRORS.find((type) => error instanceof type) ?? Error;
    return typeof code === 'string' && Object.hasOwn(constants.errno, code) ? `${name} (${code})` : name;
  } catch {
    return 'something that cannot be read';
  }
}
