import { errorMonitor } from 'node:events';
import type { Readable } from 'node:stream';
import type { OutcomeListener } from '../core/tool/outcome.js';
import type { ReturnedCall } from './returned-call.js';

/** Listeners by stream. All decorators share the stream's listeners, which count against its limit. */
const waiting = new WeakMap<Readable, Set<OutcomeListener>>();

const STREAMABLE_FILE = ['getStream', 'getHeaders', 'setErrorHandler', 'setErrorLogger'];

/** Returns a Node.js readable stream: `result` itself, or the one inside Nest's `StreamableFile`. */
export function streamOf(result: object): Readable | undefined {
  const isFile = STREAMABLE_FILE.every((method) => method in result);
  const candidate: unknown = isFile ? (result as { getStream(): unknown }).getStream() : result;
  const { pipe, once, readable } = candidate as Partial<Readable>;
  return typeof pipe === 'function' && typeof once === 'function' && typeof readable === 'boolean'
    ? (candidate as Readable)
    : undefined;
}

/**
 * Records the call when the stream has been read to its end or destroyed. Adds no `error` listener, which would hide errors
 * that the host does not handle.
 */
export function observeStream(stream: Readable, call: ReturnedCall): void {
  const end = call.whenEnded();
  if (stream.readableEnded || call.lazyResults.has(stream)) {
    end('success');
    return;
  }
  if (stream.closed || stream.errored) {
    end(...outcomeOf(stream));
    return;
  }
  call.lazyResults.set(stream, { begin: () => end });
  const ends = waiting.get(stream) ?? listenTo(stream);
  ends.add(end);
}

function listenTo(stream: Readable): Set<OutcomeListener> {
  const ends = new Set<OutcomeListener>();
  waiting.set(stream, ends);
  const ended = (): void => {
    const [outcome, detail] = outcomeOf(stream);
    ends.forEach((end) => end(outcome, detail));
    ends.clear();
    stream.off('end', ended).off('close', ended).off(errorMonitor, ended);
  };
  stream.once('end', ended).once('close', ended).once(errorMonitor, ended);
  return ends;
}

function outcomeOf({ readableEnded, errored }: Readable): Parameters<OutcomeListener> {
  if (readableEnded) {
    return ['success'];
  }
  return errored && !isDeparture(errored) ? ['error', errored] : ['cancelled', errored];
}

/** Returns whether the consumer left early, which is not a failure of the stream. */
function isDeparture(error: Error & { readonly code?: unknown }): boolean {
  return error.name === 'AbortError' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
