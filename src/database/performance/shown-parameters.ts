import { types } from 'node:util';
import { printable } from '../sql/shown-statement.js';

/** Maximum number of parameters and of entries in one, maximum length of each. Bounds the cost of hostile parameters. */
const MAX_PARAMETERS = 20;
const MAX_LENGTH = 100;
const MAX_DEPTH = 2;

/**
 * Returns a driver's parameters as strings: the first 20, each of 100 characters at most, and the number of further ones. Calls
 * no method of a parameter, neither `toString()` and `toJSON()` nor getters. Never throws.
 *
 * @param read - may throw
 * @returns `undefined` without parameters
 */
export function shownParameters(read: () => unknown): readonly string[] | undefined {
  try {
    const parameters = read();
    if (typeof parameters !== 'object' || parameters === null) {
      return undefined;
    }
    return types.isProxy(parameters) ? ['a proxy'] : entriesOf(parameters, MAX_DEPTH).map(cut);
  } catch {
    return ['unreadable'];
  }
}

function entriesOf(object: object, depth: number): string[] {
  if (Array.isArray(object)) {
    const shown = Array.from({ length: Math.min(object.length, MAX_PARAMETERS) }, (_, index) =>
      shownProperty(object, index, depth),
    );
    return withRest(shown, object.length);
  }
  const names = Object.keys(object);
  const shown = names
    .slice(0, MAX_PARAMETERS)
    .map((name) => `${cut(name)}: ${shownProperty(object, name, depth)}`);
  return withRest(shown, names.length);
}

function withRest(shown: string[], count: number): string[] {
  return count > shown.length ? [...shown, `… ${count - shown.length} more`] : shown;
}

function shownProperty(object: object, name: string | number, depth: number): string {
  const property = types.isProxy(object) ? undefined : Object.getOwnPropertyDescriptor(object, name);
  return property?.get === undefined ? shownValue(property?.value, depth) : 'a getter';
}

function shownValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return cut(value);
    case 'number':
    case 'bigint':
    case 'boolean':
    case 'symbol':
      return String(value);
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : shownObject(value, depth);
    default:
      return 'null';
  }
}

function shownObject(value: object, depth: number): string {
  if (types.isProxy(value)) {
    return 'a proxy';
  }
  if (types.isDate(value)) {
    const time = Date.prototype.getTime.call(value);
    return Number.isNaN(time) ? 'an invalid date' : new Date(time).toISOString();
  }
  const bytes = bytesOf(value);
  if (bytes !== undefined) {
    return `${bytes} bytes`;
  }
  if (depth === 0) {
    return '…';
  }
  const entries = entriesOf(value, depth - 1).join(', ');
  return Array.isArray(value) ? `[${entries}]` : `{${entries}}`;
}

function bytesOf(value: object): number | undefined {
  return ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) ? value.byteLength : undefined;
}

/** Copies: a substring keeps the whole string in memory (V8). */
function cut(text: string): string {
  return text.length > MAX_LENGTH
    ? `${printable(Buffer.from(text.slice(0, MAX_LENGTH), 'utf16le').toString('utf16le'))}…`
    : printable(text);
}
