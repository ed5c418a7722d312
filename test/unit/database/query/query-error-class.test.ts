import { expect, it } from 'vitest';
import { queryErrorClass } from '../../../../src/database/query/query-error-class.js';

it.each([
  ['the server’s SQLSTATE', { code: '23505', severity: 'ERROR' }, '23'],
  ['a SQLSTATE of letters', { code: 'XX000', severity: 'PANIC' }, 'XX'],
  ['a SQLSTATE of MySQL', { code: 'ER_DUP_ENTRY', errno: 1062, sqlState: '23000' }, '23'],
  ['a code of Node', { code: 'EPIPE', errno: -32 }, 'client'],
  ['a code of Node as long as a SQLSTATE', { code: 'EPERM' }, 'client'],
  ['a code that is no SQLSTATE', { code: '235', severity: 'ERROR' }, 'client'],
  ['a code that is no text', { code: 23505, severity: 'ERROR' }, 'client'],
  ['the driver’s time limit', new Error('Query read timeout'), 'timeout'],
  ['any other error', new Error('Connection terminated'), 'client'],
  ['a text', 'broken', 'client'],
  ['nothing', null, 'client'],
])('tells %s', (_what, error, expected) => {
  expect(queryErrorClass(error)).toBe(expected);
});
