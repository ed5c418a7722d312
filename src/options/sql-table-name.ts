const TABLE_NAME = /^([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Whether `name` names a table of PostgreSQL, with its schema or without, and needs no thought to be quoted. */
export function isTableName(name: string): boolean {
  return TABLE_NAME.test(name);
}
