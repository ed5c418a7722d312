import { printable } from './shown-statement.js';
import type { Quoting } from './sql-tokens.js';
import { readStatement } from './statement-tables.js';

/** Maximum length of a summary, as in OpenTelemetry's `db.query.summary`. */
const MAX_LENGTH = 255;

interface Part {
  readonly operation: string;
  readonly tables: Set<string>;
}

/**
 * Returns the operations of a text and their tables in the order of the text, such as `SELECT books, authors` and
 * `INSERT archive SELECT books`; `undefined` without a known operation. Subqueries are part of the query around them. A
 * summary has no values, schemas, columns, functions, or names of common table expressions.
 */
export function statementSummary(text: string, quoting: Quoting = 'standard'): string | undefined {
  const statements: Part[][] = [];
  readStatement(text, quoting, {
    statement: () => void statements.push([]),
    operation: (operation) => {
      const parts = statements.at(-1);
      if (parts?.at(-1)?.operation !== operation) {
        parts?.push({ operation, tables: new Set() });
      }
    },
    table: (name) =>
      void statements
        .at(-1)
        ?.at(-1)
        ?.tables.add(printable(name.at(-1) ?? '')),
  });
  const summaries = statements.map((parts) => parts.map(show).join(' '));
  const shown = summaries.filter((summary, index) => summary !== '' && summary !== summaries[index - 1]);
  return shown.length === 0 ? undefined : cut(shown.join('; '));
}

function show({ operation, tables }: Part): string {
  return tables.size === 0 ? operation : `${operation} ${[...tables].join(', ')}`;
}

/** Cuts between words. */
function cut(summary: string): string {
  if (summary.length <= MAX_LENGTH) {
    return summary;
  }
  const space = summary.lastIndexOf(' ', MAX_LENGTH - 1);
  return `${summary.slice(0, space).replace(/[,;]$/, '')}…`;
}
