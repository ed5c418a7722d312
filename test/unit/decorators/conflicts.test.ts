import { Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Counter, Gauge, register, Registry } from 'prom-client';
import { of } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Counted, HyperMetricsModule, InFlight, MetricsService, Timed } from '../../../src/index.js';
import { readExposition } from '../../support/exposition.js';
import {
  callsByOutcome,
  faultsByCollector,
  forgetRecords,
  samplesByLabels,
  warningsDuring,
} from '../../support/method-records.js';

const foreign: string[] = [];

function occupy(name: string, labelNames: string[] = []): void {
  new Gauge({ name, help: 'Made by the host.', labelNames });
  foreign.push(name);
}

afterEach(() => {
  forgetRecords();
  foreign.splice(0).forEach((name) => register.removeSingleMetric(name));
});

describe('a name that the host has taken', () => {
  it('leaves calls as they are; each is counted as a fault, the first one of each decorator is warned of', async () => {
    occupy('taken_seconds');
    occupy('taken_total');
    occupy('taken_now');
    class Work {
      @Timed('taken_seconds')
      @Counted('taken_total')
      @InFlight('taken_now')
      work(value: unknown): unknown {
        return value;
      }
    }
    const work = new Work();
    const object = {};
    const warnings = await warningsDuring(async () => {
      expect(work.work(object)).toBe(object);
      expect(await work.work(Promise.resolve(1))).toBe(1);
      (work.work(of(1)) as ReturnType<typeof of>).subscribe();
    });
    // One for each decorator.
    expect(warnings.map(({ name }) => name)).toEqual(Array(3).fill('HyperMetricsWarning'));
    expect(warnings[0]?.message).toBe(
      'A call of Work.work could not be recorded: Metric "taken_now" is already in the registry and was not created by this ' +
        'library. Rename it, choose another `prefix`, or set the option `registry`. (further ones are logged on debug level)',
    );
    expect(await faultsByCollector()).toEqual({ 'Work.work': 9 });
    expect(await samplesByLabels('taken_total')).toEqual({ '': 0 });
  });

  it('is no matter to the other decorators of the method', async () => {
    occupy('taken_seconds');
    class Work {
      @Timed('taken_seconds')
      @Counted()
      work(): string {
        return 'result';
      }
    }
    expect(new Work().work()).toBe('result');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('leaves the host’s own metric alone', async () => {
    const counter = new Counter({ name: 'hosts_total', help: 'Made by the host.' });
    foreign.push('hosts_total');
    counter.inc(5);
    class Work {
      @Counted('hosts_total')
      work(): void {}
    }
    new Work().work();
    expect(await samplesByLabels('hosts_total')).toEqual({ '': 5 });
    expect(register.getSingleMetric('hosts_total')).toBe(counter);
  });
});

describe('a name that another decorator has taken', () => {
  it.each([
    ['another type', () => InFlight('contested_total')],
    ['other labels', () => Counted({ name: 'contested_total', labels: { kind: 'a' } })],
  ])('in another way, %s, keeps the first one', async (_, other) => {
    class Work {
      @Counted('contested_total')
      first(): void {}
      second(): void {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Work.prototype, 'second') as PropertyDescriptor;
    other()(Work.prototype, 'second', descriptor);
    Object.defineProperty(Work.prototype, 'second', descriptor);
    const work = new Work();
    work.first();
    work.second();
    work.second();
    expect(await samplesByLabels('contested_total')).toEqual({ success: 1, error: 0 });
    expect(await faultsByCollector()).toEqual({ 'Work.second': 2 });
  });

  it('in the same way is shared', async () => {
    class Work {
      @Counted('common_total')
      first(): void {}
      @Counted('common_total')
      second(): void {}
    }
    new Work().first();
    new Work().second();
    expect(await samplesByLabels('common_total')).toEqual({ success: 2, error: 0 });
  });
});

describe('a logger that throws', () => {
  it('does not reach the caller', async () => {
    const registry = new Registry();
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {
      throw new Error('the log is full');
    });
    @Injectable()
    class Work {
      @Counted({ name: 'logged_total', labels: { bad: () => undefined as never } })
      work(): string {
        return 'result';
      }
    }
    @Module({
      imports: [HyperMetricsModule.forRoot({ registry, runtimeMetrics: false })],
      providers: [Work],
    })
    class ApplicationModule {}
    const app = await NestFactory.createApplicationContext(ApplicationModule, {
      logger: false,
      abortOnError: false,
    });
    try {
      expect([app.get(Work).work(), app.get(Work).work()]).toEqual(['result', 'result']);
      expect(warn).toHaveBeenCalledTimes(1);
      const exposition = readExposition(await app.get(MetricsService).collect());
      expect(exposition.get('logged_total{outcome="success",bad="unknown"}')).toBe(2);
      expect(
        exposition.get('hyperdjango_metrics_collector_errors_total{collector="Work.work.labels.bad"}'),
      ).toBe(2);
    } finally {
      warn.mockRestore();
      await app.close();
    }
  });

  it('says which value the label has', async () => {
    const messages: string[] = [];
    const warn = vi
      .spyOn(Logger.prototype, 'warn')
      .mockImplementation((message: unknown) => void messages.push(String(message)));
    // The clock of the library: each reading is 30 ms after the last one.
    let nowMs = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 30));
    @Injectable()
    class Work {
      @Counted({ name: 'slow_label_total', labels: { slow: () => 'used' } })
      blocked(): void {}

      @Counted({
        name: 'failed_label_total',
        labels: {
          failed: () => {
            throw new Error('no tenant');
          },
        },
      })
      failed(): void {}

      @Counted({ name: 'odd_label_total', labels: { odd: () => undefined as never } })
      odd(): void {}
    }
    @Module({
      imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false })],
      providers: [Work],
    })
    class ApplicationModule {}
    const app = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
    const work = app.get(Work);
    [1, 2, 3].forEach(() => work.blocked());
    work.failed();
    work.odd();
    await app.close();
    clock.mockRestore();
    warn.mockRestore();

    const once = '(further ones are logged on debug level)';
    expect(messages.filter((message) => message.includes('label function'))).toEqual([
      `The label function Work.blocked.labels.slow is at fault: it blocked the event loop for 30 ms; its value is used ${once}`,
      `The label function Work.failed.labels.failed is at fault: it threw no tenant; the label is "unknown" ${once}`,
      `The label function Work.odd.labels.odd is at fault: it returned undefined instead of a string; the label is "unknown" ${once}`,
    ]);
  });
});
