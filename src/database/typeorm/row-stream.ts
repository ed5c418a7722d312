import { errorMonitor } from 'node:events';
import type { Statement } from '../source/statement.js';

/**
 * Types of data sources whose `stream()` has its fourth argument told of the errors of the statement (mysql2): the stream has
 * those of its reader, too.
 */
const TELLS_ERRORS: ReadonlySet<string> = new Set(['mysql', 'mariadb']);

/** Errors by which Node's streams tell that their reader has left: `break`, an aborted signal, a client that went. */
const READER_LEFT: ReadonlySet<unknown> = new Set([
  'ABORT_ERR',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

type Event = 'end' | 'close' | typeof errorMonitor;

/** What a stream of rows, or a connection, is used for. */
interface Emitter {
  once?: (event: Event, listener: (error?: unknown) => void) => unknown;
  removeListener?: (event: Event, listener: (error?: unknown) => void) => unknown;
}

/** The error of a statement whose rows are streamed, once the driver has told of it. */
export interface StreamFailure {
  error?: unknown;
}

/** Arguments for `stream()` that keep the statement's error in `failure`; `undefined` where the driver tells none. */
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
 * Ends a statement with its stream of rows. What its reader does, such as to leave before the end, is no error of the
 * statement. Errors are only watched: where they have no listener, they have to end the process as ever. Streams that do not
 * destroy themselves at their end tell of the end only.
 *
 * @param failure - where the driver tells the statement's error; otherwise the stream's errors are looked at
 * @param connection - mysql2 tells of a lost connection there, and neither the stream nor the statement
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
