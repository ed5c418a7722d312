import { describe, expect, it } from 'vitest';
import { shared, Subscriptions } from '../../../../src/core/tool/subscriptions.js';

/** A set, and an action that writes down what it does. */
function setUp() {
  const calls: string[] = [];
  const action =
    (name: string) =>
    (item: string): (() => void) => {
      calls.push(`${name} ${item}`);
      return () => void calls.push(`undo ${name} ${item}`);
    };
  return { calls, action, set: new Subscriptions<string>() };
}

/** As {@link setUp}'s, but it throws for one item. */
const failing = (bad: string, action: (item: string) => () => void) => (item: string) => {
  if (item === bad) {
    throw new Error(`No ${item}.`);
  }
  return action(item);
};

describe('an action', () => {
  it('is applied to the items that are there and to those that come, until it is undone', () => {
    const { calls, action, set } = setUp();
    set.add('a');
    const undo = set.each(action('watch'));
    set.add('b');
    expect(calls).toEqual(['watch a', 'watch b']);
    undo();
    set.add('c');
    expect(calls).toEqual(['watch a', 'watch b', 'undo watch a', 'undo watch b']);
  });

  it('is undone once, however often it is asked for', () => {
    const { calls, action, set } = setUp();
    const undo = set.each(action('watch'));
    const remove = set.add('a');
    undo();
    undo();
    remove();
    remove();
    expect(calls).toEqual(['watch a', 'undo watch a']);
  });

  it('counts for itself each time it is given', () => {
    const { calls, action, set } = setUp();
    const watch = action('watch');
    const undos = [set.each(watch), set.each(watch)];
    set.add('a');
    undos[0]?.();
    expect(calls).toEqual(['watch a', 'watch a', 'undo watch a']);
  });
});

describe('an item', () => {
  it('is added once, however often, and removed with its last reference', () => {
    const { calls, action, set } = setUp();
    set.each(action('watch'));
    const removals = [set.add('a'), set.add('a')];
    expect(set.list).toEqual(['a']);
    removals[0]?.();
    removals[0]?.();
    expect(set.list).toEqual(['a']);
    removals[1]?.();
    expect(set.list).toEqual([]);
    expect(calls).toEqual(['watch a', 'undo watch a']);
  });

  it('that is deleted and added again is not removed by its earlier references', () => {
    const { set } = setUp();
    const remove = set.add('a');
    set.delete('a');
    set.add('a');
    remove();
    expect(set.list).toEqual(['a']);
  });

  it('has its actions undone in reverse order, when it has left the list', () => {
    const { calls, action, set } = setUp();
    set.each(action('first'));
    set.each((item) => {
      const undo = action('second')(item);
      return () => {
        calls.push(`[${set.list.join()}]`);
        undo();
      };
    });
    set.add('a')();
    expect(calls).toEqual(['first a', 'second a', '[]', 'undo second a', 'undo first a']);
  });

  it('does not change a list that was read before', () => {
    const { set } = setUp();
    set.add('a');
    const before = set.list;
    set.add('b');
    expect(before).toEqual(['a']);
  });
});

describe('actions that change the set while it is iterated', () => {
  it('end themselves: what they have begun is undone', () => {
    const { calls, action, set } = setUp();
    ['a', 'b'].forEach((item) => set.add(item));
    const end: { now?: () => void } = {};
    const own = set.each((item) => {
      end.now?.();
      return action('watch')(item);
    });
    end.now = own;
    set.add('c');
    set.add('d');
    expect(calls).toEqual(['watch a', 'watch b', 'undo watch a', 'undo watch b', 'watch c', 'undo watch c']);
  });

  it('remove the item: what follows is not applied to it', () => {
    const { calls, action, set } = setUp();
    set.each((item) => {
      set.delete(item);
      return action('first')(item);
    });
    set.each(action('second'));
    set.add('a');
    expect(calls).toEqual(['first a', 'undo first a']);
  });

  it('add an item: each action is applied to it once', () => {
    const { calls, action, set } = setUp();
    set.add('a');
    set.each((item) => {
      set.add('b');
      return action('watch')(item);
    });
    expect(calls).toEqual(['watch b', 'watch a']);
  });

  it('undo others: nothing is undone twice', () => {
    const { calls, action, set } = setUp();
    const undo = set.each(action('first'));
    set.each(() => undo);
    set.add('a')();
    expect(calls).toEqual(['first a', 'undo first a']);
  });
});

describe('an error', () => {
  it('of one item keeps neither the others nor those that come from being acted on', () => {
    const { calls, action, set } = setUp();
    set.each(failing('b', action('watch')));
    set.add('a');
    expect(() => set.add('b')).toThrow('No b.');
    expect(set.list).toEqual(['a']);
    set.add('c');
    expect(calls).toEqual(['watch a', 'watch c']);
  });

  it('of one action undoes the others of that item', () => {
    const { calls, action, set } = setUp();
    set.each(action('first'));
    set.each(failing('b', action('second')));
    expect(() => set.add('b')).toThrow('No b.');
    expect(calls).toEqual(['first b', 'undo first b']);
  });

  it('of a new action undoes it for all items, and leaves the items', () => {
    const { calls, action, set } = setUp();
    ['a', 'b'].forEach((item) => set.add(item));
    expect(() => set.each(failing('b', action('watch')))).toThrow('No b.');
    set.add('c');
    expect(set.list).toEqual(['a', 'b', 'c']);
    expect(calls).toEqual(['watch a', 'undo watch a']);
  });

  it('of an undo function is thrown when all others were called', () => {
    const { calls, action, set } = setUp();
    set.each(action('first'));
    set.each(() => () => {
      throw new Error('No end.');
    });
    const remove = set.add('a');
    expect(remove).toThrow('No end.');
    expect(calls).toEqual(['first a', 'undo first a']);
    expect(set.list).toEqual([]);
  });
});

describe('shared()', () => {
  it('begins with the first user, ends with the last, and begins again', () => {
    const { calls, action } = setUp();
    const use = shared(() => action('hook')('it'));
    const ends = [use(), use()];
    ends.forEach((end) => end());
    ends.forEach((end) => end());
    use();
    expect(calls).toEqual(['hook it', 'undo hook it', 'hook it']);
  });

  it('tries again after an error', () => {
    const { calls, action } = setUp();
    const state = { isBroken: true };
    const use = shared(() => {
      if (state.isBroken) {
        throw new Error('Not yet.');
      }
      return action('hook')('it');
    });
    expect(use).toThrow('Not yet.');
    state.isBroken = false;
    use();
    expect(calls).toEqual(['hook it']);
  });
});
