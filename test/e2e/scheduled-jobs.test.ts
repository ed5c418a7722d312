import 'reflect-metadata';
import { Injectable, Logger, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { CronJob } from 'cron';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HyperMetricsOptions } from '../../src/index.js';
import { MetricsService } from '../../src/index.js';
import { HyperMetricsTestingModule } from '../../src/testing.js';
import { readExposition } from '../support/exposition.js';
import { parseOpenMetrics } from '../support/parse-open-metrics.js';

const RUNS = 'hyperdjango_schedule_run_duration_seconds_count';
const failure = new Error('on purpose');

beforeEach(() => {
  vi.useFakeTimers({
    now: new Date('2026-11-29T12:00:00Z'),
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()));
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Application = Awaited<ReturnType<typeof NestFactory.createApplicationContext>>;
const running: Application[] = [];

/** An application with a scheduler and its metrics, in both orders of imports. */
async function start(
  providers: readonly Type[],
  {
    metricsFirst = true,
    schedules,
    options,
    modules = [],
  }: {
    readonly metricsFirst?: boolean;
    readonly modules?: readonly Type[];
    readonly schedules?: Parameters<typeof ScheduleModule.forRoot>[0];
    readonly options?: Omit<HyperMetricsOptions, 'registry'>;
  } = {},
): Promise<Application> {
  const imports = [HyperMetricsTestingModule.forRoot(options), ScheduleModule.forRoot(schedules)];

  @Module({
    imports: [...(metricsFirst ? imports : imports.toReversed()), ...modules],
    providers: [...providers],
  })
  class ApplicationModule {}

  const app = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
  running.push(app);
  return app;
}

async function seriesOfFamily(app: Application, name: string): Promise<Readonly<Record<string, number>>> {
  return seriesIn(await app.get(MetricsService).collect(), name);
}

/** Those at 0 included. */
function seriesIn(text: string, name: string): Record<string, number> {
  const samples = [...readExposition(text)].filter(([series]) => series.startsWith(`${name}{`));
  return Object.fromEntries(samples.map(([series, value]) => [series.slice(name.length), value]));
}

/** Counts of runs, without series at 0. */
async function runsOf(app: Application): Promise<Record<string, number>> {
  const all = await seriesOfFamily(app, RUNS);
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}

const run = (job: string, outcome: string): string => `{job="${job}",outcome="${outcome}"}`;

describe.each([true, false])('decorated jobs, imported after the metrics: %s', (metricsFirst) => {
  it('are counted by name, else by class and method, with their outcomes', async () => {
    @Injectable()
    class Jobs {
      @Cron('*/10 * * * * *')
      everyTenSeconds(): void {}

      @Cron('0 * * * * *', { name: 'every minute' })
      async everyMinute(): Promise<void> {
        throw failure;
      }

      @Interval(20_000)
      interval(): never {
        throw failure;
      }

      @Interval('named interval', 30_000)
      namedInterval(): Promise<void> {
        return Promise.resolve();
      }

      @Timeout(5_000)
      once(): void {}

      /** Another method with the same interval. */
      @Interval(20_000)
      otherInterval(): void {}
    }

    const app = await start([Jobs], { metricsFirst });
    expect(await seriesOfFamily(app, RUNS)).toEqual(
      Object.fromEntries(
        [
          'Jobs.everyTenSeconds',
          'every minute',
          'Jobs.interval',
          'named interval',
          'Jobs.once',
          'Jobs.otherInterval',
        ].flatMap((job) => [
          [run(job, 'success'), 0],
          [run(job, 'error'), 0],
        ]),
      ),
    );
    await vi.advanceTimersByTimeAsync(60_500);
    expect(await runsOf(app)).toEqual({
      [run('Jobs.everyTenSeconds', 'success')]: 6,
      [run('every minute', 'error')]: 1,
      [run('Jobs.interval', 'error')]: 3,
      [run('named interval', 'success')]: 2,
      [run('Jobs.once', 'success')]: 1,
      [run('Jobs.otherInterval', 'success')]: 3,
    });
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_last_success_timestamp_seconds')).toMatchObject({
      '{job="named interval"}': Date.parse('2026-11-29T12:01:00Z') / 1000,
    });
  });

  it('count 1,000 runs with failures and overlaps exactly', async () => {
    @Injectable()
    class Jobs {
      runs = 0;

      @Interval('billing', 1_000)
      async billing(): Promise<void> {
        this.runs += 1;
        if (this.runs % 7 === 0) throw failure;
        // Every tenth run overlaps the next one.
        if (this.runs % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1_500));
      }
    }

    const app = await start([Jobs], { metricsFirst });
    await vi.advanceTimersByTimeAsync(1_000_000);
    // The last run is a slow one.
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_runs_in_flight')).toEqual({
      '{job="billing"}': 1,
    });
    app.get(SchedulerRegistry).deleteInterval('billing');
    await vi.advanceTimersByTimeAsync(2_000);

    const failed = Math.floor(1_000 / 7);
    const slow = 1_000 / 10 - Math.floor(1_000 / 70);
    expect(await runsOf(app)).toEqual({
      [run('billing', 'success')]: 1_000 - failed,
      [run('billing', 'error')]: failed,
    });
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_overlaps_total')).toEqual({
      '{job="billing"}': slow - 1,
    });
    const sums = await seriesOfFamily(app, 'hyperdjango_schedule_run_duration_seconds_sum');
    expect(sums[run('billing', 'success')]).toBeCloseTo(slow * 1.5, 6);
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_runs_in_flight')).toEqual({
      '{job="billing"}': 0,
    });
  });

  it('of one label overlap with themselves only: instances of a class, and kinds of jobs with one name', async () => {
    const slow = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));

    @Injectable()
    class Shared {
      @Interval(1_000)
      poll(): Promise<void> {
        return slow();
      }
    }
    @Module({ providers: [Shared] })
    class One {}
    @Module({ providers: [Shared] })
    class Two {}

    @Injectable()
    class Jobs {
      @Interval('sync', 1_000)
      byInterval(): Promise<void> {
        return slow();
      }

      @Cron('* * * * * *', { name: 'sync' })
      byCron(): Promise<void> {
        return slow();
      }
    }

    const app = await start([Jobs], { metricsFirst, modules: [One, Two] });
    await vi.advanceTimersByTimeAsync(10_600);
    expect(await runsOf(app)).toEqual({
      [run('Shared.poll', 'success')]: 20,
      [run('sync', 'success')]: 20,
    });
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_overlaps_total')).toEqual({
      '{job="Shared.poll"}': 0,
      '{job="sync"}': 0,
    });
  });

  it('have their errors logged by the scheduler as without metrics', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    @Injectable()
    class Jobs {
      @Interval(1_000)
      fail(): never {
        throw failure;
      }
    }

    await start([Jobs], { metricsFirst });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(logged.mock.calls.map(([error]) => error as unknown)).toEqual([failure]);
  });

  it('run once at each time, with their own instance and private fields', async () => {
    @Injectable()
    class Jobs {
      #runs = 0;

      get runs(): number {
        return this.#runs;
      }

      @Interval(1_000)
      count(): void {
        this.#runs += 1;
      }
    }

    const app = await start([Jobs], { metricsFirst });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(app.get(Jobs).runs).toBe(3);
  });

  it('leave nothing behind when the application closes', async () => {
    @Injectable()
    class Jobs {
      @Interval('interval', 1_000)
      count(): void {}
    }

    const app = await start([Jobs], { metricsFirst });
    const registry = app.get(SchedulerRegistry);
    const job = new CronJob('* * * * * *', () => {});
    const callbacks = [...(job as unknown as { _callbacks: unknown[] })._callbacks];
    registry.addCronJob('added', job);
    await app.close();
    expect(Object.getOwnPropertyNames(registry).filter((name) => /^(add|delete)/.test(name))).toEqual([]);
    expect((job as unknown as { _callbacks: unknown[] })._callbacks).toEqual(callbacks);
    expect(Object.hasOwn(job, 'addCallback')).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('jobs of the registry', () => {
  async function startWith(): Promise<{ app: Application; registry: SchedulerRegistry }> {
    const app = await start([]);
    return { app, registry: app.get(SchedulerRegistry) };
  }

  it('are counted when they are started before and after they are added', async () => {
    const { app, registry } = await startWith();
    const early = CronJob.from({ cronTime: '* * * * * *', onTick: () => {}, start: true });
    const late = new CronJob('* * * * * *', () => {});
    registry.addCronJob('early', early);
    registry.addCronJob('late', late);
    await vi.advanceTimersByTimeAsync(2_000);
    late.start();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await runsOf(app)).toEqual({ [run('early', 'success')]: 3, [run('late', 'success')]: 1 });
  });

  it('that throw are left to the error handler of cron', async () => {
    const { app, registry } = await startWith();
    const errorHandler = vi.fn();
    const job = CronJob.from({
      cronTime: '* * * * * *',
      onTick: () => {
        throw failure;
      },
      errorHandler,
      start: true,
    });
    registry.addCronJob('failing', job);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(errorHandler.mock.calls).toEqual([[failure]]);
    expect(await runsOf(app)).toEqual({ [run('failing', 'error')]: 1 });
  });

  it('that wait for completion skip runs, which are none', async () => {
    const { app, registry } = await startWith();
    const job = CronJob.from({
      cronTime: '* * * * * *',
      onTick: () => new Promise<void>((resolve) => setTimeout(resolve, 2_500)),
      waitForCompletion: true,
      start: true,
    });
    registry.addCronJob('long', job);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await runsOf(app)).toEqual({ [run('long', 'success')]: 1 });
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_overlaps_total')).toEqual({ '{job="long"}': 0 });
  });

  it('count the run of each callback, whichever was added when, and no overlap of them', async () => {
    const { app, registry } = await startWith();
    const slow = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500));
    const job = new CronJob('* * * * * *', slow);
    job.addCallback(slow);
    registry.addCronJob('callbacks', job);
    job.addCallback(slow);
    job.start();
    await vi.advanceTimersByTimeAsync(2_600);
    expect(await runsOf(app)).toEqual({ [run('callbacks', 'success')]: 6 });
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_overlaps_total')).toEqual({
      '{job="callbacks"}': 0,
    });
  });

  it('are as before when they are deleted, and counted again when they are added again', async () => {
    const { app, registry } = await startWith();
    const tick = vi.fn();
    const job = new CronJob('* * * * * *', tick);
    registry.addCronJob('again', job);
    job.start();
    await vi.advanceTimersByTimeAsync(1_000);
    registry.deleteCronJob('again');
    await job.fireOnTick();
    expect(await runsOf(app)).toEqual({ [run('again', 'success')]: 1 });
    registry.addCronJob('again', job);
    await job.fireOnTick();
    registry.deleteCronJob('again');
    registry.addCronJob('under another name', job);
    await job.fireOnTick();
    expect(tick).toHaveBeenCalledTimes(4);
    expect(await runsOf(app)).toEqual({
      [run('again', 'success')]: 2,
      [run('under another name', 'success')]: 1,
    });
  });

  it('may not take the name of another one, which stays as it is', async () => {
    const { app, registry } = await startWith();
    const first = new CronJob('* * * * * *', () => {});
    const second = new CronJob('* * * * * *', () => {});
    registry.addCronJob('taken', first);
    expect(() => registry.addCronJob('taken', second as never)).toThrow(/taken/);
    await first.fireOnTick();
    await second.fireOnTick();
    expect(await runsOf(app)).toEqual({ [run('taken', 'success')]: 1 });
  });

  it('are timers of Node.js: intervals and timeouts', async () => {
    vi.useRealTimers();
    const { app, registry } = await startWith();
    let ticks = 0;
    const ended = new Promise<void>((resolve) => {
      registry.addInterval(
        'interval',
        setInterval(() => {
          ticks += 1;
          if (ticks === 3) {
            registry.deleteInterval('interval');
            resolve();
          }
        }, 1),
      );
    });
    const value = await new Promise((resolve) => {
      registry.addTimeout('timeout', setTimeout(resolve, 1, 'an argument'));
    });
    await ended;
    expect(value).toBe('an argument');
    expect(await runsOf(app)).toEqual({ [run('interval', 'success')]: 3, [run('timeout', 'success')]: 1 });
  });

  it('may be of another library', async () => {
    const { app, registry } = await startWith();
    const task = { stop: vi.fn() };
    registry.addCronJob('foreign', task as never);
    registry.addInterval('number', 42);
    expect(await runsOf(app)).toEqual({});
    registry.deleteCronJob('foreign');
    expect(task.stop).toHaveBeenCalledTimes(1);
  });

  it('have few names: past 100, further ones are one', async () => {
    const { app, registry } = await startWith();
    for (let user = 1; user <= 150; user += 1) {
      const job = new CronJob('0 0 0 1 1 *', () => {});
      registry.addCronJob(`report of user ${user}`, job);
      await job.fireOnTick();
      registry.deleteCronJob(`report of user ${user}`);
    }
    const runs = await runsOf(app);
    expect(Object.keys(runs)).toHaveLength(101);
    expect(runs[run('other', 'success')]).toBe(50);
  });
});

