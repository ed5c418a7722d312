/** How a request without a complete response ended. */
export interface Failure {
  /** `aborted` if the application ended it, except because it took too long. */
  readonly status: 'error' | 'aborted';
  /** The value of the label `code`, not bounded yet. */
  readonly code: string;
}

/** The application ended the request. Node's code of an `AbortError`. */
export const ABORTED: Failure = { status: 'aborted', code: 'ABORT_ERR' };
/** The application ended the request because it took too long. */
export const TIMED_OUT: Failure = { status: 'error', code: 'ETIMEDOUT' };
/** The server closed the connection within the response. */
export const BROKEN_OFF: Failure = { status: 'error', code: 'ECONNRESET' };
const UNKNOWN: Failure = { status: 'error', code: 'unknown' };

/** Codes of errors for an end by the application: of Node.js, undici, axios. */
const ABORT_CODES: ReadonlySet<string> = new Set([
  'ABORT_ERR',
  'ERR_CANCELED',
  'UND_ERR_ABORTED',
  'UND_ERR_DESTROYED',
]);
/** undici gives the error of a proxy that refuses a tunnel the code of an abort. */
const REFUSED_TUNNEL = /^Proxy response /;
/** What Node.js and other libraries use as codes. Anything else may be personal data. */
const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/**
 * Classifies the error of a request. Never throws.
 *
 * @param isOwnEnd - whether the application had ended the request before the error
 */
export function failureOf(error: unknown, isOwnEnd: boolean): Failure {
  try {
    return classify(error, isOwnEnd);
  } catch {
    // A getter or a proxy.
    return UNKNOWN;
  }
}

function classify(error: unknown, isOwnEnd: boolean): Failure {
  if (typeof error !== 'object' || error === null) {
    // Node.js and undici throw errors: this is the reason of the application's AbortController.
    return ABORTED;
  }
  const { code, name, cause, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'UND_ERR_ABORTED' && REFUSED_TUNNEL.test(message)) {
    return { status: 'error', code };
  }
  if (name === 'AbortError' || ABORT_CODES.has(code as string)) {
    return isTimeout(cause) ? TIMED_OUT : ABORTED;
  }
  if (typeof code === 'string' && CODE.test(code)) {
    // Node.js makes this error for a request that is destroyed without one.
    return isOwnEnd && code === 'ECONNRESET' && syscall === undefined ? ABORTED : { status: 'error', code };
  }
  if (isTimeout(error)) {
    return TIMED_OUT;
  }
  if (name === 'HTTPParserError') {
    return { status: 'error', code: 'UND_ERR_HTTP_PARSER' };
  }
  return isOwnEnd ? ABORTED : UNKNOWN;
}

/** `AbortSignal.timeout()` has a `DOMException`, whose code is a number. */
function isTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as Error).name === 'TimeoutError';
}
