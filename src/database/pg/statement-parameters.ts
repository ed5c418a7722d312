interface WithValues {
  readonly values?: unknown;
  /** Of a `QueryStream`. */
  readonly cursor?: { readonly values?: unknown } | undefined;
}

/** The values of a statement in the arguments of `query()`: those beside a configuration come before those in it, as for pg. */
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
