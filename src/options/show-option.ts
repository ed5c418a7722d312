import { inspect } from 'node:util';
import { reasonOf } from '../core/tool/warn-once.js';
import { isPlainObject, UnreadableOption } from './option-rule.js';

/** Names of options that may be credentials, unknown options included. */
const SECRET_NAME =
  /tok|auth|pass|pwd|secret|cred|bearer|key|url|dsn|headers|cookie|push|private|connectionString/i;

/** User and password of a URL. */
const URL_CREDENTIALS = /\/\/[^/@\s]*@/g;

const SHOWN_DEPTH = 2;
const HIDDEN = '[hidden]';
const UNREADABLE = 'unreadable';
/** Maximum edit distance of a mistyped name. */
const TYPING_ERRORS = 2;

/** Options that contain credentials: a mistyped name inside them could show one. */
const SECRET_PARENTS = /^(endpoint|pushOnShutdown)(\.|$)/;

/** Returns the value of a known option for an error. Empty values are never hidden. */
export function showOption(path: string, value: unknown): string {
  return showUnless(
    () => isSecret(nameOf(path)) || (SECRET_PARENTS.test(path) && mayHoldSecrets(path, value)),
    value,
  );
}

/** Returns the value of an unknown option for an error. Strings and objects are shown only if the name is a mistyped known one. */
export function showUnknownOption(path: string, value: unknown, known: readonly string[]): string {
  const name = nameOf(path);
  const isPlain = value === null || typeof value === 'boolean' || typeof value === 'number';
  const meant = similarNames(name, known);
  return showUnless(
    () =>
      isSecret(name) ||
      SECRET_PARENTS.test(path) ||
      !(
        isPlain ||
        (meant.length > 0 && !meant.some((option) => isSecret(option) || SECRET_PARENTS.test(option)))
      ),
    value,
  );
}

/** Returns the known names that `name` may be a mistyped form of. */
export function similarNames(name: string, known: readonly string[]): string[] {
  return known.filter((option) => typingErrors(name.toLowerCase(), option.toLowerCase()) <= TYPING_ERRORS);
}

function showUnless(isHidden: () => boolean, value: unknown): string {
  try {
    if (value instanceof UnreadableOption) {
      return isHidden() ? UNREADABLE : `unreadable (${reasonOf(value.error)})`;
    }
    return isHidden() && !isEmpty(value) ? HIDDEN : show(value);
  } catch {
    // A proxy that is revoked, or a getter that throws.
    return UNREADABLE;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/** In place of a parent, strings and objects may hold secrets; inside a parent, objects, whose keys may be mistyped. */
function mayHoldSecrets(path: string, value: unknown): boolean {
  const isObject =
    typeof value === 'function' ||
    (typeof value === 'object' && value !== null && !(value instanceof RegExp));
  if (!path.includes('.')) {
    return isObject || typeof value === 'string';
  }
  const isListOfScalars = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  return isObject && !isListOfScalars && Object.keys(value).length > 0;
}

/** Returns the edit distance (Levenshtein) of two names; `Infinity` if it is certainly too large. */
function typingErrors(name: string, other: string): number {
  if (Math.abs(name.length - other.length) > TYPING_ERRORS) {
    return Infinity;
  }
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let left = 1; left <= name.length; left += 1) {
    const next = [left];
    for (let right = 1; right <= other.length; right += 1) {
      const replaced = (row[right - 1] as number) + (name[left - 1] === other[right - 1] ? 0 : 1);
      next.push(Math.min((row[right] as number) + 1, (next[right - 1] as number) + 1, replaced));
    }
    row = next;
  }
  return row.at(-1) as number;
}

/** Returns a value for an error, without properties named like credentials. */
function show(value: unknown): string {
  return inspect(redacted(value, SHOWN_DEPTH), {
    depth: SHOWN_DEPTH,
    breakLength: Infinity,
    maxStringLength: 100,
    maxArrayLength: 20,
  }).replaceAll(URL_CREDENTIALS, '//[hidden]@');
}

function isSecret(name: unknown): boolean {
  return typeof name === 'string' && SECRET_NAME.test(name);
}

/** Returns a copy as deep as it is shown. Of opaque objects (promises, buffers, functions) only the kind is shown. */
function redacted(value: unknown, depth: number): unknown {
  if (typeof value === 'function') {
    return shownAs(`[Function: ${value.name}]`);
  }
  if (typeof value !== 'object' || value === null || value instanceof RegExp || value instanceof Date) {
    return value;
  }
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (depth < 0) {
    return shownAs(`[${kind}]`);
  }
  if (value instanceof Map) {
    return new Map(redactedEntries([...value], depth));
  }
  if (value instanceof Set || Array.isArray(value)) {
    const items = redactedItems([...value], depth);
    return Array.isArray(value) ? items : new Set(items);
  }
  return isPlainObject(value)
    ? Object.fromEntries(redactedEntries(Object.entries(value), depth))
    : shownAs(`[${kind}]`);
}

function redactedEntries<Name>(entries: readonly [Name, unknown][], depth: number): [Name, unknown][] {
  return entries.map(([name, item]) => [name, isSecret(name) ? HIDDEN : redacted(item, depth - 1)]);
}

/** A pair may be the name and the value of an option. */
function redactedItems(items: readonly unknown[], depth: number): readonly unknown[] {
  const [name] = items;
  return items.length === 2 && isSecret(name)
    ? [name, HIDDEN]
    : items.map((item) => redacted(item, depth - 1));
}

function shownAs(text: string): object {
  return { [inspect.custom]: () => text };
}
