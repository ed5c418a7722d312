import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  Body,
  type CanActivate,
  Controller,
  type DynamicModule,
  ForbiddenException,
  Get,
  HttpCode,
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

  @Get('half')
  half(@Res() response: ServerResponse & { raw?: ServerResponse; hijack?(): void }): void {
    response.hijack?.();
    const raw = response.raw ?? response;
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

  static with(options: HyperMetricsOptions): DynamicModule {
    return { module: RequestMatrixModule, imports: [HyperMetricsModule.forRoot(options)] };
  }
}