describe('a run', () => {
  it('that never ends is in flight, and cancelled when the application closes', async () => {
    @Injectable()
    class Jobs {
      @Interval('hanging', 1_000)
      hang(): Promise<never> {
        return new Promise(() => {});
      }
    }

    const app = await start([Jobs]);
    const metrics = app.get(MetricsService);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await runsOf(app)).toEqual({});
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_runs_in_flight')).toEqual({
      '{job="hanging"}': 3,
    });
    expect(await seriesOfFamily(app, 'hyperdjango_schedule_overlaps_total')).toEqual({
      '{job="hanging"}': 2,
    });
    const registry = metrics.registry as Registry;
    await app.close();
    expect(seriesIn(await registry.metrics(), RUNS)).toMatchObject({ [run('hanging', 'cancelled')]: 3 });
  });

  it('that is aborted is cancelled', async () => {
    @Injectable()
    class Jobs {
      readonly controller = new AbortController();

      @Interval('aborted', 1_000)
      async work(): Promise<void> {
        await new Promise((_, reject) => {
          this.controller.signal.addEventListener('abort', () =>
            reject(this.controller.signal.reason as Error),
          );
        });
      }
    }

    const app = await start([Jobs]);
    await vi.advanceTimersByTimeAsync(1_000);
    app.get(Jobs).controller.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(await runsOf(app)).toEqual({ [run('aborted', 'cancelled')]: 1 });
  });
});

