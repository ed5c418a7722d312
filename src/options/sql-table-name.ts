const TABLE_NAME = /^([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Returns whether `name` is a PostgreSQL table name, with or without a schema, that is safe to quote. */
export function isTableName(name: string): boolean {
  return TABLE_NAME.test(name);
}
