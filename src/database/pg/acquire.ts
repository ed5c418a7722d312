import type { Origin } from '../../request-scope/request-scope.js';
import type { AcquireResult } from '../source/query-source.interface.js';

/** A request for a connection under way. */
export interface Acquire {
  readonly startedAtMs: number;
  /** Whether a connection was there for it when it came. */
  readonly wasIdle: boolean;
  /** Whether one could be opened for it. */
  readonly mayOpen: boolean;
  readonly origin: Origin | undefined;
}

/** The time limit of the pool (at its maximum size, and while connecting) and of its clients: only their messages tell. */
const TIMEOUT =
  /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout|timeout expired)$/;

/** What is told of an acquire that failed. */
export function failureOf(error: unknown): AcquireResult {
  return error instanceof Error && TIMEOUT.test(error.message) ? 'timeout' : 'error';
}
