/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { afterEach, describe, expect, it } from 'vitest';
import { Counted, InFlight, Timed } from '../../../src/index.js';
import { callsByClass, callsByOutcome, forgetRecords } from '../../support/method-records.js';

afterEach(forgetRecords);

describe('a decorated method', () => {
  const symbol = Symbol('by symbol');

  class Plain {
    work(first: number, _second = 2, ..._rest: number[]): unknown[] {
      return [this, first];
    }
  }

  class Work {
    @Timed()
    @Counted()
    @InFlight()
    work(first: number, _second = 2, ..._rest: number[]): unknown[] {
      return [this, first];
    }

    @Timed()
    @Counted()
    @InFlight()
    given(..._args: unknown[]): { readonly count: number; readonly args: unknown[] } {
      // oxlint-disable-next-line prefer-rest-params
      return { count: arguments.length, args: [...arguments] };
    }

    @Timed()
    @Counted()
    @InFlight()
    orElse(value = 'default', other: unknown = value): unknown[] {
      return [value, other];
    }

    @Timed()
    @Counted()
    @InFlight()
    same<T>(value: T): T {
      return value;
    }

    @Timed()
    @Counted()
    @InFlight()
    fail(error: unknown): never {
      throw error;
    }

    @Timed()
    @Counted()
    @InFlight()
    [symbol](): string {
      return 'symbol';
    }

    @Timed()
    @Counted()
    @InFlight()
    self(this: unknown): unknown {
      return this;
    }

    @Timed()
    @Counted()
    @InFlight()
    static make(): unknown {
      return this;
    }
  }

  it('is called on what it is called on', () => {
    const work = new Work();
    expect(work.work(1)[0]).toBe(work);
    expect(Work.make()).toBe(Work);
  });

  it('looks like the method: name, length, enumerability', () => {
    const shape = (target: object): unknown => {
      const { value, ...attributes } = Object.getOwnPropertyDescriptor(target, 'work') as PropertyDescriptor;
      const { name, length } = value as () => void;
      return { ...attributes, name, length };
    };
    expect(shape(Work.prototype)).toEqual(shape(Plain.prototype));
    expect(Work.prototype[symbol].name).toBe('[by symbol]');
    expect(Object.keys(new Work())).toEqual([]);
  });

  it('gets the very arguments, and as many', () => {
    const work = new Work();
    const object = {};
    expect(work.given()).toEqual({ count: 0, args: [] });
    expect(work.given(undefined)).toEqual({ count: 1, args: [undefined] });
    expect(work.given(object, undefined, null).args[0]).toBe(object);
    expect(work.given(object, undefined, null).count).toBe(3);
    expect(work.orElse()).toEqual(['default', 'default']);
    expect(work.orElse(undefined, null)).toEqual(['default', null]);
  });

  it.each([
    undefined,
    null,
    0,
    '',
    false,
    1n,
    Symbol('value'),
    () => 1,
    { then: 'no function' },
    Object.create(null) as object,
    [1],
    new Map(),
    new Date(0),
    Buffer.from('some'),
    function* generate() {
      yield 1;
    },
  ])('returns the very value: case %#', async (value) => {
    expect(new Work().same(value)).toBe(value);
    expect(await callsByOutcome()).toEqual({ 'same success': 1 });
  });

  it.each([undefined, null, 'text', 0, Symbol('thrown'), new TypeError('on purpose'), Object.freeze({}), {}])(
    'throws the very error: case %#',
    async (error) => {
      let thrown: unknown = 'nothing';
      try {
        new Work().fail(error);
      } catch (caught) {
        thrown = caught;
      }
      expect(thrown).toBe(error);
      expect(await callsByOutcome()).toEqual({ 'fail error': 1 });
    },
  );

  it('keeps the properties that others have put on it, and their attributes', () => {
    const marker = Symbol('marker');
    const Mark: MethodDecorator = (_target, _key, descriptor) => {
      const method = descriptor.value as object;
      Object.defineProperty(method, 'hidden', { value: 1, enumerable: false, writable: false });
      Object.defineProperty(method, 'computed', { get: () => 'read', configurable: true });
      Object.assign(method, { route: '/work', [marker]: true });
    };
    class Marked {
      @Timed()
      @Counted()
      @Mark
      work(): void {}
    }
    const { work } = Marked.prototype;
    expect(Object.assign({}, work)).toEqual({ route: '/work', [marker]: true });
    expect((work as unknown as { computed: string }).computed).toBe('read');
    expect(Object.getOwnPropertyDescriptor(work, 'hidden')).toMatchObject({
      value: 1,
      enumerable: false,
      writable: false,
    });
  });

  it('can be called without an instance, and on anything else', async () => {
    const { self } = Work.prototype;
    const { make } = Work;
    const throwing = Object.defineProperty({}, 'constructor', {
      get: () => {
        throw new Error('no class');
      },
    });
    const { proxy: revoked, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const instance of [
      undefined,
      null,
      'text',
      1,
      Object.create(null),
      { constructor: 'none' },
      Object.freeze(new Work()),
      new Proxy(new Work(), {}),
      throwing,
      revoked,
    ]) {
      expect(Reflect.apply(self, instance, []) === instance).toBe(true);
    }
    expect(make()).toBeUndefined();
    expect(await callsByClass()).toEqual({ 'Work.self success': 10, 'Work.make success': 1 });
  });

  it('is replaced like any other method', async () => {
    class Replaced extends Work {}
    Replaced.prototype.self = () => 'replaced';
    expect(new Replaced().self()).toBe('replaced');
    expect(await callsByOutcome()).toEqual({});
  });

  it('is recorded under its symbol', async () => {
    expect(new Work()[symbol]()).toBe('symbol');
    expect(await callsByOutcome()).toEqual({ 'Symbol(by symbol) success': 1 });
  });

  it('runs where it was called: a synchronous result is there at once, in order', () => {
    const order: string[] = [];
    class Ordered {
      @Timed()
      @InFlight()
      work(): void {
        order.push('within');
      }
    }
    order.push('before');
    new Ordered().work();
    order.push('after');
    expect(order).toEqual(['before', 'within', 'after']);
  });

  it('may call itself', async () => {
    class Recursive {
      @Counted()
      work(depth: number): number {
        return depth === 0 ? 0 : this.work(depth - 1) + 1;
      }
    }
    expect(new Recursive().work(20)).toBe(20);
    expect(await callsByOutcome()).toEqual({ 'work success': 21 });
  });
});
