import {
  Body,
  Controller,
  Get,
  Inject,
  Injectable,
  type INestApplicationContext,
  Module,
  type ModuleMetadata,
  Post,
  Scope,
  type Type,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { register, Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Counted,
  collectMetrics,
  HyperMetricsModule,
  type HyperMetricsOptions,
  InFlight,
  MetricConflictError,
  MetricsService,
  Timed,
} from '../../src/index.js';
import { readExposition, seriesOf } from '../support/exposition.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
  // Of the process-wide metrics, what earlier tests recorded there.
  register.resetMetrics();
});

function moduleOf(options: HyperMetricsOptions, parts: ModuleMetadata): Type {
  @Module({
    ...parts,
    imports: [HyperMetricsModule.forRoot({ runtimeMetrics: false, ...options }), ...(parts.imports ?? [])],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

async function startContext(
  parts: ModuleMetadata,
  options: HyperMetricsOptions = { registry: new Registry() },
): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(moduleOf(options, parts), {
    logger: false,
    abortOnError: false,
  });
  open.push(app);
  return app;
}

async function callsOf(app: INestApplicationContext): Promise<Record<string, number>> {
  const exposition = readExposition(await app.get(MetricsService).collect());
  return seriesOf(exposition, 'hyperdjango_method_calls_total');
}

const series = (name: string, outcome = 'success'): string =>
  `{class="${name}",method="work",outcome="${outcome}"}`;

describe('calls go to the application', () => {
  it('that has the instance, when several have the class', async () => {
    @Injectable()
    class Provider {
      @Counted()
      work(): void {}
    }
    const [first, second] = [
      await startContext({ providers: [Provider] }),
      await startContext({ providers: [Provider] }),
    ];
    first.get(Provider).work();
    second.get(Provider).work();
    second.get(Provider).work();

    expect(await callsOf(first)).toEqual({ [series('Provider')]: 1 });
    expect(await callsOf(second)).toEqual({ [series('Provider')]: 2 });
  });

  it('that has the transient instance', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      @Counted()
      work(): void {}
    }
    @Injectable()
    class Holder {
      constructor(@Inject(Transient) readonly transient: Transient) {}
    }
    const parts = { providers: [Transient, Holder] };
    const [first, second] = [await startContext(parts), await startContext(parts)];
    second.get(Holder).transient.work();

    expect(await callsOf(first)).toEqual({});
    expect(await callsOf(second)).toEqual({ [series('Transient')]: 1 });
  });

  it('whose factory made the instance, or that was given it', async () => {
    class Made {
      @Counted()
      work(): void {}
    }
    const first = await startContext({ providers: [{ provide: 'MADE', useFactory: () => new Made() }] });
    const second = await startContext({ providers: [{ provide: 'MADE', useValue: new Made() }] });
    first.get<Made>('MADE').work();
    second.get<Made>('MADE').work();
    second.get<Made>('MADE').work();

    expect(await callsOf(first)).toEqual({ [series('Made')]: 1 });
    expect(await callsOf(second)).toEqual({ [series('Made')]: 2 });
  });

  it('that alone has the class, whoever made the instance', async () => {
    @Injectable()
    class Provider {
      @Counted()
      work(): void {}

      @Counted()
      static work(): void {}
    }
    const app = await startContext({ providers: [Provider] });
    const other = await startContext({});
    new Provider().work();
    Provider.work();

    expect(await callsOf(app)).toEqual({ [series('Provider')]: 2 });
    expect(await callsOf(other)).toEqual({});
  });

  it('that has a class which inherits the method', async () => {
    class Base {
      @Counted()
      work(): void {}
    }
    @Injectable()
    class Provider extends Base {}
    const app = await startContext({ providers: [Provider] });
    app.get(Provider).work();

    expect(await callsOf(app)).toEqual({ [series('Base')]: 1 });
  });

  it('that was compiled for a unit test and never initialised', async () => {
    @Injectable()
    class Provider {
      constructor() {
        this.work();
      }

      @Counted()
      work(): void {}
    }
    const compile = (): Promise<TestingModule> =>
      Test.createTestingModule({
        imports: [moduleOf({ registry: new Registry() }, { providers: [Provider] })],
      }).compile();
    const [first, second] = [await compile(), await compile()];
    open.push(first, second);
    first.get(Provider).work();
    second.get(Provider).work();
    second.get(Provider).work();

    expect((await callsOf(first))[series('Provider')]).toBeGreaterThanOrEqual(1);
    expect((await callsOf(second))[series('Provider')]).toBe(2);
  });

  it('that has loaded the class later', async () => {
    @Injectable()
    class Late {
      @Counted()
      work(): void {}
    }
    @Module({ providers: [Late] })
    class LateModule {}
    const app = await startContext({});
    const loaded = await app.get(LazyModuleLoader).load(() => LateModule);
    loaded.get(Late).work();

    expect(await callsOf(app)).toEqual({ [series('Late')]: 1 });
  });

  it('that is left, when another with the class has closed', async () => {
    @Injectable()
    class Provider {
      @Counted()
      work(): void {}
    }
    const first = await startContext({ providers: [Provider] });
    const second = await startContext({ providers: [Provider] });
    const provider = first.get(Provider);
    provider.work();
    open.splice(open.indexOf(first), 1);
    await first.close();
    provider.work();

    expect(await callsOf(second)).toEqual({ [series('Provider')]: 1 });
  });
});

