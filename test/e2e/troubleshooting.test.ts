import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type CanActivate,
  Controller,
  Get,
  Injectable,
  Module,
  type ModuleMetadata,
  type Type,
  UnauthorizedException,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import {
  defineCounter,
  HyperMetricsModule,
  type HyperMetricsOptions,
  InjectMetric,
  type MetricOf,
  MetricsService,
} from '../../src/index.js';
import { HyperMetricsTestingModule } from '../../src/testing.js';
import { LogLines } from '../support/log-lines.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';

const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8').replaceAll(
  /\s+/g,
  ' ',
);

/** What `[page, said]` must be, when both have these words. */
function bothWith(words: string): unknown[] {
  return [expect.stringContaining(words), expect.stringContaining(words)];
}

function applicationWith(options: HyperMetricsOptions, metadata: ModuleMetadata = {}): Type {
  const registry = new Registry();
  const { imports = [], ...rest } = metadata;
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry, runtimeMetrics: false, ...options }), ...imports],
    ...rest,
  })
  class ApplicationModule {}
  return ApplicationModule;
}

async function failureOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It did not fail.');
}

const start = (module: Type, platform: (typeof PLATFORMS)[number] = 'express') =>
  startApplication(platform, module);

const orders = defineCounter({ name: 'orders_total', help: 'Orders placed.' });

@Injectable()
class Checkout {
  constructor(@InjectMetric(orders) readonly placed: MetricOf<typeof orders>) {}
}

@Injectable()
class Dashboard {
  constructor(readonly metrics: MetricsService) {}
}

@Injectable()
class Rejecting implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException();
  }
}

@Injectable()
class Refusing implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller('metrics')
class EarlierController {
  @Get()
  read(): string {
    return '';
  }
}

let target: RunningApplication | undefined;
afterEach(async () => {
  await target?.close();
  target = undefined;
});

describe.each(PLATFORMS)('the page of troubleshooting, about scrapes on %s', (platform) => {
  it('says which paths answer 404 under a global prefix with versions', async () => {
    target = await startApplication(platform, applicationWith({}), (app) => {
      app.setGlobalPrefix('api');
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    });
    const { url } = target;
    const statusOf = async (path: string): Promise<number> => (await fetch(url + path)).status;

    expect(await statusOf('/metrics')).toBe(200);
    for (const path of ['/api/metrics', '/v1/metrics', '/metrics/', '/METRICS']) {
      expect(page).toContain(`\`${path}\``);
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    }
  });

  it.each<[string, string, HyperMetricsOptions]>([
    ['that the endpoint is off', 'Cannot GET /metrics', { enabled: false }],
    ['that the endpoint has a port of its own', 'Cannot GET /metrics', { endpoint: { port: 0 } }],
    [
      'that credentials are missing',
      'The metrics require credentials.',
      { endpoint: { bearerToken: 'a-token' } },
    ],
    [
      'that the address is not allowed',
      'This address may not read the metrics.',
      { endpoint: { allowIps: ['10.0.0.0/8'] } },
    ],
  ])('tells by the body %s', async (_, words, options) => {
    target = await start(applicationWith(options), platform);

    expect([page, await (await fetch(`${target.url}/metrics`)).text()]).toEqual(bothWith(words));
  });

  it.each<[string, Type<CanActivate>]>([
    ['{"message":"Unauthorized","statusCode":401}', Rejecting],
    ['{"message":"Forbidden resource",', Refusing],
  ])('tells a guard by %s', async (words, guard) => {
    target = await start(
      applicationWith({}, { providers: [{ provide: APP_GUARD, useClass: guard }] }),
      platform,
    );

    expect([page, await (await fetch(`${target.url}/metrics`)).text()]).toEqual(bothWith(words));
  });
});

