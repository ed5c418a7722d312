const SQLSTATE = /^[0-9A-Z]{5}$/;

/** pg's error when a statement takes longer than `query_timeout`. */
const READ_TIMEOUT = 'Query read timeout';

/** The classes in `docs/database.md`, exported at 0 from the start. */
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
 * Returns the class of a statement's error: the first two characters of the server's SQLSTATE (PostgreSQL, Appendix A; MySQL's
 * drivers have it, too), `timeout` for the driver's timeout, else `client`.
 */
export function queryErrorClass(error: unknown): string {
  const { code, severity, sqlState, message } = (error ?? {}) as Record<string, unknown>;
  // Node's errors have codes, too, such as EPIPE. Only the server's errors have a severity.
  const state = typeof severity === 'string' ? code : sqlState;
  if (typeof state === 'string' && SQLSTATE.test(state)) {
    return state.slice(0, 2);
  }
  return message === READ_TIMEOUT ? 'timeout' : 'client';
}
