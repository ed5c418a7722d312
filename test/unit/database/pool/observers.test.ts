import { describe, expect, it, vi } from 'vitest';
import { Observers } from '../../../../src/database/source/observers.js';

describe('observers', () => {
  it('are told of as they come and go, each once, however often it was added', () => {
    const calls: string[] = [];
    const observers = new Observers<string>(
      () => calls.push(`now [${observers.list.join()}]`),
      (observer) => calls.push(`added ${observer}`),
      (observer) => calls.push(`removing ${observer} of [${observers.list.join()}]`),
    );
    const removals = [observers.add('a'), observers.add('a'), observers.add('b')];
    removals.forEach((remove) => remove());
    removals.forEach((remove) => remove());
    expect(calls).toEqual([
      'now [a]',
      'added a',
      'now [a,b]',
      'added b',
      'removing a of [a,b]',
      'now [b]',
      'removing b of [b]',
      'now []',
    ]);
  });

  it('keep a list that was read as it was', () => {
    const onChange = vi.fn();
    const observers = new Observers<string>(onChange);
    observers.add('a');
    const before = observers.list;
    observers.add('b');
    expect(before).toEqual(['a']);
    expect(onChange).toHaveBeenCalledTimes(2);
  });
});
