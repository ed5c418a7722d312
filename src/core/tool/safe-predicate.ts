/** Returns whether the user's predicate answers `true`. One that throws, or returns a promise, answers `false`. */
export function satisfies<T>(
  predicate: (item: T) => boolean,
  item: T,
  onError: (error: unknown) => void,
): boolean {
  try {
    // A promise is truthy, and its rejection would be unhandled.
    const answer: unknown = predicate(item);
    if (answer instanceof Promise) {
      answer.catch(() => {});
      throw new TypeError('it returned a promise instead of true or false');
    }
    return answer === true;
  } catch (error) {
    onError(error);
    return false;
  }
}
