import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Injectable,
  Module,
  type NestInterceptor,
  Post,
  SetMetadata,
  type Type,
  UnauthorizedException,
  UseGuards,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Counter, Registry } from 'prom-client';
import { map, type Observable } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { HyperMetricsModule, type HyperMetricsOptions } from '../../src/index.js';
import { readExposition } from '../support/exposition.js';
import {
  createApplication,
  PLATFORMS,
  type RunningApplication,
  startApplication,
} from '../support/platforms.js';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const IS_PUBLIC = 'isPublic';
const Public = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, true);

@Injectable()
class WrappingInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Injectable()
class AuthenticatingGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride(IS_PUBLIC, [context.getHandler(), context.getClass()]) !== true) {
      throw new UnauthorizedException();
    }
    return true;
  }
}

@Controller('books')
class BooksController {
  @Get()
  list(): string[] {
    return ['Momo'];
  }
}

@Controller()
class CatchAllController {
  @Get('*')
  page(): string {
    return 'catch-all';
  }
}

interface Setup {
  readonly options?: HyperMetricsOptions;
  readonly controllers?: Type[];
  readonly providers?: NonNullable<Parameters<typeof Module>[0]['providers']>;
  readonly configure?: (app: INestApplication) => void;
  readonly async?: boolean;
}

function moduleOf({ options = {}, controllers = [BooksController], providers = [], async }: Setup): Type {
  const complete = { registry: new Registry(), runtimeMetrics: false, ...options };
  @Module({
    imports: [
      async === true
        ? HyperMetricsModule.forRootAsync({ useFactory: () => Promise.resolve(complete) })
        : HyperMetricsModule.forRoot(complete),
    ],
    controllers,
    providers,
  })
  class ApplicationModule {}
  return ApplicationModule;
}

