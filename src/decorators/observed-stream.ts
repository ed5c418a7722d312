import type { Readable } from 'node:stream';
import type { ReturnedCall } from './returned-call.js';

/** Node's readable streams, and Nest's `StreamableFile` around one. */
export function streamOf(result: object): Readable | undefined {
  const { getStream } = result as { readonly getStream?: unknown };
  const candidate: unknown = typeof getStream === 'function' ? getStream.call(result) : result;
  const { pipe, once, readable } = candidate as Partial<Readable>;
  return typeof pipe === 'function' && typeof once === 'function' && typeof readable === 'boolean'
    ? (candidate as Readable)
    : undefined;
}

/**
 * Until its last byte was read, or it was destroyed. Listens to nothing that would change the stream: an `error`
 * listener would take its errors from the host.
 */
export function observeStream(stream: Readable, call: ReturnedCall): void {
  const end = call.whenEnded();
  const closed = (): void => {
    const { errored } = stream;
    if (stream.readableEnded) {
      end('success');
    } else {
      end(!errored || isDeparture(errored) ? 'cancelled' : 'error', errored);
    }
  };
  if (stream.readableEnded || stream.closed || call.isRepeated(stream)) {
    closed();
    return;
  }
  stream.once('end', () => end('success'));
  stream.once('close', closed);
}

/** The consumer left: that is no failure of the stream. */
function isDeparture(error: Error & { readonly code?: unknown }): boolean {
  return error.name === 'AbortError' || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
