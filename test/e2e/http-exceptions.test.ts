import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  Injectable,
  InternalServerErrorException,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  NotFoundException,
  Param,
  ParseIntPipe,
  type PipeTransform,
  Query,
  Sse,
  type Type,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ExceptionsHandler } from '@nestjs/core/exceptions/exceptions-handler.js';
import { Registry } from 'prom-client';
import { Observable, throwError } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  HyperMetricsModule,
  type HttpMetricsOptions,
  type HyperMetricsOptions,
  MetricsService,
} from '../../src/index.js';
import { ask } from '../support/http-client.js';
import { parseExposition } from '../support/parse-exposition.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';

class GuardBroke extends Error {}
class PipeBroke extends Error {}
class InterceptorBroke extends Error {}
class HandlerBroke extends Error {}
class OutOfStock extends Error {}
class Teapot extends HttpException {
  constructor() {
    super('a teapot', 418);
  }
}
/** As a minifier leaves it. */
class q extends Error {}

@Injectable()
class BrokenGuard implements CanActivate {
  canActivate(): never {
    throw new GuardBroke();
  }
}

@Injectable()
class RefusingGuard implements CanActivate {
  canActivate(): never {
    throw new UnauthorizedException();
  }
}

@Injectable()
class BrokenPipe implements PipeTransform {
  transform(): never {
    throw new PipeBroke();
  }
}

@Injectable()
class BrokenInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return new Observable((subscriber) => {
      next.handle().subscribe({ complete: () => subscriber.error(new InterceptorBroke()) });
    });
  }
}

const answer = (host: ArgumentsHost, status: number, body: string): void => {
  const response = host.switchToHttp().getResponse();
  response.status(status).send(body);
};

@Catch(OutOfStock)
class ConflictFilter implements ExceptionFilter {
  catch(_: OutOfStock, host: ArgumentsHost): void {
    answer(host, 409, 'out of stock');
  }
}

@Catch()
class OverloadedFilter implements ExceptionFilter {
  catch(_: unknown, host: ArgumentsHost): void {
    answer(host, 503, 'overloaded');
  }
}

const hostile = Object.create({
  get constructor(): never {
    throw new Error('no');
  },
}) as object;

@Controller('broken')
class BrokenController {
  @Get('guard')
  @UseGuards(BrokenGuard)
  guard(): void {}

  @Get('pipe')
  pipe(@Query('id', BrokenPipe) id: string): string {
    return id;
  }

  @Get('interceptor')
  @UseInterceptors(BrokenInterceptor)
  interceptor(): string {
    return 'never sent';
  }

  @Get('handler/:id')
  async handler(): Promise<never> {
    throw new HandlerBroke();
  }

  @Get('observable')
  observable(): Observable<never> {
    return throwError(() => new TypeError('no'));
  }

  @Get('filtered')
  @UseFilters(OverloadedFilter)
  filtered(): never {
    throw new HandlerBroke();
  }

  @Get('filtered-guard')
  @UseFilters(OverloadedFilter)
  @UseGuards(BrokenGuard)
  filteredGuard(): void {}

  @Get('conflict')
  conflict(): never {
    throw new OutOfStock();
  }

  @Get('string')
  string(): never {
    throw 'a string';
  }

  @Get('null')
  null(): never {
    throw null;
  }

  @Get('hostile')
  hostile(): never {
    throw hostile;
  }

  @Get('minified')
  minified(): never {
    throw new q();
  }

  @Get('unavailable')
  unavailable(): never {
    throw new InternalServerErrorException();
  }

  @Get('anonymous/:index')
  many(@Param('index', ParseIntPipe) index: number): never {
    const name = `Generated${index}`;
    throw new { [name]: class extends Error {} }[name]!();
  }
}

@Controller('refused')
class RefusedController {
  @Get('guard')
  @UseGuards(RefusingGuard)
  guard(): void {}

  @Get('pipe/:id')
  pipe(@Param('id', ParseIntPipe) id: number): number {
    return id;
  }

  @Get('teapot')
  teapot(): never {
    throw new Teapot();
  }

  @Get('missing')
  missing(): never {
    throw new NotFoundException();
  }

  @Sse('events')
  events(): never {
    throw new BadRequestException();
  }

  @Get('fine')
  fine(): string {
    return 'fine';
  }
}

@Controller('middleware')
class MiddlewareController {
  @Get()
  never(): void {}
}

function moduleOf(exceptions: HttpMetricsOptions['exceptions'], options: HyperMetricsOptions): Type {
  @Module({
    imports: [
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        http: { exceptions },
        ...options,
      }),
    ],
    controllers: [BrokenController, RefusedController, MiddlewareController],
    providers: [{ provide: APP_FILTER, useClass: ConflictFilter }],
  })
  class ApplicationModule {
    configure(consumer: MiddlewareConsumer): void {
      consumer
        .apply((_: unknown, __: unknown, next: (error: Error) => void) => next(new RangeError('no')))
        .forRoutes(MiddlewareController);
    }
  }
  return ApplicationModule;
}

const FAMILY = 'hyperdjango_http_exceptions_total';