describe('calls of a plain class outside of requests', () => {
  class Plain {
    @Counted()
    work(): void {}

    @InFlight()
    @Timed()
    other(): void {}
  }

  it('go to the process-wide metrics', async () => {
    const app = await startContext({});
    new Plain().work();
    new Plain().other();

    const processWide = readExposition(await collectMetrics());
    expect(seriesOf(processWide, 'hyperdjango_method_calls_total')).toEqual({ [series('Plain')]: 1 });
    expect(
      processWide.get(
        'hyperdjango_method_duration_seconds_count{class="Plain",method="other",outcome="success"}',
      ),
    ).toBe(1);
    expect(processWide.get('hyperdjango_method_in_flight{class="Plain",method="other"}')).toBe(0);
    expect(await callsOf(app)).toEqual({});
  });

  it('go to the application that provides those, under its prefix', async () => {
    const app = await startContext({}, { prefix: 'myapp_' });
    new Plain().work();

    const exposition = readExposition(await app.get(MetricsService).collect());
    expect(exposition.get(`myapp_method_calls_total${series('Plain')}`)).toBe(1);
    expect(seriesOf(exposition, 'hyperdjango_method_calls_total')).toEqual({});
  });

  it('survive that the process-wide registry is cleared', async () => {
    new Plain().work();
    register.clear();
    new Plain().work();

    const exposition = readExposition(await collectMetrics());
    expect(exposition.get(`hyperdjango_method_calls_total${series('Plain')}`)).toBe(2);
  });

  it.each([{}, { registry: new Registry() }])(
    'go nowhere when all applications are switched off',
    async (options) => {
      const app = await startContext({}, { ...options, enabled: false });
      new Plain().work();

      expect(await app.get(MetricsService).collect()).toBe('');
      open.splice(open.indexOf(app), 1);
      await app.close();
      expect(seriesOf(readExposition(await collectMetrics()), 'hyperdjango_method_calls_total')).toEqual({});
    },
  );
});

describe('a switched-off application', () => {
  it('has its decorated methods called as they are', async () => {
    @Injectable()
    class Provider {
      @Timed()
      @Counted()
      @InFlight()
      work(value: unknown): unknown {
        return value;
      }
    }
    const app = await startContext({ providers: [Provider] }, { enabled: false });
    const promise = Promise.resolve();

    expect(app.get(Provider).work(promise)).toBe(promise);
    expect(await app.get(MetricsService).collect()).toBe('');
  });
});

describe('at start-up', () => {
  it('a decorator’s family exists before the first call', async () => {
    @Injectable()
    class Provider {
      @Timed('provider_seconds')
      @Counted()
      work(): void {}
    }
    const app = await startContext({ providers: [Provider] });
    const text = await app.get(MetricsService).collect();

    expect(text).toContain('# TYPE provider_seconds histogram');
    expect(text).toContain(`hyperdjango_method_calls_total${series('Provider')} 0`);
    expect(text).toContain(`hyperdjango_method_calls_total${series('Provider', 'error')} 0`);
  });

  it('two decorators that ask for one name in different ways are an error', async () => {
    @Injectable()
    class Provider {
      @Timed({ name: 'work_seconds', labels: { kind: 'a' } })
      one(): void {}

      @Timed('work_seconds')
      two(): void {}
    }
    await expect(startContext({ providers: [Provider] })).rejects.toThrow(MetricConflictError);
  });
});

describe.each(PLATFORMS)('calls in requests on %s', (platform) => {
  class Plain {
    @Counted()
    async work(): Promise<void> {
      await Promise.resolve();
    }
  }
  @Controller()
  class PlainController {
    @Get('get')
    get(): Promise<void> {
      return new Plain().work();
    }

    @Post('post')
    async post(@Body() body: { readonly text: string }): Promise<number> {
      await new Plain().work();
      return body.text.length;
    }
  }

  it('go to the application that has the request, bodies included', async () => {
    const parts = { controllers: [PlainController] };
    const target = await startApplication(platform, moduleOf({ registry: new Registry() }, parts));
    const bystander = await startApplication(platform, moduleOf({ registry: new Registry() }, parts));
    open.push(target, bystander);
    const post = (text: string): Promise<string> =>
      fetch(`${target.url}/post`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
      }).then((response) => response.text());
    await fetch(`${target.url}/get`).then((response) => response.text());
    expect(await post('short')).toBe('5');
    expect(await Promise.all(Array.from({ length: 5 }, () => post('x'.repeat(90_000))))).toEqual(
      Array.from({ length: 5 }, () => '90000'),
    );

    expect(await callsOf(target.app)).toEqual({ [series('Plain')]: 7 });
    expect(await callsOf(bystander.app)).toEqual({});
    expect(seriesOf(readExposition(await collectMetrics()), 'hyperdjango_method_calls_total')).toEqual({});
  });

  it('of one application with a registry of its own go there too', async () => {
    const target = await startApplication(
      platform,
      moduleOf({ registry: new Registry() }, { controllers: [PlainController] }),
    );
    open.push(target);
    await fetch(`${target.url}/get`).then((response) => response.text());

    await vi.waitFor(async () => expect(await callsOf(target.app)).toEqual({ [series('Plain')]: 1 }));
  });
});
