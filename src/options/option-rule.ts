import { MAX_TIMER_MS } from '../core/tool/deadline.js';

/** Says what one option may be. */
export interface OptionRule {
  /** Returns `undefined` for an allowed value, else a description of what is allowed. */
  problem(value: unknown): string | undefined;
  /** Whether the object that has the option must have it. */
  readonly required?: boolean;
  /** Whether an explicit `undefined` is an error. Otherwise it selects the default, like a missing environment variable. */
  readonly rejectsUndefined?: boolean;
  /** Whether the value is a credential: it is left out when resolved options are printed. */
  readonly secret?: boolean;
  /** The options inside the value, if it is an object. */
  readonly group?: OptionGroup;
}

/** One rule per option of the interface `T`. */
export type OptionRules<T = Record<string, unknown>> = { readonly [Name in keyof T]-?: OptionRule };

/** The rules of an object of options, and its defaults. */
export interface OptionGroup {
  readonly rules: OptionRules;
  readonly defaults: object;
}

export interface OptionProblem {
  readonly path: string;
  readonly value: unknown;
  /** What is allowed; for an unknown option, `undefined`. */
  readonly allowed: string | undefined;
  /** Names of the options known where this one is. */
  readonly known: readonly string[];
}

/** Returns whether `value` is an object, instances of a user's own classes included; arrays, maps, dates and the like are not. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  try {
    return Object.prototype.toString.call(value) === '[object Object]';
  } catch {
    // A revoked proxy, or a tag that throws.
    return false;
  }
}

/** Stands for an option whose getter threw. No rule allows it. */
export class UnreadableOption {
  /** Not what {@link isPlainObject} takes for an object of options. */
  readonly [Symbol.toStringTag] = 'UnreadableOption';
  readonly #error: unknown;

  constructor(error: unknown) {
    this.#error = error;
  }

  get error(): unknown {
    return this.#error;
  }
}

export function rule(allowed: string, isAllowed: (value: unknown) => boolean): OptionRule {
  return { problem: (value) => (isAllowed(value) ? undefined : allowed) };
}

function numberRule(allowed: string, isAllowed: (value: number) => boolean): OptionRule {
  return rule(allowed, (value) => typeof value === 'number' && isAllowed(value));
}

export const FLAG = rule('true or false', (value) => typeof value === 'boolean');

export const TEXT = rule('a non-empty string', (value) => typeof value === 'string' && value !== '');

export const TIMEOUT_MS = numberRule(
  `a number of milliseconds above 0, up to ${MAX_TIMER_MS}`,
  (value) => value > 0 && value <= MAX_TIMER_MS,
);

export const MILLISECONDS = numberRule(
  `a number of milliseconds from 0 to ${MAX_TIMER_MS}`,
  (value) => value >= 0 && value <= MAX_TIMER_MS,
);

export const INTERVAL_SECONDS = numberRule(
  `a number of seconds above 0, up to ${Math.floor(MAX_TIMER_MS / 1000)}`,
  (value) => value > 0 && value * 1000 <= MAX_TIMER_MS,
);

export const SHARE = numberRule('a number above 0 and below 1', (value) => value > 0 && value < 1);

export function wholeNumber(
  least: number,
  most = Infinity,
  allowed = `a whole number of at least ${least}`,
): OptionRule {
  return numberRule(allowed, (value) => Number.isSafeInteger(value) && value >= least && value <= most);
}

export function isListOf(isItem: (value: unknown) => boolean, value: unknown, shortest = 0): boolean {
  // `every()` would skip the holes of the list itself.
  return (
    Array.isArray(value) &&
    value.length >= shortest &&
    Array.from<unknown>(value).every((item) => isItem(item))
  );
}

export function listRule(allowed: string, isItem: (value: unknown) => boolean, shortest = 0): OptionRule {
  return rule(allowed, (value) => isListOf(isItem, value, shortest));
}

export function recordRule(allowed: string, isEntry: (name: string, value: unknown) => boolean): OptionRule {
  return rule(
    allowed,
    (value) => isPlainObject(value) && Object.entries(value).every(([name, item]) => isEntry(name, item)),
  );
}

/** Rule of an option that is an object of options. */
export function groupRule<T>(rules: OptionRules<T>, defaults: object = {}, hint = ''): OptionRule {
  const group: OptionGroup = { rules, defaults };
  const required = namesOf(group, true);
  return {
    ...rule(
      `an object of ${showNames(group)}${hint}`,
      (value) => isPlainObject(value) && required.every((name) => name in value),
    ),
    group,
  };
}

/** Rule of an option that is `false`, `true` for the defaults, or an object of options. */
export function switchRule<T>(rules: OptionRules<T>, defaults: object): OptionRule {
  const group: OptionGroup = { rules, defaults };
  return {
    ...rule(
      `true, false or an object of ${showNames(group)}`,
      (value) => typeof value === 'boolean' || isPlainObject(value),
    ),
    group,
  };
}

/** Required names first: `url and jobName, with mode and retries`. */
function showNames(group: OptionGroup): string {
  return [namesOf(group, true), namesOf(group, false)]
    .filter(({ length }) => length > 0)
    .map((names) => names.join(', ').replace(/, (\w+)$/, ' and $1'))
    .join(', with ');
}

function namesOf({ rules }: OptionGroup, isRequired: boolean): string[] {
  return Object.keys(rules).filter((name) => (rules[name]?.required ?? false) === isRequired);
}

/**
 * Copies an object of options, and the objects of options in it: the own options, and those that are known and inherited or getters
 * of a class. Each is read once, since a getter may return something else later.
 *
 * @throws the error of a proxy that does not tell its keys
 */
export function copyOptions(group: OptionGroup, options: object): Record<string, unknown> {
  const known = Object.keys(group.rules).filter((name) => name in options);
  const names = new Set([...Object.keys(options), ...known]);
  return Object.fromEntries([...names].map((name) => [name, copyOption(group, options, name)]));
}

function copyOption(group: OptionGroup, options: object, name: string): unknown {
  try {
    const value = (options as Record<string, unknown>)[name];
    const nested = ruleOf(group, name)?.group;
    return nested !== undefined && isPlainObject(value) ? copyOptions(nested, value) : value;
  } catch (error) {
    return new UnreadableOption(error);
  }
}

function ruleOf({ rules }: OptionGroup, name: string): OptionRule | undefined {
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}

/**
 * Returns the unknown and invalid options of an object, nested ones included.
 *
 * @param options - a copy by {@link copyOptions}
 */
export function findProblems(
  group: OptionGroup,
  options: Readonly<Record<string, unknown>>,
  parent = '',
): OptionProblem[] {
  const known = Object.keys(group.rules);
  return Object.entries(options).flatMap(([name, value]) => {
    const path = parent + name;
    const found = ruleOf(group, name);
    if (found === undefined) {
      return [{ path, value, allowed: undefined, known }];
    }
    const isDefault = value === undefined && found.required !== true && found.rejectsUndefined !== true;
    const allowed = isDefault ? undefined : problemOf(found, value);
    return [
      ...(allowed === undefined ? [] : [{ path, value, allowed, known }]),
      ...(found.group !== undefined && isPlainObject(value)
        ? findProblems(found.group, value, `${path}.`)
        : []),
    ];
  });
}

function problemOf(found: OptionRule, value: unknown): string | undefined {
  try {
    return found.problem(value);
  } catch {
    return 'a value that can be read';
  }
}
