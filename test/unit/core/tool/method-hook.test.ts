import { describe, expect, it } from 'vitest';
import { MethodHook, replaceMethod, replaceMethods } from '../../../../src/core/tool/method-hook.js';

class Door {
  open(by: string): string {
    return `opened by ${by}`;
  }
}

const loudly = (open: Door['open']) =>
  function loud(this: Door, by: string): string {
    return open.call(this, by).toUpperCase();
  };

describe('a hook on a method', () => {
  it('changes one object while it is in place, and leaves nothing behind', () => {
    const door = new Door();
    const hook = new MethodHook(door, 'open', loudly);
    hook.putIn();
    hook.putIn();
    expect([door.open('me'), new Door().open('me'), hook.original.call(door, 'me')]).toEqual([
      'OPENED BY ME',
      'opened by me',
      'opened by me',
    ]);
    expect([hook.isInPlace, Object.keys(door)]).toEqual([true, []]);
    expect(hook.takeOut()).toBe(true);
    expect([hook.isInPlace, Object.hasOwn(door, 'open')]).toEqual([false, false]);
  });

  it('puts a property of the object back as it was', () => {
    const own = (by: string) => `own ${by}`;
    const door = Object.defineProperty(new Door(), 'open', {
      value: own,
      configurable: true,
      enumerable: true,
    });
    const before = Object.getOwnPropertyDescriptor(door, 'open');
    const hook = replaceMethod(door, 'open', loudly);
    expect([door.open('me'), Object.keys(door)]).toEqual(['OWN ME', ['open']]);
    hook.takeOut();
    expect(Object.getOwnPropertyDescriptor(door, 'open')).toEqual(before);
  });

  it('calls the method that the class has at the time', () => {
    class Gate extends Door {}
    const gate = new Gate();
    replaceMethod(gate, 'open', loudly);
    Gate.prototype.open = (by) => `patched by ${by}`;
    expect(gate.open('me')).toBe('PATCHED BY ME');
  });

  it('offers what is behind it by the name: of the object, of its class, of a getter', () => {
    const own = Object.assign(new Door(), { open: () => 'own' });
    const inherited = new Door();
    class Gate {
      private readonly by = 'gate';
      get open(): () => string {
        return () => this.by;
      }
    }
    const doors: Pick<Door, 'open'>[] = [own, inherited, new Gate()];
    const names = doors.map((object) => {
      const hook = new MethodHook(object, 'open', () => () => 'hooked');
      hook.putIn();
      return [object.open('me'), hook.behind.open('me'), hook.behind.open === hook.behind.open];
    });
    expect(names).toEqual([
      ['hooked', 'own', true],
      ['hooked', 'opened by me', true],
      ['hooked', 'gate', false],
    ]);
  });

  it('goes from an object that it got as a proxy, which returns each method bound', () => {
    const door = new Door();
    const bound = new Proxy(door, {
      get: (target, name) => (Reflect.get(target, name) as Door['open']).bind(target),
    });
    const hook = replaceMethod(bound, 'open', loudly);
    expect(door.open('me')).toBe('OPENED BY ME');
    expect(hook.takeOut()).toBe(true);
    expect(Object.hasOwn(door, 'open')).toBe(false);
  });

  it('stays under the wrapper of others until they take it away', () => {
    const door = new Door();
    const hook = replaceMethod(door, 'open', loudly);
    const { open } = door;
    door.open = (by) => `${open.call(door, by)}!`;
    expect([hook.takeOut(), door.open('me')]).toEqual([false, 'OPENED BY ME!']);
    hook.putIn();
    expect(door.open('me')).toBe('OPENED BY ME!');
    door.open = open;
    expect([hook.takeOut(), door.open('me')]).toEqual([true, 'opened by me']);
  });

  it('is gone when others have brought the method of the class back', () => {
    const door = new Door();
    const hook = replaceMethod(door, 'open', loudly);
    Reflect.deleteProperty(door, 'open');
    expect([hook.takeOut(), hook.isInPlace]).toEqual([true, false]);
  });

  it('is not in place on a frozen object, whose methods go on to work', () => {
    const door = Object.freeze(new Door());
    const hook = replaceMethod(door, 'open', loudly);
    expect([hook.isInPlace, door.open('me'), hook.takeOut()]).toEqual([false, 'opened by me', true]);
    expect(() => replaceMethods(door, [['open', () => 'never']])).toThrow(TypeError);
  });
});
