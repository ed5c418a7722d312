import { afterEach, describe, expect, it } from 'vitest';
import { Counted, InFlight, InvalidDefinitionError, Timed, type TimedOptions } from '../../../src/index.js';
import { forgetRecords } from '../../support/method-records.js';

afterEach(forgetRecords);

const DECORATORS = [
  ['Timed', Timed],
  ['Counted', Counted],
  ['InFlight', InFlight],
] as const;

/** The message of the `InvalidDefinitionError` that `work` throws. */
function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof InvalidDefinitionError ? error.message : `another error: ${String(error)}`;
  }
  return 'nothing was thrown';
}

describe.each(DECORATORS)('@%s()', (name, decorator) => {
  const bare: MethodDecorator = decorator as never;
  const bareOnClass: ClassDecorator = decorator as never;
  const decorate: (...given: unknown[]) => void = decorator();

  it('without parentheses says so', () => {
    const withParentheses = `Write @${name}(), with parentheses.`;
    expect(
      messageOf(() => {
        class Work {
          @bare
          work(): void {}
        }
        return Work;
      }),
    ).toBe(withParentheses);
    expect(
      messageOf(() => {
        class Work {
          @bare
          static work(): void {}
        }
        return Work;
      }),
    ).toBe(withParentheses);
    expect(
      messageOf(() => {
        @bareOnClass
        class Work {}
        return Work;
      }),
    ).toBe(withParentheses);
  });

  it('on a property, an accessor or a parameter names it and says where it goes', () => {
    class Target {
      get size(): number {
        return 1;
      }
      static value = 1;
    }
    const accessor = Object.getOwnPropertyDescriptor(Target.prototype, 'size');
    const goesOn =
      'which is not a method. Use it on methods and classes; turn an accessor, or a property that holds a function, into a method.';
    expect(messageOf(() => decorate(Target.prototype, 'size', accessor))).toBe(
      `@${name}() is on Target.size, ${goesOn}`,
    );
    expect(messageOf(() => decorate(Target.prototype, 'field', undefined))).toBe(
      `@${name}() is on Target.field, ${goesOn}`,
    );
    expect(messageOf(() => decorate(Target, 'value', undefined))).toBe(
      `@${name}() is on Target.value, ${goesOn}`,
    );
    expect(messageOf(() => decorate(Target.prototype, 'parameter', 0))).toBe(
      `@${name}() is on Target.parameter, ${goesOn}`,
    );
  });

  it('called as a TC39 decorator names the compiler option', () => {
    const message = `@${name}() needs legacy decorators: set "experimentalDecorators": true in tsconfig.json.`;
    expect(messageOf(() => decorate(() => {}, { kind: 'method', name: 'work' }))).toBe(message);
    expect(messageOf(() => decorate(class {}, { kind: 'class', name: 'Work' }))).toBe(message);
    expect(messageOf(() => decorate(undefined, { kind: 'field', name: 'work' }))).toBe(message);
  });

  it.each([null, 5, true, [], ['a_name']])('refuses %j and says what it takes', (given) => {
    expect(messageOf(() => decorator(given as never))).toMatch(
      `@${name}() takes a metric name or an object of options and got`,
    );
  });

  it('refuses unknown options and names the known ones', () => {
    const message = messageOf(() => decorator({ name: 'a_name', labelNames: ['a'], bucket: [] } as never));
    expect(message).toMatch(
      `@${name}() has the unknown options labelNames, bucket; allowed: name, help, labels`,
    );
  });

  it('refuses help, labels and buckets without a name', () => {
    expect(messageOf(() => decorator({ help: 'Some.', labels: { a: 'b' } }))).toMatch(
      `@${name}() has help, labels and no name.`,
    );
  });

  it.each(['', 'has space', '1st', 'ünicode', 'a-b'])('refuses the name %j', (illegal) => {
    expect(messageOf(() => decorator(illegal))).toBe(
      `"${illegal}" is not a metric name. Use letters, digits, "_" and ":", not starting with a digit.`,
    );
  });

  it.each(['', 5, null])('refuses the help %j', (help) => {
    expect(messageOf(() => decorator({ name: 'a_name', help: help as never }))).toBe(
      'Metric "a_name" needs a help text: one sentence that says what it measures.',
    );
  });

  it.each([
    ['null', null],
    ['an array', ['a']],
    ['a text', 'a'],
  ])('refuses %s as labels', (_, labels) => {
    expect(messageOf(() => decorator({ name: 'a_name', labels: labels as never }))).toBe(
      `labels of @${name}() must be an object of strings, numbers, booleans and functions of the call.`,
    );
  });

  it('refuses label values that are no labels, and names them', () => {
    const labels = { good: 'a', none: null, list: ['a'], missing: undefined, symbol: Symbol('a') };
    expect(messageOf(() => decorator({ name: 'a_name', labels: labels as never }))).toMatch(
      /; other values: none, list, missing, symbol\.$/,
    );
  });

  it.each(['le', 'quantile', '__internal', '__proto__', 'with-dash', ''])(
    'refuses the label name %j',
    (label) => {
      const labels = Object.fromEntries([[label, 'value']]);
      expect(messageOf(() => decorator({ name: 'a_name', labels }))).toMatch(`has the label name "${label}"`);
    },
  );
});

describe('options of one decorator', () => {
  it.each([
    [[], '[]', 'a non-empty array of numbers'],
    ['0.1', "'0.1'", 'a non-empty array of numbers'],
    [[1, 1], '[ 1, 1 ]', 'finite numbers in rising order, without +Inf'],
    [[2, 1], '[ 2, 1 ]', 'finite numbers in rising order, without +Inf'],
    [['1'], "[ '1' ]", 'finite numbers in rising order, without +Inf'],
    [[1, Infinity], '[ 1, Infinity ]', 'finite numbers in rising order, without +Inf'],
  ])('buckets %j are refused', (buckets, shown, allowed) => {
    expect(messageOf(() => Timed({ name: 'a_seconds', buckets } as TimedOptions))).toBe(
      `Metric "a_seconds" has the buckets ${shown}. Give ${allowed}.`,
    );
  });

  it('buckets need a name, and a histogram', () => {
    expect(messageOf(() => Timed({ buckets: [1] }))).toMatch('@Timed() has buckets and no name.');
    expect(messageOf(() => Counted({ name: 'a_total', buckets: [1] } as never))).toBe(
      '@Counted() has the unknown options buckets; allowed: name, help, labels, recordFailuresOnly.',
    );
  });

  it('the label `outcome` is taken where there is one', () => {
    const labels = { outcome: 'mine' };
    expect(messageOf(() => Timed({ name: 'a_seconds', labels }))).toBe(
      '@Timed() of "a_seconds" has the label "outcome", which the decorator adds itself. Rename your label.',
    );
    expect(messageOf(() => Counted({ name: 'a_total', labels }))).toMatch(
      'has the label "outcome", which the decorator adds',
    );
    expect(() => InFlight({ name: 'an_amount', labels })).not.toThrow();
  });
});
