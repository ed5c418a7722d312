import 'reflect-metadata';
import { NotFoundException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { exceptionClass } from '../../../src/http/exception-class.js';

class PaymentDeclined extends Error {}
/** As a minifier leaves them. */
class e extends Error {}
class t extends Error {
  override name = 'PaymentDeclined';
}
class Yt {}

const withConstructor = (constructor: unknown): object => Object.create({ constructor }) as object;

describe('exceptionClass()', () => {
  it.each([
    ['an error of the language', new TypeError('no'), 'TypeError'],
    ['an error of the application', new PaymentDeclined(), 'PaymentDeclined'],
    ['an exception of Nest', new NotFoundException(), 'NotFoundException'],
    ['a minified class', new e(), '<minified e>'],
    ['a minified class whose errors have a name', new t(), 'PaymentDeclined'],
    ['a minified class that is no error', new Yt(), '<minified Yt>'],
    ['an anonymous class', new (class extends Error {})(), '<anonymous>'],
    ['an object', { code: 1 }, 'Object'],
    ['an object without prototype', Object.create(null), '<anonymous>'],
    [
      'a class whose name is no string',
      withConstructor(
        class Named {
          static name = 7;
        },
      ),
      '<anonymous>',
    ],
    ['a constructor that is no function', withConstructor('text'), '<anonymous>'],
    ['a string', 'text', 'string'],
    ['a number', 42, 'number'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a function', () => {}, 'function'],
  ])('names %s', (_, exception, name) => {
    expect(exceptionClass(exception)).toBe(name);
  });

  it('survives exceptions that cannot be read', () => {
    const throwing = Object.create({
      get constructor(): never {
        throw new Error('no');
      },
    }) as object;
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect([throwing, proxy].map(exceptionClass)).toEqual(['<unreadable>', '<unreadable>']);
  });

  it('does not call a getter `constructor` of the exception itself', () => {
    const exception = Object.defineProperty(new TypeError('no'), 'constructor', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(exceptionClass(exception)).toBe('TypeError');
  });
});
