import { printable } from '../sql/shown-statement.js';
import { normalizeQuery } from '../sql/query-fingerprint.js';

/** A plan of the server, without the values in its conditions. */
export interface QueryPlan {
  /** As JSON, in the form of `EXPLAIN (FORMAT JSON)`. `undefined` when it is too long. */
  readonly json: string | undefined;
  /** The number of tables that it reads from beginning to end. */
  readonly seqScans: number;
}

/** Longer plans, as of tables with hundreds of partitions, are not kept. */
const MAX_LENGTH = 20_000;
/** The values of longer ones are not even looked for: it would take the event loop a tenth of a second for a thousand partitions. */
const MAX_READ_LENGTH = 2 * MAX_LENGTH;

/** Properties whose text is a name or a fixed word. All others may be expressions of the statement, with its values. */
const NAMES = new Set([
  'Node Type',
  'Parent Relationship',
  'Subplan Name',
  'Relation Name',
  'Schema',
  'Alias',
  'Index Name',
  'CTE Name',
  'Tuplestore Name',
  'Function Name',
  'Join Type',
  'Scan Direction',
  'Strategy',
  'Partial Mode',
  'Operation',
  'Command',
]);

/**
 * Reads the answer to `EXPLAIN (FORMAT JSON)`: an object, or text where the application has set a parser of its own.
 *
 * @throws when it is no plan
 */
export function readPlan(answer: unknown): QueryPlan {
  const parsed: unknown = typeof answer === 'string' ? JSON.parse(answer) : answer;
  if (!Array.isArray(parsed) || parsed.length === 0) {
    throw new Error('The answer of EXPLAIN is not a plan in JSON.');
  }
  const isRead = JSON.stringify(parsed).length <= MAX_READ_LENGTH;
  const json = isRead ? JSON.stringify(withoutValues(parsed)) : undefined;
  return { json: json && json.length <= MAX_LENGTH ? json : undefined, seqScans: countSeqScans(parsed) };
}

/** @param key - the property that has the value, or the list of values */
function withoutValues(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => withoutValues(item, key));
  }
  if (typeof value === 'string') {
    return printable(NAMES.has(key) ? value : normalizeQuery(value));
  }
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutValues(inner, name)]))
    : value;
}

function countSeqScans(value: unknown): number {
  if (!isObject(value)) {
    return 0;
  }
  const inner = Object.values(value).reduce((sum: number, part) => sum + countSeqScans(part), 0);
  return inner + ('Node Type' in value && value['Node Type'] === 'Seq Scan' ? 1 : 0);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
