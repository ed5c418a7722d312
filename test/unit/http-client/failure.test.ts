import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../src/http-client/failure.js';

const withCode = (code: unknown, more: object = {}): Error =>
  Object.assign(new Error('failed'), { code }, more);
const abortError = (cause?: unknown): Error =>
  Object.assign(new Error('The operation was aborted', { cause }), { name: 'AbortError', code: 'ABORT_ERR' });

describe('failureOf()', () => {
  it.each([
    ['a code of the system', withCode('ECONNREFUSED', { syscall: 'connect' }), 'ECONNREFUSED'],
    ['a code of TLS', withCode('CERT_HAS_EXPIRED'), 'CERT_HAS_EXPIRED'],
    [
      'an error of the parser of undici without its code',
      Object.assign(new Error('x'), { name: 'HTTPParserError', code: undefined }),
      'UND_ERR_HTTP_PARSER',
    ],
    ['a code of undici', withCode('UND_ERR_HEADERS_TIMEOUT'), 'UND_ERR_HEADERS_TIMEOUT'],
    ['a limit of AbortSignal.timeout()', new DOMException('late', 'TimeoutError'), 'ETIMEDOUT'],
    [
      'that limit as the cause of an AbortError',
      abortError(new DOMException('late', 'TimeoutError')),
      'ETIMEDOUT',
    ],
    ['an error without a code', new Error('failed'), 'unknown'],
    ['a code that is no constant', withCode('Token abc of Ada is expired'), 'unknown'],
    ['a code of many characters', withCode('A'.repeat(100)), 'unknown'],
    ['a code that is a number', withCode(42), 'unknown'],
    [
      'a proxy that refuses a tunnel of undici',
      Object.assign(new Error('Proxy response (407) !== 200 when HTTP Tunneling'), {
        name: 'AbortError',
        code: 'UND_ERR_ABORTED',
      }),
      'UND_ERR_ABORTED',
    ],
    ['a hang-up of the server', withCode('ECONNRESET'), 'ECONNRESET'],
  ])('calls %s an error', (_, error, code) => {
    expect(failureOf(error, false)).toEqual({ status: 'error', code });
  });

  it.each([
    ['an AbortError', abortError()],
    ['a DOMException', new DOMException('no', 'AbortError')],
    ['a cancellation of axios', withCode('ERR_CANCELED', { name: 'CanceledError' })],
    ['an abort of undici', withCode('UND_ERR_ABORTED', { name: 'AbortError' })],
    ['a client of undici that the application destroys', withCode('UND_ERR_DESTROYED')],
    ['a reason that is a string', 'not needed any more'],
    ['a reason that is undefined', undefined],
    ['a reason that is null', null],
  ])('calls %s aborted', (_, error) => {
    expect(failureOf(error, false)).toEqual({ status: 'aborted', code: 'ABORT_ERR' });
  });

  it('knows the end by the application where Node calls it a hang-up', () => {
    expect(failureOf(withCode('ECONNRESET'), true).status).toBe('aborted');
    expect(failureOf(new Error('not needed any more'), true).status).toBe('aborted');
  });

  it('keeps the error of the system, also if the application has destroyed the request with it', () => {
    expect(failureOf(withCode('ECONNRESET', { syscall: 'read' }), true)).toEqual({
      status: 'error',
      code: 'ECONNRESET',
    });
    expect(failureOf(withCode('ETIMEDOUT'), true)).toEqual({ status: 'error', code: 'ETIMEDOUT' });
  });

  it('survives errors that cannot be read', () => {
    const hostile = Object.defineProperty(new Error('x'), 'code', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(failureOf(hostile, false)).toEqual({ status: 'error', code: 'unknown' });
  });
});
