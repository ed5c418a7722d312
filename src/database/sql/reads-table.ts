import { readStatement } from './statement-tables.js';

/** Catalogs of databases, and TypeORM's table of metadata. */
const CATALOG_SCHEMAS = /^(?:information_schema|pg_catalog|performance_schema|mysql)$/i;
const CATALOG_TABLES = /^(?:(?:pg|sqlite)_\w+|typeorm_metadata|dual)$/i;

const WRITES = /^(?:INSERT|UPDATE|DELETE|MERGE|REPLACE)$/;

/** A fingerprint of this length may be cut before its `FROM`. */
const CUT_LENGTH = 8000;

/**
 * Whether a statement reads a table or view of the application, and writes none. Functions that return rows, `VALUES` and the
 * database's catalogs are not tables. Common table expressions are read.
 *
 * @param fingerprint - of a statement whose operation is `select`
 */
export function readsTable(fingerprint: string): boolean {
  let found = fingerprint.length >= CUT_LENGTH;
  let writes = false;
  readStatement(fingerprint, 'standard', {
    statement: () => {},
    operation: (words) => {
      writes ||= WRITES.test(words);
    },
    table: (name) => {
      found ||= !CATALOG_TABLES.test(name.at(-1) ?? '') && !CATALOG_SCHEMAS.test(name.at(-2) ?? '');
    },
  });
  return found && !writes;
}
