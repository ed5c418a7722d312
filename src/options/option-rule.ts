/** Answers what is allowed when `value` is not. */
export type OptionRule = (value: unknown) => string | undefined;

/** Instances of a user's own classes are fine; lists, maps, dates, promises and the like are not. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}