describe.each(PLATFORMS)('http.exceptions on %s', (platform) => {
  const targets: RunningApplication[] = [];
  afterEach(async () => {
    await Promise.all(targets.splice(0).map((target) => target.close()));
  });

  async function start(
    exceptions: HttpMetricsOptions['exceptions'],
    options: HyperMetricsOptions = {},
  ): Promise<RunningApplication> {
    const target = await startApplication(platform, moduleOf(exceptions, options));
    targets.push(target);
    return target;
  }

  async function countsOf(target: RunningApplication): Promise<Record<string, number>> {
    const { samples } = parseExposition(await target.app.get(MetricsService).collect());
    return Object.fromEntries(
      samples
        .filter(({ name }) => name === FAMILY)
        .map(({ labels, value }) => [`${labels['route']} ${labels['class']}`, value]),
    );
  }

  const statusOf = async (target: RunningApplication, path: string): Promise<number> =>
    (await ask(target.url + path)).status;

  const SERVER_ERRORS: readonly [path: string, status: number, series: string][] = [
    ['/broken/guard', 500, '/broken/guard GuardBroke'],
    ['/broken/pipe?id=1', 500, '/broken/pipe PipeBroke'],
    ['/broken/interceptor', 500, '/broken/interceptor InterceptorBroke'],
    ['/broken/handler/1', 500, '/broken/handler/:id HandlerBroke'],
    ['/broken/observable', 500, '/broken/observable TypeError'],
    ['/broken/filtered', 503, '/broken/filtered HandlerBroke'],
    ['/broken/filtered-guard', 503, '/broken/filtered-guard GuardBroke'],
    ['/broken/string', 500, '/broken/string string'],
    ['/broken/null', 500, '/broken/null null'],
    // What it throws when it is read is the last exception.
    ['/broken/hostile', 500, '/broken/hostile Error'],
    ['/broken/minified', 500, '/broken/minified <minified q>'],
    ['/broken/unavailable', 500, '/broken/unavailable InternalServerErrorException'],
    ['/middleware', 500, platform === 'express' ? '/middleware/ RangeError' : '/middleware RangeError'],
  ];
  const CLIENT_ERRORS: readonly [path: string, status: number, series: string][] = [
    ['/broken/conflict', 409, '/broken/conflict OutOfStock'],
    ['/refused/guard', 401, '/refused/guard UnauthorizedException'],
    ['/refused/pipe/no', 400, '/refused/pipe/:id BadRequestException'],
    ['/refused/teapot', 418, '/refused/teapot Teapot'],
    ['/refused/missing', 404, '/refused/missing NotFoundException'],
    ['/nowhere', 404, '<unmatched> NotFoundException'],
  ];

  it('counts the classes behind each status of 5xx by route, and nothing else', async () => {
    const target = await start(true);
    for (const [path, status] of [...SERVER_ERRORS, ...CLIENT_ERRORS, ['/refused/fine', 200] as const]) {
      expect([path, await statusOf(target, path)]).toEqual([path, status]);
    }
    await statusOf(target, '/broken/handler/2');
    expect(await countsOf(target)).toEqual({
      ...Object.fromEntries(SERVER_ERRORS.map(([, , series]) => [series, 1])),
      '/broken/handler/:id HandlerBroke': 2,
    });
  });

  it('counts those behind 4xx, too, with clientErrors', async () => {
    const target = await start({ clientErrors: true });
    for (const [path, status] of [...SERVER_ERRORS, ...CLIENT_ERRORS]) {
      expect([path, await statusOf(target, path)]).toEqual([path, status]);
    }
    expect(await countsOf(target)).toEqual(
      Object.fromEntries([...SERVER_ERRORS, ...CLIENT_ERRORS].map(([, , series]) => [series, 1])),
    );
  });

  it('gives the same answers as without it', async () => {
    const [plain, counted] = [await start(false), await start({ clientErrors: true })];
    for (const [path] of [...SERVER_ERRORS, ...CLIENT_ERRORS]) {
      const [before, after] = await Promise.all([ask(plain.url + path), ask(counted.url + path)]);
      expect([path, after.status, after.body.toString()]).toEqual([
        path,
        before.status,
        before.body.toString(),
      ]);
    }
  });

  it('gives them the trace of their request', async () => {
    const target = await start(true, { exemplars: true });
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    await ask(`${target.url}/broken/guard`, { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    const accept = 'application/openmetrics-text; version=1.0.0';
    const { body } = await ask(`${target.url}/metrics`, { accept });
    expect(body.toString()).toMatch(
      new RegExp(
        `http_exceptions_total\\{route="/broken/guard",class="GuardBroke"\\} 1 # \\{trace_id="${trace}"`,
      ),
    );
  });

  it('bounds the classes: further ones are other', async () => {
    const target = await start(true);
    for (let index = 0; index < 105; index += 1) await statusOf(target, `/broken/anonymous/${index}`);
    const counts = await countsOf(target);
    expect(counts['/broken/anonymous/:index Generated0']).toBe(1);
    expect(counts['/broken/anonymous/:index other']).toBe(5);
    expect(Object.keys(counts)).toHaveLength(101);
  });

  it('exports nothing, and hooks nothing, unless it is on', async () => {
    const original = ExceptionsHandler.prototype.next;
    const off = await start(false);
    expect(ExceptionsHandler.prototype.next).toBe(original);
    await statusOf(off, '/broken/guard');
    expect(await countsOf(off)).toEqual({});
    const [one, other] = [await start(true), await start(true)];
    expect(ExceptionsHandler.prototype.next).not.toBe(original);
    await statusOf(off, '/broken/guard');
    await statusOf(one, '/broken/guard');
    expect(await countsOf(off)).toEqual({});
    expect(await countsOf(one)).toEqual({ '/broken/guard GuardBroke': 1 });
    expect(await countsOf(other)).toEqual({});
    await one.close();
    await statusOf(other, '/broken/guard');
    expect(await countsOf(other)).toEqual({ '/broken/guard GuardBroke': 1 });
    await other.close();
    targets.splice(1);
    expect(ExceptionsHandler.prototype.next).toBe(original);
  });
});
