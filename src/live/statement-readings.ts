import { DB_STATEMENT_CALLS_TOTAL, DB_STATEMENT_SECONDS_TOTAL } from '../catalog/performance.catalog.js';
import type { GatheredFamilies } from './gathered-families.js';

/** Maximum number of statements that are remembered: those with the most time. */
export const MAX_STATEMENTS = 200;

/** The calls of the statements with one summary since the start. */
export interface StatementReading {
  calls: number;
  seconds: number;
}

/** The statements of one gather. */
export interface StatementReadings {
  /** By summary. */
  readonly rows: ReadonlyMap<string, StatementReading>;
  /** The number of summaries beyond {@link MAX_STATEMENTS}. */
  readonly omitted: number;
  /** Seconds of all statements. */
  readonly seconds: number;
}

/** Returns `undefined` without metrics of statements. */
export function readStatements(families: GatheredFamilies): StatementReadings | undefined {
  if (families.find(DB_STATEMENT_CALLS_TOTAL) === undefined) {
    return undefined;
  }
  const all = new Map<string, StatementReading>();
  const rowOf = (summary: string): StatementReading => {
    const row = all.get(summary) ?? { calls: 0, seconds: 0 };
    all.set(summary, row);
    return row;
  };
  families.eachSeries(DB_STATEMENT_CALLS_TOTAL, ['statement'], ([summary = ''], at, { values }) => {
    rowOf(summary).calls += values[at] as number;
  });
  families.eachSeries(DB_STATEMENT_SECONDS_TOTAL, ['statement'], ([summary = ''], at, { values }) => {
    rowOf(summary).seconds += values[at] as number;
  });
  const rows = [...all].toSorted(([, one], [, other]) => other.seconds - one.seconds);
  return {
    rows: new Map(rows.slice(0, MAX_STATEMENTS)),
    omitted: Math.max(0, rows.length - MAX_STATEMENTS),
    seconds: rows.reduce((sum, [, { seconds }]) => sum + seconds, 0),
  };
}
