import { afterEach, describe, expect, it } from 'vitest';
import { Counted, InFlight, Timed } from '../../../src/index.js';
import {
  callsByClass,
  callsInFlight,
  forgetRecords,
  samplesByLabels,
  secondsByOutcome,
} from '../../support/method-records.js';

afterEach(forgetRecords);

describe('a decorator of a class', () => {
  it('records every method that the class declares, static ones included', async () => {
    @Timed()
    @Counted()
    @InFlight()
    class Work {
      one(): void {}
      async two(): Promise<void> {}
      static three(): void {}
      *four(): Generator<number> {
        yield 1;
      }
    }
    const work = new Work();
    work.one();
    await work.two();
    Work.three();
    expect([...work.four()]).toEqual([1]);
    expect(await callsByClass()).toEqual({
      'Work.one success': 1,
      'Work.two success': 1,
      'Work.three success': 1,
      'Work.four success': 1,
    });
    expect(await callsInFlight()).toEqual({ one: 0, two: 0, three: 0, four: 0 });
    expect(Object.keys(await secondsByOutcome()).toSorted()).toEqual([
      'four success',
      'one success',
      'three success',
      'two success',
    ]);
  });

  it('leaves alone what is no method', async () => {
    class Other {}
    const callback = (): string => 'called';
    @Counted()
    class Work {
      static Other = Other;
      static callback = callback;
      static readonly list = [callback];
      field = callback;
      private written = 0;
      constructor(readonly given = 1) {}
      get value(): number {
        return this.written;
      }
      set value(value: number) {
        this.written = value;
      }
      static get shared(): string {
        return 'shared';
      }
      static {
        Object.defineProperty(this, 'Hidden', { value: Other, enumerable: false, configurable: true });
      }
    }
    expect(Work.Other).toBe(Other);
    expect((Work as unknown as { Hidden: unknown }).Hidden).toBe(Other);
    expect(Work.callback).toBe(callback);
    expect(Work.shared).toBe('shared');
    const work = new Work();
    expect(work.constructor).toBe(Work);
    expect(work.field).toBe(callback);
    work.value = 5;
    expect(work.value).toBe(5);
    work.field();
    Work.callback();
    expect(await callsByClass()).toEqual({});
  });

  it('yields to the same decorator of a method, and joins others', async () => {
    @Timed()
    @Counted('of_the_class_total')
    class Work {
      @Counted('of_the_method_total')
      one(): void {}

      @Timed()
      two(): void {}

      three(): void {}
    }
    const work = new Work();
    work.one();
    work.two();
    work.three();
    expect(await samplesByLabels('of_the_method_total')).toEqual({ success: 1, error: 0 });
    expect(await samplesByLabels('of_the_class_total')).toEqual({ success: 2, error: 0 });
    expect(Object.keys(await secondsByOutcome())).toHaveLength(3);
  });

  it('given twice records once, the lower one wins', async () => {
    @Counted('upper_total')
    @Counted('lower_total')
    class Work {
      work(): void {}
    }
    new Work().work();
    expect(await samplesByLabels('lower_total')).toEqual({ success: 1, error: 0 });
    expect(await samplesByLabels('upper_total')).toEqual({});
  });

  it('keeps the attributes of methods, sealed ones included', async () => {
    const Sealed: ClassDecorator = (target) => {
      Object.seal(target);
      Object.seal(target.prototype);
    };
    @Counted()
    @Sealed
    class Work {
      work(_one: number, _two: number): void {}
    }
    const { value, ...attributes } = Object.getOwnPropertyDescriptor(
      Work.prototype,
      'work',
    ) as PropertyDescriptor;
    expect(attributes).toEqual({ writable: true, enumerable: false, configurable: false });
    expect((value as () => void).length).toBe(2);
    new Work().work(1, 2);
    expect(await callsByClass()).toEqual({ 'Work.work success': 1 });
  });

  it('keeps the class itself', () => {
    class Base {
      work(): void {}
    }
    const Decorated = Counted()(Base as never) as unknown;
    expect(Decorated).toBeUndefined();
    @Counted()
    class Work extends Base {}
    expect(Work.name).toBe('Work');
    expect(new Work()).toBeInstanceOf(Base);
  });
});

describe('inheritance', () => {
  it('records each decorated level of an overridden method', async () => {
    class Base {
      @Counted()
      work(): string[] {
        return ['base'];
      }
    }
    class Plain extends Base {
      override work(): string[] {
        return [...super.work(), 'plain'];
      }
    }
    class Derived extends Plain {
      @Counted()
      override work(): string[] {
        return [...super.work(), 'derived'];
      }
    }
    class Silent extends Base {
      override work(): string[] {
        return [];
      }
    }
    expect(new Derived().work()).toEqual(['base', 'plain', 'derived']);
    expect(new Plain().work()).toEqual(['base', 'plain']);
    expect(new Silent().work()).toEqual([]);
    expect(await callsByClass()).toEqual({ 'Base.work success': 2, 'Derived.work success': 1 });
  });

  it('records inherited methods under the class that declares them', async () => {
    @Counted()
    abstract class Base {
      abstract step(): string;
      work(): string {
        return this.step();
      }
      static make(): unknown {
        return this;
      }
    }
    class Derived extends Base {
      step(): string {
        return 'derived';
      }
    }
    expect(new Derived().work()).toBe('derived');
    expect(Derived.make()).toBe(Derived);
    expect(await callsByClass()).toEqual({ 'Base.work success': 1, 'Base.make success': 1 });
  });

  it('records the methods of mixins, one class for each application', async () => {
    const mixin = (Base: new () => object, suffix: string) => {
      class Mixed extends Base {
        @Counted()
        work(): string {
          return suffix;
        }
      }
      Object.defineProperty(Mixed, 'name', { value: `Mixed${suffix}` });
      return Mixed;
    };
    class First extends mixin(class {}, 'A') {}
    class Second extends mixin(First, 'B') {
      both(): string[] {
        return [super.work(), new First().work()];
      }
    }
    expect(new Second().both()).toEqual(['B', 'A']);
    expect(await callsByClass()).toEqual({ 'MixedA.work success': 1, 'MixedB.work success': 1 });
  });

  it('names classes that have no name', async () => {
    class Anonymous {
      @Counted()
      work(): void {}
    }
    Object.defineProperty(Anonymous, 'name', { value: '' });
    class Named {
      @Counted()
      work(): void {}
      static readonly name = 5;
    }
    new Anonymous().work();
    new Named().work();
    expect(await callsByClass()).toEqual({ '<anonymous>.work success': 2 });
  });
});
