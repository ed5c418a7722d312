/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Counted, InFlight, type MethodCall, type MethodLabelFunction, Timed } from '../../../src/index.js';
import {
  faultsByCollector,
  forgetRecords,
  hostErrorsDuring,
  NO_HOST_ERRORS,
  sample,
  samplesByLabels,
} from '../../support/method-records.js';

// A busy machine must not make a label function slow.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  forgetRecords();
});

describe('labels of a call', () => {
  it('may be fixed, of each kind', async () => {
    class Work {
      @Counted({ name: 'fixed_total', labels: { text: 'a', number: 0, boolean: false } })
      work(): void {}
    }
    new Work().work();
    expect(await sample('fixed_total{outcome="success",text="a",number="0",boolean="false"}')).toBe(1);
    expect(await sample('fixed_total{outcome="error",text="a",number="0",boolean="false"}')).toBe(0);
  });

  it('come from arguments, instance and result of each form', async () => {
    const labels: Record<string, MethodLabelFunction> = {
      arg: ({ args }: MethodCall<[string]>) => args[0],
      result: ({ result }) => String(result),
      instance: ({ instance }: MethodCall<[], unknown, Work>) => instance.name,
    };
    class Work {
      constructor(readonly name: string) {}
      @Counted({ name: 'forms_total', labels })
      sync(_form: string): string {
        return 'value';
      }
      @Counted({ name: 'forms_total', labels })
      async promise(_form: string): Promise<string> {
        return 'resolved';
      }
      @Counted({ name: 'forms_total', labels })
      observable(_form: string): unknown {
        return of('first', 'last');
      }
      @Counted({ name: 'forms_total', labels })
      async *generator(_form: string): AsyncGenerator<string, string> {
        yield 'step';
        return 'returned';
      }
      @Counted({ name: 'forms_total', labels })
      thenable(_form: string): PromiseLike<string> {
        return { then: ((resolve: (value: string) => void) => resolve('lazy')) as never };
      }
    }
    const work = new Work('me');
    work.sync('sync');
    await work.promise('promise');
    (work.observable('observable') as ReturnType<typeof of>).subscribe();
    const steps = work.generator('generator');
    await steps.next();
    await steps.next();
    await work.thenable('thenable');
    expect(await samplesByLabels('forms_total')).toEqual({
      'success/sync/value/me': 1,
      'success/promise/resolved/me': 1,
      'success/observable/last/me': 1,
      'success/generator/returned/me': 1,
      'success/thenable/lazy/me': 1,
    });
  });

  it('come from the error, and have no result then', async () => {
    const labels: Record<string, MethodLabelFunction> = {
      reason: ({ error }) => (error === undefined ? 'none' : (error as Error).message),
      result: ({ result }) => typeof result,
    };
    class Work {
      @Counted({ name: 'errors_total', labels })
      work(reason: string): number {
        if (reason !== '') {
          throw new Error(reason);
        }
        return 1;
      }
    }
    const work = new Work();
    expect(() => work.work('refused')).toThrow('refused');
    work.work('');
    expect(await samplesByLabels('errors_total')).toEqual({
      'error/refused/undefined': 1,
      'success/none/number': 1,
    });
  });

  it('of calls in flight are known when they begin', async () => {
    const seen: MethodCall[] = [];
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    class Work {
      @InFlight({
        name: 'in_flight_by_plan',
        labels: {
          plan: (call) => {
            seen.push(call);
            return call.args[0] as string;
          },
        },
      })
      async work(_plan: string): Promise<void> {
        await held;
      }
    }
    const promises = [new Work().work('gold'), new Work().work('gold'), new Work().work('free')];
    expect(await samplesByLabels('in_flight_by_plan')).toEqual({ gold: 2, free: 1 });
    letGo();
    await Promise.all(promises);
    expect(await samplesByLabels('in_flight_by_plan')).toEqual({ gold: 0, free: 0 });
    expect(seen[0]).toMatchObject({ args: ['gold'], result: undefined, error: undefined });
    expect(seen).toHaveLength(3);
  });

  it('are bounded to a hundred different values, and each to 128 characters', async () => {
    class Work {
      @Counted({ name: 'bounded_total', labels: { id: ({ args }) => args[0] as string } })
      work(_id: string): void {}
    }
    const work = new Work();
    work.work('x'.repeat(500));
    for (let id = 0; id < 150; id += 1) {
      work.work(`id ${id}`);
    }
    work.work('id 0');
    const counts = await samplesByLabels('bounded_total');
    expect(Object.keys(counts)).toHaveLength(101);
    expect(counts[`success/${'x'.repeat(128)}`]).toBe(1);
    expect(counts['success/other']).toBe(51);
    expect(counts['success/id 0']).toBe(2);
    expect(await faultsByCollector()).toEqual({});
  });

  it('are shared by name, each method with values of its own', async () => {
    class Work {
      @Counted({ name: 'shared_total', labels: { kind: 'one' } })
      one(): void {}
      @Counted({ name: 'shared_total', labels: { kind: ({ args }) => args[0] as string } })
      two(_kind: string): void {}
    }
    new Work().one();
    new Work().two('computed');
    new Work().two('one');
    expect(await samplesByLabels('shared_total')).toEqual({
      'success/one': 2,
      'error/one': 0,
      'success/computed': 1,
    });
  });

  it('numbers are exported as text', async () => {
    class Work {
      @Counted({ name: 'numbers_total', labels: { value: ({ args }) => args[0] as number } })
      work(_value: unknown): void {}
    }
    [0, -0.5, NaN, true, ''].forEach((value) => new Work().work(value));
    expect(Object.keys(await samplesByLabels('numbers_total')).toSorted()).toEqual(
      ['success/', 'success/-0.5', 'success/0', 'success/NaN', 'success/true'].toSorted(),
    );
  });
});

