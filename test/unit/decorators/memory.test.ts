/* oxlint-disable unicorn/no-thenable -- thenables are what is tested here */
import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { Counted, HyperMetricsModule, InFlight, MetricsService, Timed } from '../../../src/index.js';
import { heapUsed, survivors } from '../../support/garbage.js';
import { callsByOutcome, callsInFlight, forgetRecords } from '../../support/method-records.js';

afterEach(forgetRecords);

const CALLS = 100_000;
/** Far less than an entry for each call would take. */
const TOLERATED_BYTES = 3_000_000;

/** A fresh class for each test: returns what the function gives. */
function createWork(give: (call: number) => unknown): { work(call: number): unknown } {
  class Work {
    @Timed()
    @Counted()
    @InFlight()
    work(call: number): unknown {
      return give(call);
    }
  }
  return new Work();
}

describe('a hundred thousand calls', () => {
  const thenable = { then: (resolve: (value: number) => void) => resolve(1) };
  const iterable = {
    async *[Symbol.asyncIterator]() {
      yield 1;
    },
  };
  const object = {};

  it.each([
    ['the same object', () => object],
    ['the same thenable, never asked', () => thenable],
    ['the same async iterable, never iterated', () => iterable],
    ['another object each', () => ({ data: [] })],
    ['another async iterable each', () => ({ [Symbol.asyncIterator]: () => thenable })],
  ])('that return %s keep nothing', async (_, give) => {
    const work = createWork(give);
    work.work(0);
    const before = await heapUsed();
    for (let call = 0; call < CALLS; call += 1) {
      work.work(call);
    }
    expect((await heapUsed()) - before).toBeLessThan(TOLERATED_BYTES);
    // Whatever keeps something must live until it was measured.
    work.work(CALLS);
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('that return promises keep nothing', async () => {
    const work = createWork((call) => Promise.resolve(call));
    await work.work(0);
    const before = await heapUsed();
    for (let call = 2; call < CALLS; call += 1) {
      await work.work(call);
    }
    expect((await heapUsed()) - before).toBeLessThan(TOLERATED_BYTES);
    await work.work(CALLS);
    expect(await callsByOutcome()).toEqual({ 'work success': CALLS });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });
});

describe('what is not needed any more', () => {
  it('is let go: classes that were made and decorated at run time', async () => {
    const make = (): WeakRef<object>[] =>
      Array.from({ length: 10_000 }, () => {
        @Counted()
        class Made {
          work(): void {}
        }
        return new WeakRef(Made);
      });
    const references = make();
    // The newest one may be in use by the engine itself.
    expect(await survivors(references)).toBeLessThan(5);
  });

  it('is let go: classes whose methods were called', async () => {
    const make = (): WeakRef<object>[] =>
      Array.from({ length: 200 }, () => {
        class Made {
          @Timed()
          @Counted()
          @InFlight()
          work(): void {}
        }
        new Made().work();
        return new WeakRef(Made);
      });
    expect(await survivors(make())).toBeLessThan(5);
  });

  it('is let go: a closed application, while its classes live on and are used', async () => {
    @Injectable()
    class Work {
      @Timed()
      @Counted()
      @InFlight()
      work(): void {}
    }
    const run = async (): Promise<WeakRef<object>[]> => {
      const app = await startContext({ providers: [Work] });
      const work = app.get(Work);
      work.work();
      await app.close();
      return [work, app, app.get(MetricsService), app.get(ModulesContainer)].map((held) => new WeakRef(held));
    };
    const references = [...(await run()), ...(await run())];
    expect(references).toHaveLength(8);
    expect(await survivors(references)).toBe(0);
    new Work().work();
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('is let go: instances, arguments and results, once the calls have ended', async () => {
    const references: WeakRef<object>[] = [];
    const call = async (): Promise<void> => {
      class Holder {
        @Timed()
        @Counted()
        @InFlight()
        async work(argument: object): Promise<object> {
          const result = {};
          references.push(new WeakRef(this), new WeakRef(argument), new WeakRef(result));
          return result;
        }
      }
      for (let round = 0; round < 20; round += 1) {
        await new Holder().work({});
      }
    };
    await call();
    expect(references).toHaveLength(60);
    expect(await survivors(references)).toBeLessThan(4);
  });
});

async function startContext(parts: ModuleMetadata): ReturnType<typeof NestFactory.createApplicationContext> {
  @Module({
    ...parts,
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false })],
  })
  class ApplicationModule {}
  return NestFactory.createApplicationContext(ApplicationModule, { logger: false, abortOnError: false });
}
