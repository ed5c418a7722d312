export type Callback = (...args: unknown[]) => unknown;

interface WithCallback {
  readonly callback?: unknown;
}

interface WithValues {
  readonly values?: unknown;
  /** Of a `QueryStream`. */
  readonly cursor?: { readonly values?: unknown } | undefined;
}

/** Returns the text in the first argument of `query()`: a string, a config, a query, or the cursor of a `QueryStream`. Never throws, even if a getter does. */
export function textOf(config: unknown): string {
  if (typeof config === 'string') {
    return config;
  }
  try {
    const query = (config ?? {}) as { text?: unknown; cursor?: { text?: unknown } };
    const text = query.text ?? query.cursor?.text;
    return typeof text === 'string' ? text : '';
  } catch {
    return '';
  }
}

/** Returns the values in the arguments of `query()`. As in pg, the second argument precedes the configuration's own values. */
export function parametersIn(args: readonly unknown[]): unknown {
  const [config, values] = args;
  if (typeof values === 'object' && values !== null) {
    return values;
  }
  if (typeof config !== 'object' || config === null) {
    return undefined;
  }
  const query = config as WithValues;
  return query.values ?? query.cursor?.values;
}

/** Whether pg finds a callback in the arguments of `query()`, or what it refuses as one. */
export function hasCallback(args: readonly unknown[]): boolean {
  return (
    Boolean(args[2]) ||
    typeof args[1] === 'function' ||
    Boolean((args[0] as WithCallback | null | undefined)?.callback)
  );
}

/** A callback is the third argument, the second, or in the configuration. pg looks for it in this order. */
export function replaceCallback(args: unknown[], replace: (callback: Callback) => Callback): void {
  const position = typeof args[2] === 'function' ? 2 : typeof args[1] === 'function' ? 1 : undefined;
  if (position !== undefined) {
    args[position] = replace(args[position] as Callback);
    return;
  }
  const config = args[0] as WithCallback | null | undefined;
  if (typeof config === 'object' && typeof config?.callback === 'function') {
    // The application's object stays unchanged. pg copies it in the same way, frozen objects included.
    args[0] = Object.create(Object.getPrototypeOf(config) as object, {
      ...Object.getOwnPropertyDescriptors(config),
      callback: {
        value: replace(config.callback as Callback),
        configurable: true,
        enumerable: true,
        writable: true,
      },
    });
  }
}
