/** A `QueryStream` keeps its text in its cursor. What throws when it is read is pg's to read. */
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