describe.each(PLATFORMS)('the endpoint on %s', (platform) => {
  let target: RunningApplication | undefined;
  afterEach(async () => {
    await target?.close();
    target = undefined;
  });

  async function start(setup: Setup = {}): Promise<string> {
    target = await startApplication(platform, moduleOf(setup), setup.configure);
    return target.url;
  }

  async function status(url: string, init?: RequestInit): Promise<number> {
    const response = await fetch(url, init);
    await response.arrayBuffer();
    return response.status;
  }

  it("answers with the contract's headers and a parsable exposition", async () => {
    const response = await fetch(`${await start()}/metrics`, { headers: { 'Accept-Encoding': 'identity' } });
    const text = await response.text();

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(CONTENT_TYPE);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(readExposition(text).get('hyperdjango_http_requests_in_flight')).toBe(0);
    expect(text.startsWith('# HELP hyperdjango_info ')).toBe(true);
  });

  it('answers HEAD with the headers alone', async () => {
    const response = await fetch(`${await start()}/metrics`, { method: 'HEAD' });

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(CONTENT_TYPE);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
    expect(await response.text()).toBe('');
  });

  it.each(['/METRICS', '/metrics/', '/metrics/x', '/%6Detrics', '//metrics', '/metricsx'])(
    'answers 404 at %s',
    async (path) => {
      expect(await status((await start()) + path)).toBe(404);
    },
  );

  it.each(['POST', 'PUT', 'DELETE'])('answers 404 to %s', async (method) => {
    expect(await status(`${await start()}/metrics`, { method })).toBe(404);
  });

  it('tolerates a query string and selects families by name[]', async () => {
    const url = await start();
    await fetch(`${url}/books`).then((response) => response.text());
    const scrape = (query: string): Promise<string> =>
      fetch(`${url}/metrics?${query}`).then((response) => response.text());

    expect(await scrape('x=1')).toContain('hyperdjango_info');
    const selected = await scrape(
      'name[]=hyperdjango_uptime_seconds&name%5B%5D=hyperdjango_http_request_duration_seconds_bucket',
    );
    expect(selected.match(/^# TYPE \S+/gm)).toEqual([
      '# TYPE hyperdjango_uptime_seconds',
      '# TYPE hyperdjango_http_request_duration_seconds',
    ]);
    expect(selected).toContain('hyperdjango_http_request_duration_seconds_sum');
    expect(await scrape('name[]=nothing')).toBe('');
  });

  it('exports metrics that the application made with prom-client, default labels included', async () => {
    const registry = new Registry();
    registry.setDefaultLabels({ region: 'eu' });
    new Counter({ name: 'orders_total', help: 'Orders.', registers: [registry] }).inc(3);
    const url = await start({ options: { registry, defaultLabels: { app: 'shop' } } });
    const text = await fetch(`${url}/metrics`).then((response) => response.text());

    expect(text).toContain('\norders_total{region="eu"} 3\n');
    expect(text).toMatch(/^hyperdjango_uptime_seconds\{region="eu",app="shop"\} /m);
  });

  it.each([false, true])(
    'cannot be wrapped by an interceptor of the application (async: %s)',
    async (async) => {
      const url = await start({
        async,
        providers: [{ provide: APP_INTERCEPTOR, useClass: WrappingInterceptor }],
      });
      const response = await fetch(`${url}/metrics`);

      expect((await response.text()).startsWith('# HELP ')).toBe(true);
      expect(response.headers.get('content-type')).toBe(CONTENT_TYPE);
      expect(await fetch(`${url}/books`).then((books) => books.json())).toEqual({ data: ['Momo'] });
    },
  );

  it.each([
    { type: VersioningType.URI, defaultVersion: '1' },
    { type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' },
    { type: VersioningType.MEDIA_TYPE, key: 'v=', defaultVersion: '1' },
    { type: VersioningType.CUSTOM, extractor: () => '1', defaultVersion: '1' },
    { type: VersioningType.URI, defaultVersion: VERSION_NEUTRAL },
  ] as const)('stays outside the global prefix and versioning of type $type', async (versioning) => {
    const url = await start({
      options: { path: '/ops/metrics' },
      configure: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning(versioning);
      },
    });

    expect(await status(`${url}/ops/metrics`)).toBe(200);
    expect(await status(`${url}/api/ops/metrics`)).toBe(404);
    expect(await status(`${url}/v1/ops/metrics`)).toBe(404);
    expect(await status(`${url}/metrics`)).toBe(404);
  });

  it('keeps what the application excluded from its global prefix', async () => {
    const url = await start({ configure: (app) => app.setGlobalPrefix('api', { exclude: ['books'] }) });

    expect(await status(`${url}/books`)).toBe(200);
    expect(await status(`${url}/metrics`)).toBe(200);
  });

  it('answers ahead of a catch-all route of the application', async () => {
    const url = await start({ controllers: [CatchAllController] });

    expect(await fetch(`${url}/metrics`).then((response) => response.text())).toContain('hyperdjango_info');
    expect(await fetch(`${url}/METRICS`).then((response) => response.text())).toBe('catch-all');
    expect(await fetch(`${url}/other`).then((response) => response.text())).toBe('catch-all');
  });

  it.each([false, true])(
    "passes the application's guard with the application's own decorator (async: %s)",
    async (async) => {
      const providers = [{ provide: APP_GUARD, useClass: AuthenticatingGuard }];
      expect(await status(`${await start({ providers, async })}/metrics`)).toBe(401);
      await target?.close();

      const url = await start({ providers, async, options: { endpoint: { decorators: [Public()] } } });
      expect(await status(`${url}/metrics`)).toBe(200);
      expect(await status(`${url}/books`)).toBe(401);
    },
  );

  it('runs guards that decorators bring: classes with forRoot, instances also with forRootAsync', async () => {
    const withClass = { endpoint: { decorators: [UseGuards(AuthenticatingGuard)] } };
    const withInstance = { endpoint: { decorators: [UseGuards(new AuthenticatingGuard(new Reflector()))] } };

    expect(await status(`${await start({ options: withClass })}/metrics`)).toBe(401);
    await target?.close();
    expect(await status(`${await start({ options: withInstance, async: true })}/metrics`)).toBe(401);
    await target?.close();
    target = undefined;
    const late = await createApplication(platform, moduleOf({ options: withClass, async: true }));
    await expect(late.init()).rejects.toThrow(/AuthenticatingGuard.*forRootAsync/);
    await late.close();
  });

  it.each([false, true])('stays out of OpenAPI documents (async: %s)', async (async) => {
    await start({ async });
    const document = SwaggerModule.createDocument(
      target?.app as INestApplication,
      new DocumentBuilder().build(),
    );

    expect(Object.keys(document.paths)).toEqual(['/books']);
  });

  it.each([false, true])('does not exist when switched off (async: %s)', async (async) => {
    const url = await start({ async, options: { enabled: false } });

    expect(await status(`${url}/metrics`)).toBe(404);
    expect(await status(`${url}/books`)).toBe(200);
  });

  it('names the controller whose route is at the same path', async () => {
    @Controller('metrics')
    class BusinessMetricsController {
      @Get()
      summary(): string {
        return 'sales';
      }
    }
    for (const async of [false, true]) {
      const app = await createApplication(
        platform,
        moduleOf({ controllers: [BusinessMetricsController], async }),
      );
      await expect(app.init()).rejects.toThrow(/"\/metrics".*BusinessMetricsController\.summary\(\)/);
      await app.close();
    }
  });

  it('shares its path with a route of another method', async () => {
    @Controller('metrics')
    class IngestController {
      @Post()
      ingest(): string {
        return 'taken';
      }
    }
    const url = await start({ controllers: [IngestController] });

    expect(await status(`${url}/metrics`, { method: 'POST' })).toBe(201);
    expect(await status(`${url}/metrics`)).toBe(200);
  });
});
