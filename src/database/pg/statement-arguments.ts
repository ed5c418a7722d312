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
