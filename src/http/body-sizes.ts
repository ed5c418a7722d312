import type { IncomingMessage, ServerResponse } from 'node:http';
import { replaceMethod } from '../core/tool/method-hook.js';

/** Bytes of the bodies of one exchange until now. */
export interface BodySizes {
  requestBytes: number;
  responseBytes: number;
}

/**
 * Counts the bytes of both bodies, also of those without `Content-Length`: bytes that arrive in the request's stream buffer, and
 * bytes written to the response below compressing middleware.
 */
export function countBodyBytes(request: IncomingMessage, response: ServerResponse): BodySizes {
  const sizes: BodySizes = { requestBytes: 0, responseBytes: 0 };
  countRequest(request, sizes);
  countResponse(response, sizes);
  return sizes;
}

/** Mocks are no streams. */
function countRequest(request: IncomingMessage, sizes: BodySizes): void {
  if (typeof request.push !== 'function') {
    return;
  }
  replaceMethod(request, 'push', (push) => (chunk: unknown, encoding?: BufferEncoding) => {
    sizes.requestBytes += byteLength(chunk, encoding);
    return push.call(request, chunk, encoding);
  });
}

function countResponse(response: ServerResponse, sizes: BodySizes): void {
  if (typeof response.write !== 'function' || typeof response.end !== 'function') {
    return;
  }
  let ending = false;
  replaceMethod(response, 'write', (write) => (...args: unknown[]): boolean => {
    if (!ending) {
      sizes.responseBytes += byteLength(args[0], args[1]);
    }
    return Reflect.apply(write, response, args) as boolean;
  });
  // `end(chunk)` of an HTTP/2 response calls `write(chunk)`; that of HTTP/1 does not.
  replaceMethod(response, 'end', (end) => (...args: unknown[]): ServerResponse => {
    sizes.responseBytes += byteLength(args[0], args[1]);
    ending = true;
    return Reflect.apply(end, response, args) as ServerResponse;
  });
}

const STATUSES_WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304]);

/** Excludes bodies that Node accepts and does not send. */
export function sentBodyBytes({ responseBytes }: BodySizes, method: string, status: number): number {
  return method === 'HEAD' || STATUSES_WITHOUT_BODY.has(status) ? 0 : responseBytes;
}

function byteLength(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  }
  return ArrayBuffer.isView(chunk) ? chunk.byteLength : 0;
}
