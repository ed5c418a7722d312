/**
 * Sets a property of another library's object that copies and `inspect()` leave out: applications log requests, responses and errors that
 * have them, and would log our metrics with them. Assignments to it later keep that.
 *
 * @throws TypeError when the object is frozen.
 */
export function setHidden<T extends object, K extends keyof T & symbol>(
  object: T,
  key: K,
  value: T[K],
): void {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: false, writable: true });
}
