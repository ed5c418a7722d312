import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  Body,
  type CanActivate,
  Catch,
  Controller,
  type DynamicModule,
  type ExceptionFilter,
  ForbiddenException,
  Get,
  HttpCode,
  type INestApplication,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  type NestModule,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Res,
  Sse,
  StreamableFile,
  UnauthorizedException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { interval, map, type Observable, take } from 'rxjs';
import { HyperMetricsModule, type HyperMetricsOptions } from '../../src/index.js';

/** Tells the test when a handler runs, and the handler when to go on. */
export const signals = new EventEmitter();

class DenyGuard implements CanActivate {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

class ThrowingMiddleware implements NestMiddleware {
  use(): void {
    throw new UnauthorizedException('middleware');
  }
}

class AnsweringMiddleware implements NestMiddleware {
  use(_request: unknown, response: ServerResponse): void {
    response.statusCode = 202;
    response.end('middleware');
  }
}

/** Sets a status however late it is. */
@Catch()
class LateFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<PlatformResponse>().status(500);
  }
}

interface PlatformResponse extends ServerResponse {
  readonly raw?: ServerResponse;
  hijack?(): void;
  status(status: number): unknown;
  send(body: string): unknown;
}

/** Node's response, which the framework leaves to the handler. */
function takeOver(response: PlatformResponse): ServerResponse {
  response.hijack?.();
  return response.raw ?? response;
}

@Controller('items')
class ItemsController {
  @Get()
  list(): string[] {
    return ['one'];
  }

  @Get('guarded')
  @UseGuards(DenyGuard)
  guarded(): void {}

  @Get('error')
  error(): never {
    throw new Error('on purpose');
  }

  @Get('teapot')
  @HttpCode(418)
  teapot(): string {
    return 'short and stout';
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Readable.from([Buffer.alloc(70_000), Buffer.alloc(70_000)]));
  }

  @Sse('events')
  events(): Observable<{ data: number }> {
    return interval(5).pipe(
      take(3),
      map((data) => ({ data })),
    );
  }

  @Sse('endless')
  endless(): Observable<{ data: number }> {
    signals.emit('started');
    return interval(5).pipe(map((data) => ({ data })));
  }

  @Get('slow')
  async slow(): Promise<string> {
    signals.emit('started');
    await once(signals, 'continue');
    return 'slow';
  }

  @Get('answered')
  @UseFilters(LateFilter)
  answered(@Res() response: PlatformResponse): never {
    response.send('answered');
    throw new Error('too late');
  }

  @Get('hinted')
  hinted(@Res() response: PlatformResponse): void {
    const raw = response.raw ?? response;
    raw.writeProcessing();
    raw.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.send('hinted');
  }

  @Get('by-hand')
  byHand(@Res() response: PlatformResponse): void {
    const raw = takeOver(response);
    raw.writeHead(203, { 'Content-Type': 'text/plain' });
    raw.end('by hand');
    raw.statusCode = 500;
  }

  @Get('flushed')
  flushed(@Res() response: PlatformResponse): void {
    const raw = takeOver(response);
    raw.statusCode = 206;
    raw.flushHeaders();
    raw.statusCode = 500;
    raw.end('flushed');
  }

  @Get('unsent')
  unsent(@Res() response: PlatformResponse): void {
    takeOver(response).writeHead(200);
    signals.emit('started');
  }

  @Get('switched')
  switched(@Res() response: PlatformResponse): void {
    const raw = takeOver(response);
    raw.writeHead(101, { Connection: 'Upgrade', Upgrade: 'other' });
    raw.end();
  }

  @Get('broken-file')
  brokenFile(): StreamableFile {
    const chunks = (function* () {
      yield Buffer.alloc(70_000);
      throw new Error('the disk is gone');
    })();
    return new StreamableFile(Readable.from(chunks));
  }

  @Get('half')
  half(@Res() response: PlatformResponse): void {
    const raw = takeOver(response);
    raw.writeHead(200, { 'Content-Length': '100' });
    raw.write('half');
    signals.emit('started');
  }

  @Get(':id')
  one(@Param('id', ParseIntPipe) id: number): { id: number } {
    if (id === 404) {
      throw new NotFoundException();
    }
    return { id };
  }

  @Post()
  create(@Body() body: object): object {
    return body;
  }
}

/** An application with a route for every way in which a request can end. */
@Module({ controllers: [ItemsController] })
export class RequestMatrixModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(ThrowingMiddleware).forRoutes('middleware/throws');
    consumer.apply(AnsweringMiddleware).forRoutes('middleware/answers');
    consumer
      .apply((_request: unknown, _response: unknown, next: () => void) => next())
      .forRoutes('{*everything}');
  }

  static plain(): DynamicModule {
    return { module: RequestMatrixModule };
  }

  static with(options: HyperMetricsOptions): DynamicModule {
    return { module: RequestMatrixModule, imports: [HyperMetricsModule.forRoot(options)] };
  }
}

/** What the application has beside its controllers. */
export function configureMatrix(app: INestApplication): void {
  app.setGlobalPrefix('api');
  app.enableCors();
  const adapter = app.getHttpAdapter();
  const answer = (status: number) => (_request: unknown, response: unknown) => {
    adapter.reply(response, 'raw', status);
  };
  adapter.get('/raw', answer(200));
  adapter.put('/raw', answer(405));
  useMiddleware(app);
}

/** Middleware in every place that answers by itself. */
function useMiddleware(app: INestApplication): void {
  const answer = (_request: unknown, response: ServerResponse): void => {
    response.end('middleware');
  };
  app.use('/graphql', answer);
  app.use((request: { url: string }, response: ServerResponse, next: () => void) => {
    if (request.url.startsWith('/assets/')) {
      response.end('asset');
      return;
    }
    next();
  });
}
