const SQLSTATE = /^[0-9A-Z]{5}$/;

/** pg's own error when a statement takes longer than `query_timeout`. */
const READ_TIMEOUT = 'Query read timeout';

/** The classes that `docs/database.md` explains; exported from 0 on. */
export const USUAL_ERROR_CLASSES: readonly string[] = [
  '08',
  '22',
  '23',
  '25',
  '40',
  '42',
  '53',
  '55',
  '57',
  'client',
  'timeout',
];

/**
 * The class of a failed statement's error: the first two characters of the server's SQLSTATE (PostgreSQL, Appendix A;
 * MySQL's drivers have it, too), `timeout` when the driver gave up, else `client`.
 */
export function queryErrorClass(error: unknown): string {
  const { code, severity, sqlState, message } = (error ?? {}) as Record<string, unknown>;
  // Node's errors have codes too, such as EPIPE; only the server's have a severity.
  const state = typeof severity === 'string' ? code : sqlState;
  if (typeof state === 'string' && SQLSTATE.test(state)) {
    return state.slice(0, 2);
  }
  return message === READ_TIMEOUT ? 'timeout' : 'client';
}
