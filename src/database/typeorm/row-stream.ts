import { errorMonitor } from 'node:events';
import type { Statement } from '../source/statement.js';

/**
 * Types of data sources whose `stream()` reports errors of the statement to its fourth argument (mysql2). The stream itself also
 * emits the errors of its reader.
 */
const TELLS_ERRORS: ReadonlySet<string> = new Set(['mysql', 'mariadb']);

/** Codes of the errors that Node's streams emit when their reader stops: `break`, an aborted signal, a closed client. */
const READER_LEFT: ReadonlySet<unknown> = new Set([
  'ABORT_ERR',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

type Event = 'end' | 'close' | typeof errorMonitor;

/** The methods of a stream of rows or a connection that are used. */
interface Emitter {
  once?: (event: Event, listener: (error?: unknown) => void) => unknown;
  removeListener?: (event: Event, listener: (error?: unknown) => void) => unknown;
}

/** The error of a streamed statement, as the driver reported it. */
export interface StreamFailure {
  error?: unknown;
}

/** Returns arguments for `stream()` that store the statement's error in `failure`; `undefined` if the driver reports none. */
export function withErrorKept(
  kind: string,
  args: readonly unknown[],
  failure: StreamFailure,
): unknown[] | undefined {
  if (!TELLS_ERRORS.has(kind)) {
    return undefined;
  }
  const [text, parameters, onEnd, onError, ...others] = args;
  const keepError = (error: unknown): void => {
    failure.error = error;
    if (typeof onError === 'function') {
      onError(error);
    }
  };
  return [text, parameters, onEnd, keepError, ...others];
}

/**
 * Ends a statement with its stream of rows. A reader that stops before the end is not an error of the statement. Errors are
 * only monitored: without a listener of the application they still end the process. Streams without `autoDestroy` emit `end`
 * only.
 *
 * @param failure - the statement's error where the driver reports it; otherwise the stream's errors are read
 * @param connection - mysql2 reports a lost connection here only
 */
export function endWithStream(
  statement: Statement,
  answer: unknown,
  failure: StreamFailure | undefined,
  connection: unknown,
): void {
  const stream = answer as Emitter | undefined;
  const emitter = connection as Emitter | undefined;
  if (typeof stream?.once !== 'function') {
    statement.end(undefined);
    return;
  }
  const end = (error: unknown): void => {
    statement.end(error);
    emitter?.removeListener?.(errorMonitor, end);
  };
  const ended = (): void => end(failure?.error);
  stream.once('end', ended);
  stream.once('close', ended);
  stream.once(errorMonitor, (error) => {
    end(failure === undefined && !hasReaderLeft(error) ? error : failure?.error);
  });
  if (failure !== undefined) {
    emitter?.once?.(errorMonitor, end);
  }
}

function hasReaderLeft(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  return name === 'AbortError' || READER_LEFT.has(code);
}