describe('the page of troubleshooting, about starts', () => {
  it.each<[string, string, () => unknown]>([
    [
      'options',
      'HyperMetricsModule cannot start with these options',
      () => HyperMetricsModule.forRoot({ prefix: '' }),
    ],
    [
      'a second import',
      'HyperMetricsModule is imported 2 times in one application',
      () => start(applicationWith({}, { imports: [HyperMetricsModule.forRoot()] })),
    ],
    [
      'another route',
      'The option path "/metrics" is taken',
      () => start(applicationWith({}, { controllers: [EarlierController] })),
    ],
    [
      'a metric that no module defines',
      'Symbol(metric "orders_total" of HyperMetricsModule.forFeature())',
      () =>
        Test.createTestingModule({
          imports: [HyperMetricsTestingModule.forRoot()],
          providers: [Checkout],
        }).compile(),
    ],
    [
      'a test without the module',
      "Nest can't resolve dependencies of",
      () => Test.createTestingModule({ providers: [Dashboard] }).compile(),
    ],
    [
      'default metrics that are registered again',
      'has already been registered',
      async () => {
        const registry = new Registry();
        target = await start(applicationWith({ registry, runtimeMetrics: true }));
        collectDefaultMetrics({ register: registry });
      },
    ],
  ])('quotes the error for %s', async (_, words, attempt) => {
    expect([page, await failureOf(attempt)]).toEqual(bothWith(words));
  });

  it('accepts default metrics that were registered before', async () => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    target = await start(applicationWith({ registry, runtimeMetrics: true }));

    expect((await target.read()).has('process_cpu_user_seconds_total')).toBe(true);
  });

  it.each<[string, string, HyperMetricsOptions]>([
    ['everything is off', 'Metrics are switched off (enabled: false)', { enabled: false }],
    ['options need pools of pg', 'no effect without a pool of pg', { statementCache: true, dataSources: [] }],
    ['the endpoint has a port of its own', 'own port', { endpoint: { port: 0 } }],
  ])('quotes the log when %s', async (_, words, options) => {
    const logger = new LogLines();
    target = await startApplication('express', applicationWith(options), () => {}, { logger });

    expect([page, logger.lines.join('\n')]).toEqual(bothWith(words));
  });

  it('quotes the log of an application without HTTP', async () => {
    const logger = new LogLines();
    const context = await NestFactory.createApplicationContext(applicationWith({}), { logger });
    await context.close();

    expect([page, logger.lines.join('\n')]).toEqual(
      bothWith('Metrics by MetricsService.collect() only, without an HTTP server'),
    );
  });

  it('quotes the log of a family with too many series', async () => {
    const logger = new LogLines();
    const module = applicationWith({ seriesBudget: { perFamily: 1 } });
    target = await startApplication('express', module, () => {}, { logger });
    const logins = target.app
      .get(MetricsService)
      .counter({ name: 'logins_total', help: 'Logins.', labelNames: ['user'] });
    for (const user of ['ada', 'grace', 'edsger']) logins.inc({ user });

    expect([page, logger.lines.join('\n')]).toEqual(bothWith('has more series than seriesBudget allows'));
  });
});

describe('the page of troubleshooting, about HTML in place of metrics', () => {
  it('names what answers first: middleware, and catch-all routes of Express that are older than the endpoint', async () => {
    for (const intrude of ['use', 'route'] as const) {
      target = await startApplication('express', applicationWith({}), (app) => {
        const answer = (_: unknown, response: { type(type: string): { send(body: string): void } }): void =>
          response.type('html').send('<!doctype html>');
        if (intrude === 'use') app.use(answer);
        else app.getHttpAdapter().getInstance().get('/{*any}', answer);
      });
      const response = await fetch(`${target.url}/metrics`);

      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      await target.close();
      target = undefined;
    }
    expect(page).toContain('`received unsupported Content-Type "text/html; charset=utf-8"');
  });
});

describe('the messages on the page of troubleshooting', () => {
  /** Of programs other than this library, each by words that are in it. */
  const FOREIGN: readonly string[] = [
    'Cannot GET /metrics',
    'server returned HTTP status 404 Not Found',
    'received unsupported Content-Type',
    'is not a valid start token',
    'context deadline exceeded',
    'out of bounds',
    'samples that are too old or are too far into the future',
    "Nest can't resolve dependencies of",
    'Mapped {/metrics, GET} route',
    'A metric with the name … has already been registered',
    'Jest did not exit one second after the test run has completed',
    'Executing inline script violates the following Content Security Policy directive',
    '{"message":"Forbidden resource"',
  ];
  /** Code and commands are no messages. */
  const NO_MESSAGE = /^(curl|npm|npx|node|endpoint:|path:|path =|skipIf|Server-Timing)|=>/;

  const src = fileURLToPath(new URL('../../src/', import.meta.url));
  const source = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|html)$/.test(file))
    .map((file) => readFileSync(src + file, 'utf8'))
    .join('\n');
  const quoted = [...page.replaceAll(/```[^]*?```/g, '').matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
  const messages = quoted.filter((text) => text.split(' ').length > 2 && !NO_MESSAGE.test(text));
  const isForeign = (text: string): boolean => FOREIGN.some((words) => text.includes(words));

  it('are those of the code, apart from names and numbers in them', () => {
    const own = messages.filter((text) => !isForeign(text));
    const parts = own.flatMap((text) =>
      text
        .split(/…|\d+|Symbol\(|"[^"]*"|\([^()]*\)/)
        .map((part) => part.trim())
        .filter((part) => part.length > 5),
    );
    expect(own.length).toBeGreaterThan(15);
    // The first word may be a name that the code fills in.
    const isInCode = (part: string): boolean =>
      [part, part.replace(/^\S+ /, '')].some((text) => source.includes(text));
    expect(parts.filter((part) => !isInCode(part))).toEqual([]);
  });

  it('of other programs are named here, and no others', () => {
    expect(FOREIGN.filter((words) => !messages.some((text) => text.includes(words)))).toEqual([]);
  });
});
