import type { DatabaseSource } from './database-source.js';
import { QueryRecorder } from './query-recorder.js';

/** A statement that the action of `queriesOf()` has sent. */
export interface SentQuery {
  /** The statement with `?` in place of values, without control characters. */
  readonly fingerprint: string;
  /** The time from the call of the driver to the answer. `undefined` for a statement without an answer a second after the action. */
  readonly durationMs: number | undefined;
  /**
   * File, line and column of the application's code that sent it. `undefined` if no such code is on the stack, and after the first
   * 1,000 statements.
   */
  readonly location: string | undefined;
  /** Whether it failed. */
  readonly failed: boolean;
}

/**
 * Runs `action` and returns the statements that the application sends meanwhile, in the order of their start: those of HTTP requests,
 * jobs and direct calls alike, `START TRANSACTION`, `COMMIT` and an ORM's own reads included. Parameters are not read. Statements of
 * this library are left out, and so are statements that are sent after the action has settled. Independent of the option
 * `performance`.
 *
 * All statements to the databases count, by whatever code. Therefore actions on one database must run one after the other: a second
 * one is refused while the first one runs.
 *
 * @param source - the application, its `MetricsService`, or one `DataSource` of TypeORM or `Pool` of `pg`
 * @throws the error of the action; `HyperMetricsError` if `source` has no observed database, or while another action runs on it.
 * @example
 * const queries = await queriesOf(app, () => fetch(`${url}/books`));
 * assert.deepEqual(queries.map(({ fingerprint }) => fingerprint), ['SELECT * FROM book LIMIT ?']);
 */
export async function queriesOf(
  source: DatabaseSource,
  action: () => unknown,
): Promise<readonly SentQuery[]> {
  const recorder = new QueryRecorder();
  await recorder.during(source, action);
  await recorder.ended();
  return recorder.queries.map(({ fingerprint, durationMs, failed, locate }) => ({
    fingerprint,
    durationMs,
    location: locate(),
    failed,
  }));
}