describe('without schedules', () => {
  it.each([{ schedules: false }, { enabled: false }])(
    '%j: nothing is hooked or exported',
    async (options) => {
      @Injectable()
      class Jobs {
        @Interval('interval', 1_000)
        count(): void {}
      }

      const app = await start([Jobs], { options });
      const registry = app.get(SchedulerRegistry);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await app.get(MetricsService).collect()).not.toContain('schedule_');
      expect(Object.hasOwn(registry, 'addCronJob')).toBe(false);
    },
  );

  it('nothing is exported in an application without @nestjs/schedule', async () => {
    @Module({ imports: [HyperMetricsTestingModule.forRoot()] })
    class ApplicationModule {}

    const app = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
    running.push(app);
    expect(await app.get(MetricsService).collect()).not.toContain('schedule_');
  });

  it('a mock in the place of the registry stays as it is, and is no failure', async () => {
    const mock = {
      getCronJobs: vi.fn(() => new Map()),
      getIntervals: vi.fn(() => []),
      getTimeouts: vi.fn(() => []),
      addCronJob: vi.fn(),
      addInterval: vi.fn(),
      addTimeout: vi.fn(),
      deleteCronJob: vi.fn(),
    };
    const { addCronJob } = mock;
    const module = await Test.createTestingModule({
      imports: [HyperMetricsTestingModule.forRoot(), ScheduleModule.forRoot()],
    })
      .overrideProvider(SchedulerRegistry)
      .useValue(mock)
      .compile();
    await module.init();
    running.push(module);
    expect(mock.addCronJob).toBe(addCronJob);
    expect(await module.get(MetricsService).collect()).not.toMatch(/collector_errors_total\{[^}]*\} [1-9]/);
  });

  it('jobs that the scheduler leaves out are left out', async () => {
    @Injectable()
    class Jobs {
      @Interval('interval', 1_000)
      count(): void {}

      @Cron('* * * * * *', { name: 'cron' })
      tick(): void {}
    }

    const app = await start([Jobs], { schedules: { intervals: false } });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await runsOf(app)).toEqual({ [run('cron', 'success')]: 2 });
  });
});

it('a run has the trace of the code that calls the job, in the bucket of its duration', async () => {
  const traces: string[] = [];

  @Injectable()
  class Jobs {
    @Timeout('slow', 1_000)
    slow(): Promise<void> {
      traces.push('of the end');
      return new Promise((resolve) => setTimeout(resolve, 3_000));
    }
  }

  traces.push('of the call');
  const app = await start([Jobs], { options: { exemplars: () => ({ trace_id: traces.at(-1) }) } });
  await vi.advanceTimersByTimeAsync(5_000);
  const registry = app.get(MetricsService).registry as Registry;
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const { samples } = parseOpenMetrics(Buffer.from(await registry.metrics()));
  const withExemplars = samples.filter(({ exemplar }) => exemplar !== undefined);
  expect(withExemplars).toMatchObject([
    {
      name: 'hyperdjango_schedule_run_duration_seconds_bucket',
      labels: { job: 'slow', outcome: 'success', le: '5' },
      exemplar: { labels: { trace_id: 'of the call' }, value: 3 },
    },
  ]);
});
