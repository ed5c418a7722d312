/** Minifiers name classes with one or two characters: `e`, `$t`. */
const LONGEST_MINIFIED_NAME = 2;
const ANONYMOUS = '<anonymous>';
const UNREADABLE = '<unreadable>';

/**
 * Returns the name of an exception's class, not bounded: `<minified e>` for a name of one or two characters, unless the exception has a
 * `name` of its own; the type of a value that is no object. Never throws.
 */
export function exceptionClass(exception: unknown): string {
  if (exception === null) {
    return 'null';
  }
  if (typeof exception !== 'object') {
    return typeof exception;
  }
  try {
    const prototype = Object.getPrototypeOf(exception) as { readonly constructor?: unknown } | null;
    const name = nameOf(prototype?.constructor);
    if (name.length > LONGEST_MINIFIED_NAME) {
      return name;
    }
    // Classes that are to be told apart in minified code set it.
    const given: unknown = (exception as Error).name;
    if (exception instanceof Error && typeof given === 'string' && isOwnName(given)) {
      return given;
    }
    return name === '' ? ANONYMOUS : `<minified ${name}>`;
  } catch {
    // A getter or a proxy.
    return UNREADABLE;
  }
}

/** Returns the empty string for classes without a name, and for what is no class. */
function nameOf(constructor: unknown): string {
  const name: unknown = typeof constructor === 'function' ? constructor.name : undefined;
  return typeof name === 'string' ? name : '';
}

/** Every error has the `name` of a class of the language, which says nothing of the application's. */
function isOwnName(name: string): boolean {
  return (
    name.length > LONGEST_MINIFIED_NAME &&
    !/^(Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error$/.test(name)
  );
}
