/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { NestFactory } from '@nestjs/core';
import { register } from 'prom-client';
import { firstValueFrom, NEVER, of, Subject, throwError } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { Counted, HyperMetricsModule, InFlight, MetricsService } from '../../../src/index.js';
import {
  callsByOutcome,
  callsInFlight,
  forgetRecords,
  samplesByLabels,
} from '../../support/method-records.js';

afterEach(forgetRecords);

describe('@Counted({ recordFailuresOnly: true })', () => {
  it('counts errors of each form, neither successes nor who leaves', async () => {
    class Work {
      @Counted({ recordFailuresOnly: true })
      sync(fails: boolean): void {
        if (fails) {
          throw new Error('on purpose');
        }
      }
      @Counted({ recordFailuresOnly: true })
      async promise(fails: boolean): Promise<void> {
        this.check(fails);
      }
      @Counted({ recordFailuresOnly: true })
      observable(fails: boolean): Subject<number> {
        return (fails ? throwError(() => new Error('on purpose')) : of(1, 2)) as Subject<number>;
      }
      @Counted({ recordFailuresOnly: true })
      async *generator(fails: boolean): AsyncGenerator<number> {
        yield 1;
        this.check(fails);
      }
      private check(fails: boolean): void {
        if (fails) {
          throw new Error('on purpose');
        }
      }
    }
    const work = new Work();
    work.sync(false);
    await work.promise(false);
    await firstValueFrom(work.observable(false));
    work.observable(false).subscribe();
    for await (const _ of work.generator(false)) {
      // To its end.
    }
    expect(await callsByOutcome()).toEqual({});

    expect(() => work.sync(true)).toThrow('on purpose');
    await expect(work.promise(true)).rejects.toThrow('on purpose');
    await expect(firstValueFrom(work.observable(true))).rejects.toThrow('on purpose');
    const generator = work.generator(true);
    await generator.next();
    await expect(generator.next()).rejects.toThrow('on purpose');
    expect(await callsByOutcome()).toEqual({
      'sync error': 1,
      'promise error': 1,
      'observable error': 1,
      'generator error': 1,
    });
  });

  it('exports the failures from 0 on, and no other outcome', async () => {
    class Work {
      @Counted({ name: 'failures_total', recordFailuresOnly: true })
      work(): void {}
    }
    new Work().work();
    expect(await samplesByLabels('failures_total')).toEqual({ error: 0 });
  });

  it('counts everything when it is false', async () => {
    class Work {
      @Counted({ recordFailuresOnly: false })
      work(): void {}
    }
    new Work().work();
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });
});

describe('@InFlight()', () => {
  function createWork(): { work(): Promise<void>; settle(): void } {
    class Work {
      private readonly waiting: (() => void)[] = [];
      @InFlight()
      work(): Promise<void> {
        return new Promise((resolve) => {
          this.waiting.push(resolve);
        });
      }
      settle(): void {
        this.waiting.splice(0).forEach((resolve) => resolve());
      }
    }
    return new Work();
  }

  it('counts what has begun and not ended', async () => {
    const work = createWork();
    const first = [work.work(), work.work()];
    expect(await callsInFlight()).toEqual({ work: 2 });
    work.settle();
    await Promise.all(first);
    const second = work.work();
    expect(await callsInFlight()).toEqual({ work: 1 });
    work.settle();
    await second;
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('is never below 0 when the gauge is reset in between', async () => {
    const work = createWork();
    const promise = work.work();
    register.resetMetrics();
    work.settle();
    await promise;
    expect(Object.values(await callsInFlight()).filter((value) => value !== 0)).toEqual([]);
  });

  it('of one series without labels survives a reset in between', async () => {
    let settle = (): void => {};
    class Work {
      @InFlight('jobs_in_flight')
      work(): Promise<void> {
        return new Promise((resolve) => {
          settle = resolve;
        });
      }
    }
    const work = new Work();
    const before = work.work();
    const settleBefore = settle;
    register.resetMetrics();
    const after = work.work();
    expect(await samplesByLabels('jobs_in_flight')).toEqual({ '': 1 });
    settleBefore();
    await before;
    expect(await samplesByLabels('jobs_in_flight')).toEqual({ '': 1 });
    settle();
    await after;
    expect(await samplesByLabels('jobs_in_flight')).toEqual({ '': 0 });
  });

  it('with label functions survives a reset in between', async () => {
    const settle: (() => void)[] = [];
    class Work {
      @InFlight({ name: 'plans_in_flight', labels: { plan: ({ args }) => args[0] as string } })
      work(_plan: string): Promise<void> {
        return new Promise((resolve) => {
          settle.push(resolve);
        });
      }
    }
    const work = new Work();
    const promises = [work.work('gold')];
    register.resetMetrics();
    promises.push(work.work('gold'), work.work('free'));
    settle[0]?.();
    await promises[0];
    expect(await samplesByLabels('plans_in_flight')).toEqual({ gold: 1, free: 1 });
    settle.forEach((end) => end());
    await Promise.all(promises);
    expect(await samplesByLabels('plans_in_flight')).toEqual({ gold: 0, free: 0 });
  });

  it('is never below 0 when the series is removed in between', async () => {
    const jobs = {
      name: 'removed_in_flight',
      help: 'Calls that have begun and not ended.',
      labelNames: ['plan'],
    };
    let settle = (): void => {};
    class Work {
      @InFlight({ name: jobs.name, labels: { plan: ({ args }) => args[0] as string } })
      work(_plan: string): Promise<void> {
        return new Promise((resolve) => {
          settle = resolve;
        });
      }
    }
    const app = await NestFactory.createApplicationContext(
      HyperMetricsModule.forRoot({ runtimeMetrics: false }),
      { logger: false, abortOnError: false },
    );
    try {
      const promise = new Work().work('gold');
      const gauge = app.get(MetricsService).gauge(jobs);
      expect(gauge.labels('gold').value).toBe(1);
      gauge.remove('gold');
      settle();
      await promise;
      expect(gauge.labels('gold').value).toBe(0);
    } finally {
      await app.close();
    }
  });

  it('is back at 0 in every form and ending', async () => {
    class Work {
      @InFlight()
      fail(): never {
        throw new Error('on purpose');
      }
      @InFlight()
      async reject(): Promise<never> {
        throw new Error('on purpose');
      }
      @InFlight()
      never(): typeof NEVER {
        return NEVER;
      }
      @InFlight()
      async *left(): AsyncGenerator<number> {
        yield 1;
        yield 2;
      }
      @InFlight()
      unasked(): PromiseLike<number> {
        return { then: () => Promise.reject(new Error('never asked')) };
      }
    }
    const work = new Work();
    expect(() => work.fail()).toThrow('on purpose');
    await expect(work.reject()).rejects.toThrow('on purpose');
    work.never().subscribe().unsubscribe();
    for await (const _ of work.left()) {
      break;
    }
    // oxlint-disable-next-line typescript/no-floating-promises
    work.unasked();
    expect(await callsInFlight()).toEqual({ fail: 0, reject: 0, never: 0, left: 0, unasked: 0 });
  });
});