describe('a label function', () => {
  it.each([
    ['throws', () => fail('label')],
    ['throws nothing', () => fail(undefined)],
    ['returns undefined', () => undefined],
    ['returns null', () => null],
    ['returns an object', () => ({})],
    ['returns a symbol', () => Symbol('a')],
    ['returns a function', () => () => 'a'],
    ['returns a bigint', () => 1n],
    ['returns a promise', () => Promise.resolve('a')],
    ['returns a promise that fails', () => Promise.reject(new Error('lost'))],
  ])('that %s yields "unknown" and is counted; the call is as it was', async (_, label) => {
    class Work {
      @Timed({ name: 'unknown_seconds', labels: { bad: label as never, good: () => 'good' } })
      @InFlight({ name: 'unknown_in_flight', labels: { bad: label as never } })
      work(): string {
        return 'result';
      }
    }
    const errors = await hostErrorsDuring(() => expect(new Work().work()).toBe('result'));
    expect(errors).toEqual(NO_HOST_ERRORS);
    expect(await samplesByLabels('unknown_seconds_count')).toEqual({ 'success/unknown/good': 1 });
    expect(await samplesByLabels('unknown_in_flight')).toEqual({ unknown: 0 });
    expect(await faultsByCollector()).toEqual({ 'Work.work.labels.bad': 2 });
  });

  it('that fails does not replace the error of the call', async () => {
    const error = new Error('of the call');
    class Work {
      @Counted({ name: 'replaced_total', labels: { bad: () => fail('of the label') } })
      work(): never {
        throw error;
      }
    }
    expect(() => new Work().work()).toThrow(error);
    expect(await samplesByLabels('replaced_total')).toEqual({ 'error/unknown': 1 });
  });

  it('that blocks is used, and counted from the third time in a row on: a busy machine makes single calls slow', async () => {
    class Work {
      @Counted({
        name: 'slow_total',
        labels: {
          slow: ({ args: [spentMs] }: MethodCall<[number]>) => {
            vi.advanceTimersByTime(spentMs);
            return 'used';
          },
        },
      })
      work(_spentMs: number): void {}
    }
    const work = new Work();
    for (const spentMs of [50, 50, 1, 50, 1, 50, 50]) {
      work.work(spentMs);
    }
    expect(await samplesByLabels('slow_total')).toEqual({ 'success/used': 7 });
    expect(await faultsByCollector()).toEqual({});
    work.work(11);
    work.work(11);
    expect(await faultsByCollector()).toEqual({ 'Work.work.labels.slow': 2 });
  });

  it('that calls the method itself ends', async () => {
    class Work {
      @Counted({
        name: 'recursive_total',
        labels: {
          depth: ({ args, instance }: MethodCall<[number], void, Work>) => nested(instance, args[0]),
        },
      })
      work(_depth: number): void {}
    }
    const nested = (work: Work, depth: number): number => {
      if (depth > 0) {
        work.work(depth - 1);
      }
      return depth;
    };
    new Work().work(3);
    expect(Object.values(await samplesByLabels('recursive_total'))).toEqual([1, 1, 1, 1]);
  });
});

function fail(what: unknown): never {
  throw what === 'label' || what === 'of the label' ? new Error(what) : what;
}
