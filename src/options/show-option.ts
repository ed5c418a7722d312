import { inspect } from 'node:util';
import { isPlainObject } from './option-rule.js';

/** An option that this version does not know may still be somebody's credential. */
const SECRET_NAME = /token|auth|pass|secret|key|url|headers|cookie|push|connectionString/i;

/** User and password of an URL. */
const URL_CREDENTIALS = /\/\/[^/@\s]*@/g;

const SHOWN_DEPTH = 2;
const HIDDEN = '[hidden]';

/** An option's value for an error. That there is nothing in it is no secret. */
export function showOption(name: string, value: unknown): string {
  const isEmpty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  return isSecret(name) && !isEmpty ? HIDDEN : show(value);
}

/** A value for an error, without what is named like a credential. */
export function show(value: unknown): string {
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

/** A copy, as deep as it is shown. Of what may have anything in it (a promise, a buffer, a function) the kind alone. */
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

/** Two may be the name and the value of an option. */
function redactedItems(items: readonly unknown[], depth: number): readonly unknown[] {
  const [name] = items;
  return items.length === 2 && isSecret(name)
    ? [name, HIDDEN]
    : items.map((item) => redacted(item, depth - 1));
}

function shownAs(text: string): object {
  return { [inspect.custom]: () => text };
}
