import { expect, it } from 'vitest';
import { callSitesOf, takeStack } from '../../../../src/core/tool/call-sites.js';

it('gives the call sites of the caller, and leaves Error as it was', () => {
  const before = {
    limit: Error.stackTraceLimit,
    prepare: Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace'),
  };
  function caller(): readonly NodeJS.CallSite[] {
    return callSitesOf(takeStack(3));
  }
  expect(
    caller()
      .map((site) => site.getFunctionName())
      .slice(0, 2),
  ).toEqual(['takeStack', 'caller']);
  expect(caller()).toHaveLength(3);
  expect(Error.stackTraceLimit).toBe(before.limit);
  expect(Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')).toEqual(before.prepare);
});

it('gives them past a function that writes stacks', () => {
  const own = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  try {
    Error.prepareStackTrace = () => 'mine';
    expect(callSitesOf(takeStack(2))[0]?.getFunctionName()).toBe('takeStack');
    expect(takeStack(2).stack).toBe('mine');
  } finally {
    if (own === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', own);
  }
});
