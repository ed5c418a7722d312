import { Controller, Get, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { Counter, register, Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  collectMetrics,
  HyperMetricsModule,
  type HyperMetricsOptions,
  type HyperMetricsOptionsFactory,
  httpRequestDuration,
  httpRequestsInFlight,
  httpRequestsTotal,
  InvalidOptionsError,
  MetricConflictError,
  MetricsService,
} from '../../src/index.js';
import type { HttpAdapter } from '../../src/http/http-adapter.interface.js';
import { readExposition, sumOf } from '../support/exposition.js';
import {
  createApplication,
  PLATFORMS,
  type RunningApplication,
  startApplication,
} from '../support/platforms.js';

const TOTAL = 'http_requests_total';

@Controller()
class HelloController {
  @Get('hello')
  hello(): string {
    return 'hello';
  }
}

function moduleOf(options: HyperMetricsOptions = {}): Type {
  @Module({
    imports: [HyperMetricsModule.forRoot({ runtimeMetrics: false, ...options })],
    controllers: [HelloController],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

async function hello({ url }: RunningApplication, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    expect(await fetch(`${url}/hello`).then((response) => response.text())).toBe('hello');
  }
}

describe.each(PLATFORMS)('applications on %s', (platform) => {
  const running: RunningApplication[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map(({ close }) => close()));
    register.clear();
  });

  async function start(options: HyperMetricsOptions = {}): Promise<RunningApplication> {
    const target = await startApplication(platform, moduleOf(options));
    running.push(target);
    return target;
  }

  async function stop(target: RunningApplication): Promise<void> {
    running.splice(running.indexOf(target), 1);
    await target.close();
  }

  it('with registries of their own never see each other', async () => {
    const [first, second] = [
      await start({ registry: new Registry() }),
      await start({ registry: new Registry() }),
    ];
    await hello(first, 3);
    await hello(second);

    expect(sumOf(await first.read(), `hyperdjango_${TOTAL}`)).toBe(3);
    expect(sumOf(await second.read(), `hyperdjango_${TOTAL}`)).toBe(1);
  });

  it('on one registry share their families', async () => {
    const [first, second] = [await start(), await start()];
    await hello(first, 2);
    await hello(second);

    expect(sumOf(await first.read(), `hyperdjango_${TOTAL}`)).toBe(3);
    expect(await second.read()).toEqual(expect.objectContaining({ size: (await first.read()).size }));
    await stop(first);
    await hello(second);
    expect(sumOf(await second.read(), `hyperdjango_${TOTAL}`)).toBe(4);
    expect(sumOf(await second.read(), 'hyperdjango_process_start_time_seconds')).toBeGreaterThan(0);
  });

  it('on one registry under two prefixes have families of their own, in both scrapes', async () => {
    const [first, second] = [await start({ prefix: 'one_' }), await start({ prefix: 'two_' })];
    await hello(first, 2);
    await hello(second);

    for (const target of [first, second]) {
      const exposition = await target.read();
      expect(sumOf(exposition, `one_${TOTAL}`)).toBe(2);
      expect(sumOf(exposition, `two_${TOTAL}`)).toBe(1);
    }
  });

  it('with contradicting default labels on one registry cannot start', async () => {
    await start({ defaultLabels: { app: 'one' } });
    const second = await createApplication(platform, moduleOf({ defaultLabels: { app: 'two' } }));

    await expect(second.init()).rejects.toThrow(MetricConflictError);
    await second.close();
  });

  it('can be closed and made again, with other buckets too, and counts go on', async () => {
    const first = await start();
    await hello(first, 2);
    await stop(first);

    const second = await start();
    await hello(second);
    expect(sumOf(await second.read(), `hyperdjango_${TOTAL}`)).toBe(3);
    await stop(second);

    const third = await start({ http: { buckets: [1, 2] } });
    await hello(third);
    expect(sumOf(await third.read(), 'hyperdjango_http_request_duration_seconds_count')).toBe(1);
    expect(sumOf(await third.read(), `hyperdjango_${TOTAL}`)).toBe(4);
  });

  it('starts at 0 after the host cleared its registry', async () => {
    const first = await start();
    await hello(first, 2);
    await stop(first);
    register.clear();

    const second = await start();
    await hello(second);
    expect(sumOf(await second.read(), `hyperdjango_${TOTAL}`)).toBe(1);
  });

  it('goes on when the host clears the registry under a running application', async () => {
    const target = await start();
    await hello(target);
    register.clear();
    await hello(target);

    expect(sumOf(await target.read(), `hyperdjango_${TOTAL}`)).toBe(2);
  });

  it.each([false, true])('leaves nothing behind at close (shutdown hooks: %s)', async (hooks) => {
    const signalListeners = process.listenerCount('SIGTERM');
    const app = await createApplication(platform, moduleOf());
    const adapter = app.getHttpAdapter() as unknown as HttpAdapter;
    const methods = ['setOnRequestHook', 'setNotFoundHandler'] as const;
    const original = methods.map((method) => adapter[method]);
    if (hooks) {
      app.enableShutdownHooks();
    }
    const server = app.getHttpServer() as NodeJS.EventEmitter;
    const [requestListeners, listeningListeners] = ['request', 'listening'].map((event) =>
      server.listenerCount(event),
    );
    await app.listen(0, '127.0.0.1');
    expect(server.listenerCount('request')).toBe((requestListeners as number) + 1);
    await app.close();

    expect(server.listenerCount('request')).toBe(requestListeners);
    expect(server.listenerCount('listening')).toBe(listeningListeners);
    expect(methods.map((method) => adapter[method])).toEqual(original);
    expect(methods.filter((method) => Object.hasOwn(adapter, method))).toEqual([]);
    expect((adapter as unknown as { onRequestHook?: unknown }).onRequestHook).toBeUndefined();
    expect(register.getSingleMetric('hyperdjango_uptime_seconds')).toBeUndefined();
    expect(process.listenerCount('SIGTERM')).toBe(signalListeners);
  });

  it('keeps the request hooks of the application, set before and after start', async () => {
    const seen: string[] = [];
    const app = await createApplication(platform, moduleOf({ registry: new Registry() }));
    const adapter = app.getHttpAdapter() as unknown as HttpAdapter;
    const hook =
      (name: string) => (_request: unknown, _response: unknown, done: (error?: unknown) => void) => {
        seen.push(name);
        done();
      };
    adapter.setOnRequestHook?.(hook('before'));
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    await fetch(`${url}/hello`);
    adapter.setOnRequestHook?.(hook('after'));
    await fetch(`${url}/hello`);

    expect(seen).toEqual(['before', 'after']);
    expect(
      await app.get(MetricsService).getValue('hyperdjango_http_requests_total', {
        method: 'GET',
        status: '200',
      }),
    ).toBe(2);
    await app.close();
  });

  it('counts requests that stay open over a close of the application', async () => {
    const registry = new Registry();
    const started = vi.fn();
    let finish = (): void => {};
    @Controller()
    class SlowController {
      @Get('slow')
      slow(): Promise<string> {
        started();
        return new Promise((resolve) => {
          finish = () => resolve('slow');
        });
      }
    }
    @Module({ imports: [HyperMetricsModule.forRoot({ registry })], controllers: [SlowController] })
    class SlowModule {}
    const target = await startApplication(platform, SlowModule);
    const answer = fetch(`${target.url}/slow`, { headers: { connection: 'close' } });
    await vi.waitFor(() => expect(started).toHaveBeenCalled());
    const service = target.app.get(MetricsService);
    const closed = target.close();
    finish();
    expect((await answer).status).toBe(200);
    await closed;

    expect(await service.getValue('hyperdjango_http_requests_total', { method: 'GET', status: '200' })).toBe(
      1,
    );
    expect(await service.getValue('hyperdjango_http_requests_in_flight')).toBe(0);
  });

  it('fails to start with one error when the module is imported twice', async () => {
    @Module({ imports: [HyperMetricsModule.forRoot({ path: '/other' }), moduleOf()] })
    class TwiceModule {}

    await expect(createApplication(platform, TwiceModule)).rejects.toThrow(
      /imported 2 times in one application/,
    );
  });

  it('fails to start with an explanation when the module is imported as a bare class', async () => {
    @Module({ imports: [HyperMetricsModule] })
    class BareModule {}

    await expect(createApplication(platform, BareModule)).rejects.toThrow(/HyperMetricsModule\.forRoot\(\)/);
  });

  it('says once where the metrics are and what is on', async () => {
    const lines: string[] = [];
    const logger = {
      log: (message: string, context?: string) => context === 'HyperMetrics' && lines.push(message),
      warn: (message: string) => lines.push(message),
      error: (message: string) => lines.push(message),
    };
    const target = await startApplication(platform, moduleOf({ registry: new Registry() }), undefined, {
      logger,
    });
    running.push(target);
    await hello(target);

    expect(lines).toEqual([
      `Metrics at ${target.url}/metrics (prefix hyperdjango_): process, HTTP requests with routes`,
    ]);
  });
});

describe('forRootAsync', () => {
  const options = (): HyperMetricsOptions => ({ registry: new Registry(), path: '/stats', prefix: 'shop_' });

  @Injectable()
  class OptionsFactory implements HyperMetricsOptionsFactory {
    createHyperMetricsOptions(): HyperMetricsOptions {
      return options();
    }
  }
  @Module({
    providers: [OptionsFactory, { provide: 'PATH', useValue: '/stats' }],
    exports: [OptionsFactory, 'PATH'],
  })
  class ConfigurationModule {}

  it.each([
    ['useClass', { useClass: OptionsFactory }],
    ['useExisting', { imports: [ConfigurationModule], useExisting: OptionsFactory }],
    [
      'useFactory with inject',
      {
        imports: [ConfigurationModule],
        inject: ['PATH'],
        useFactory: (path: string) => Promise.resolve({ ...options(), path }),
      },
    ],
  ])('takes its options from %s', async (_, asyncOptions) => {
    @Module({ imports: [HyperMetricsModule.forRootAsync(asyncOptions)] })
    class ApplicationModule {}
    const target = await startApplication('express', ApplicationModule);
    const text = await fetch(`${target.url}/stats`).then((response) => response.text());
    await target.close();

    expect(text).toContain('shop_uptime_seconds ');
  });

  it('rejects a factory that returns nothing, and keys of its own that it does not know', async () => {
    @Module({ imports: [HyperMetricsModule.forRootAsync({ useFactory: () => undefined as never })] })
    class ForgetfulModule {}
    await expect(createApplication('express', ForgetfulModule)).rejects.toThrow(/returned undefined/);

    const misplaced = { useFactory: options, path: '/stats' };
    expect(() => HyperMetricsModule.forRootAsync(misplaced)).toThrow(/has the unknown options path/);
  });

  it.each([
    [undefined, 'needs an object of imports, inject, useFactory, useClass, useExisting.'],
    [[], 'needs an object of imports'],
    [{ useFactory: 1 }, 'has a wrong useFactory; allowed: a function.'],
    [{ useClass: 'Factory' }, 'has a wrong useClass; allowed: a class.'],
    [{ useExisting: null }, 'has a wrong useExisting; allowed: an injection token.'],
    [{ useFactory: options, imports: {} }, 'has a wrong imports; allowed: an array.'],
    [{ useFactory: options, inject: 'Config' }, 'has a wrong inject; allowed: an array.'],
  ])('rejects keys of its own of a wrong type: %j', (asyncOptions, problem) => {
    expect(() => HyperMetricsModule.forRootAsync(asyncOptions as never)).toThrow(
      `HyperMetricsModule.forRootAsync() ${problem}`,
    );
  });

  it('names the method that a class of options lacks', async () => {
    class Forgetful {}
    @Module({ imports: [HyperMetricsModule.forRootAsync({ useClass: Forgetful as never })] })
    class ApplicationModule {}
    await expect(createApplication('express', ApplicationModule)).rejects.toThrow(
      'needs the method createHyperMetricsOptions() in the class of useClass',
    );
  });

  it('rejects invalid options at start-up', async () => {
    @Module({ imports: [HyperMetricsModule.forRootAsync({ useFactory: () => ({ path: '/:id' }) })] })
    class ApplicationModule {}

    await expect(createApplication('express', ApplicationModule)).rejects.toThrow(InvalidOptionsError);
  });

  it.each([{}, { useFactory: options, useClass: OptionsFactory }])(
    'needs exactly one source',
    (asyncOptions) => {
      expect(() => HyperMetricsModule.forRootAsync(asyncOptions)).toThrow(InvalidOptionsError);
    },
  );

  it('keeps the paths of two applications apart that are made of one module', async () => {
    const paths = ['/first', '/second'];
    @Module({
      imports: [
        HyperMetricsModule.forRootAsync({
          useFactory: () => ({ registry: new Registry(), path: paths.shift() as string }),
        }),
      ],
    })
    class ApplicationModule {}
    const first = await startApplication('express', ApplicationModule);
    const second = await startApplication('express', ApplicationModule);
    const status = (url: string): Promise<number> => fetch(url).then((response) => response.status);

    expect(await status(`${first.url}/first`)).toBe(200);
    expect(await status(`${second.url}/second`)).toBe(200);
    expect(await status(`${first.url}/second`)).toBe(404);
    expect(await status(`${second.url}/first`)).toBe(404);
    await Promise.all([first.close(), second.close()]);
  });
});

describe('without an HTTP server', () => {
  it('an application context still has process metrics and the service', async () => {
    const context = await NestFactory.createApplicationContext(moduleOf({ registry: new Registry() }), {
      logger: false,
    });
    const text = await context.get(MetricsService).collect();
    await context.close();

    expect(readExposition(text).get('hyperdjango_http_requests_in_flight')).toBe(0);
    expect(text).toContain('hyperdjango_uptime_seconds ');
  });

  it('a testing module that is never initialised holds nothing', async () => {
    const first = await Test.createTestingModule({
      imports: [moduleOf({ defaultLabels: { a: '1' } })],
    }).compile();
    const second = await Test.createTestingModule({
      imports: [moduleOf({ defaultLabels: { a: '2' } })],
    }).compile();
    await first.init();
    await first.close();
    await second.init();
    await second.close();
    expect(register.getSingleMetric('hyperdjango_uptime_seconds')).toBeUndefined();
  });
});

describe('runtime metrics', () => {
  it('come under their standard names, beside what the host registered', async () => {
    const registry = new Registry();
    const own = new Counter({
      name: 'process_cpu_seconds_total',
      help: 'The host has its own.',
      registers: [registry],
    });
    own.inc(42);
    const options = { registry, runtimeMetrics: true };
    const first = await startApplication('express', moduleOf(options));
    const second = await startApplication('express', moduleOf(options));
    const text = await second.app.get(MetricsService).collect();
    await Promise.all([first.close(), second.close()]);

    expect(text).toContain('\nprocess_cpu_seconds_total 42\n');
    expect(text).toContain('\nnodejs_heap_size_used_bytes ');
    expect(readExposition(text).size).toBeGreaterThan(30);
  });
});

describe('the functional API', () => {
  afterEach(() => register.clear());

  it('works without Nest, on the global registry', async () => {
    httpRequestsTotal.inc(['GET', '200']);
    httpRequestsTotal.inc({ method: 'GET', status: '200' }, 2);
    httpRequestDuration.observe(0.042);
    httpRequestsInFlight.inc();

    expect(httpRequestsInFlight.value).toBe(1);
    httpRequestsInFlight.dec();
    const text = await collectMetrics();
    expect(text).toContain('\nhyperdjango_http_requests_total{method="GET",status="200"} 3\n');
    expect(text).toContain('\nhyperdjango_http_request_duration_seconds_sum 0.042\n');
    expect(text).toMatch(/^hyperdjango_info\{version="[^"]+",node="[^"]+"\} 1$/m);
    expect(await register.metrics()).toContain(
      'hyperdjango_http_requests_total{method="GET",status="200"} 3',
    );
  });

  it('uses the families of the first open application without a registry, under its prefix', async () => {
    const separate = await startApplication(
      'express',
      moduleOf({ registry: new Registry(), prefix: 'apart_' }),
    );
    const first = await startApplication('express', moduleOf({ prefix: 'shop_', http: { buckets: [1] } }));
    const second = await startApplication('express', moduleOf({ prefix: 'late_' }));
    await hello(first);
    httpRequestsTotal.inc(['GET', '200'], 10);
    httpRequestDuration.observe(0.5);

    const text = await collectMetrics();
    expect(text).toContain('\nshop_http_requests_total{method="GET",status="200"} 11\n');
    expect(text).toContain('\nshop_http_request_duration_seconds_count 2\n');
    expect(await first.app.get(MetricsService).collect()).toContain('shop_http_requests_total');
    await first.close();
    httpRequestsTotal.inc(['GET', '200']);
    expect(await collectMetrics()).toContain('\nlate_http_requests_total{method="GET",status="200"} 1\n');
    await Promise.all([second.close(), separate.close()]);
    expect(await collectMetrics()).toContain('\nhyperdjango_uptime_seconds ');
  });
});

describe('MetricsService', () => {
  @Injectable()
  class Checkout {
    readonly orders;

    constructor(@Inject(MetricsService) metrics: MetricsService) {
      this.orders = metrics.counter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan'] });
    }
  }

  async function open(
    options: HyperMetricsOptions,
  ): Promise<{ service: MetricsService; checkout: Checkout; close(): Promise<void> }> {
    const module = await Test.createTestingModule({
      imports: [HyperMetricsModule.forRoot({ runtimeMetrics: false, ...options })],
      providers: [Checkout],
    }).compile();
    await module.init();
    return {
      service: module.get(MetricsService),
      checkout: module.get(Checkout),
      close: () => module.close(),
    };
  }

  it('makes metrics that keep their names and carry the default labels', async () => {
    const { service, checkout, close } = await open({
      registry: new Registry(),
      defaultLabels: { app: 'shop', plan: 'none' },
    });
    checkout.orders.inc({ plan: 'pro' });

    expect(service.counter({ name: 'orders_total', help: 'Orders.', labelNames: ['plan'] })).toBe(
      checkout.orders,
    );
    expect(await service.collect()).toContain('\norders_total{plan="pro",app="shop"} 1\n');
    expect(await service.getValue('orders_total', { plan: 'pro', app: 'shop' })).toBe(1);
    expect(await service.getValue('orders_total', { plan: 'free', app: 'shop' })).toBeUndefined();
    expect(() => service.gauge({ name: 'orders_total', help: 'Orders.' })).toThrow(MetricConflictError);
    await close();
  });

  it("has the contract's families as properties", async () => {
    const { service, close } = await open({ registry: new Registry(), http: { buckets: [1, 2] } });
    service.httpRequestsTotal.inc({ method: 'GET', status: 200 });
    service.httpRequestDuration.observe(1.5);
    service.httpRequestsInFlight.set(7);

    expect(service.httpRequestsInFlight.value).toBe(7);
    expect(await service.getValue('hyperdjango_http_request_duration_seconds_bucket', { le: 2 })).toBe(1);
    expect(await service.getValue('hyperdjango_http_requests_total', { method: 'GET', status: 200 })).toBe(1);
    await close();
  });

  it('can be used all the same when the module is switched off, and records nothing', async () => {
    const registry = new Registry();
    const { service, checkout, close } = await open({ enabled: false, registry });
    checkout.orders.labels('pro').inc(5);
    service.httpRequestsInFlight.inc();
    service.gauge({ name: 'depth', help: 'Depth.' }).set(3);
    service.histogram({ name: 'wait_seconds', help: 'Wait.' }).startTimer()();

    expect(checkout.orders.labels('pro').value).toBe(0);
    expect(service.httpRequestsInFlight.value).toBe(0);
    expect(await service.collect()).toBe('');
    expect(await registry.metrics()).toBe('\n');
    expect(service.registry).toBe(registry);
    await close();
  });
});

it('takes its listener from a server that never listened', async () => {
  const app = await createApplication('express', moduleOf({ registry: new Registry() }));
  const server = app.getHttpServer() as NodeJS.EventEmitter;
  const before = server.listenerCount('listening');
  await app.init();
  expect(server.listenerCount('listening')).toBe(before + 1);
  await app.close();
  expect(server.listenerCount('listening')).toBe(before);
});
