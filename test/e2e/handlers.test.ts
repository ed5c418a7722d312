import { once } from 'node:events';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Controller,
  type DynamicModule,
  ForbiddenException,
  Get,
  type INestApplicationContext,
  Module,
  NotFoundException,
  Sse,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Registry } from 'prom-client';
import { firstValueFrom, interval, lastValueFrom, map, type Observable, of, take, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  HttpMetricsInterceptor,
  HyperMetricsModule,
  type HyperMetricsOptions,
  MetricsService,
} from '../../src/index.js';
import { readExposition, seriesOf } from '../support/exposition.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';
import { exchangeRaw, getRequest } from '../support/raw-http.js';

class DenyGuard {
  canActivate(): boolean {
    throw new ForbiddenException();
  }
}

@Controller('work')
class WorkController {
  @Get('sync')
  sync(): string {
    return 'done';
  }

  @Get('promise')
  promise(): Promise<string> {
    return Promise.resolve('done');
  }

  @Get('observable')
  observable(): Observable<string> {
    return of('done');
  }

  @Get('error')
  error(): Promise<never> {
    return Promise.reject(new NotFoundException());
  }

  @Get('guarded')
  @UseGuards(DenyGuard)
  guarded(): void {}

  @Sse('events')
  events(): Observable<{ data: number }> {
    return interval(5).pipe(map((data) => ({ data })));
  }
}

@Controller()
class MathController {
  @MessagePattern('double')
  double(@Payload() value: number): Promise<number> {
    return Promise.resolve(value * 2);
  }

  @MessagePattern('count')
  count(@Payload() to: number): Observable<number> {
    return interval(1).pipe(take(to));
  }

  @MessagePattern('fail')
  fail(): never {
    throw new Error('on purpose');
  }
}

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() data: string): { event: string; data: string } {
    return { event: 'echo', data };
  }

  @SubscribeMessage('fail')
  fail(): never {
    throw new Error('on purpose');
  }
}

@Resolver()
class GreetingResolver {
  @Query(() => String)
  greeting(): string {
    return 'hello';
  }

  @Query(() => String)
  failing(): string {
    throw new Error('on purpose');
  }
}

type Way = 'forRoot' | 'forRootAsync';

function moduleOf(
  parts: { controllers?: Type[]; providers?: Type[]; imports?: DynamicModule[] },
  http: HyperMetricsOptions['http'] = { handlers: true },
  way: Way = 'forRoot',
): Type {
  const options = { registry: new Registry(), runtimeMetrics: false, http };
  @Module({
    ...parts,
    imports: [
      way === 'forRoot'
        ? HyperMetricsModule.forRoot(options)
        : HyperMetricsModule.forRootAsync({ useFactory: () => options }),
      ...(parts.imports ?? []),
    ],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

async function handlersOf(app: INestApplicationContext): Promise<Record<string, number>> {
  const exposition = readExposition(await app.get(MetricsService).collect());
  return seriesOf(exposition, 'hyperdjango_handler_duration_seconds_count');
}

const handler = (type: string, target: string, name: string, outcome = 'success'): string =>
  `{type="${type}",class="${target}",handler="${name}",outcome="${outcome}"}`;

describe.each(PLATFORMS)('HTTP handlers on %s', (platform) => {
  it.each(['forRoot', 'forRootAsync'] as const)('are timed by outcome (%s)', async (way) => {
    const target = await startApplication(
      platform,
      moduleOf({ controllers: [WorkController] }, { handlers: true }, way),
    );
    for (const path of ['sync', 'promise', 'observable', 'error', 'guarded', 'nothing']) {
      await fetch(`${target.url}/work/${path}`).then((response) => response.text());
    }
    await fetch(`${target.url}/metrics`).then((response) => response.text());
    await exchangeRaw(target.port, getRequest('/work/events'), (received) => received.includes('data: 0'));

    await vi.waitFor(async () =>
      expect(await handlersOf(target.app)).toEqual({
        [handler('http', 'WorkController', 'sync')]: 1,
        [handler('http', 'WorkController', 'promise')]: 1,
        [handler('http', 'WorkController', 'observable')]: 1,
        [handler('http', 'WorkController', 'error', 'error')]: 1,
        [handler('http', 'WorkController', 'events', 'cancelled')]: 1,
      }),
    );
    await target.close();
  });

  it.each(['forRoot', 'forRootAsync'] as const)(
    'have no interceptor around them when it is not needed (%s)',
    async (way) => {
      const target = await startApplication(platform, moduleOf({ controllers: [WorkController] }, true, way));
      const { config } = target.app as unknown as { config: { getGlobalInterceptors(): unknown[] } };

      expect(config.getGlobalInterceptors().filter((interceptor) => interceptor !== undefined)).toEqual([]);
      expect(await target.app.get(MetricsService).collect()).not.toContain('handler_duration');
      await target.close();
    },
  );

  it('are timed where the interceptor is bound by hand', async () => {
    @Controller('other')
    @UseInterceptors(HttpMetricsInterceptor)
    class OtherController extends WorkController {}
    const target = await startApplication(
      platform,
      moduleOf({ controllers: [OtherController, WorkController] }, true),
    );
    await fetch(`${target.url}/other/promise`).then((response) => response.text());
    await fetch(`${target.url}/work/promise`).then((response) => response.text());

    expect(await handlersOf(target.app)).toEqual({ [handler('http', 'OtherController', 'promise')]: 1 });
    await target.close();
  });
});

describe('RPC handlers', () => {
  async function callAll(port: number): Promise<void> {
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    expect(await firstValueFrom(client.send<number>('double', 4))).toBe(8);
    expect(await lastValueFrom(client.send<number>('count', 3).pipe(toArray()))).toEqual([0, 1, 2]);
    await expect(firstValueFrom(client.send('fail', {}))).rejects.toBeDefined();
    await client.close();
  }

  const EXPECTED = {
    [handler('rpc', 'MathController', 'double')]: 1,
    [handler('rpc', 'MathController', 'count')]: 1,
    [handler('rpc', 'MathController', 'fail', 'error')]: 1,
  };
  const LOOPBACK = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } } as const;

  /** Nest does not tell the port that the system chose. */
  function portOf(microservice: unknown): number {
    type Listening = { server: { address(): { port: number } } };
    const { serverInstance, server } = microservice as { serverInstance?: Listening; server?: Listening };
    return ((serverInstance ?? server) as Listening).server.address().port;
  }

  it('of a microservice are timed', async () => {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(
      moduleOf({ controllers: [MathController] }),
      { ...LOOPBACK, logger: false },
    );
    await app.listen();
    await callAll(portOf(app));

    await vi.waitFor(async () => expect(await handlersOf(app)).toEqual(EXPECTED));
    await app.close();
  });

  it.each([
    [true, EXPECTED],
    [false, {}],
  ])('of a hybrid application are timed with inheritAppConfig: %s', async (inheritAppConfig, expected) => {
    const app = await NestFactory.create(moduleOf({ controllers: [MathController] }), { logger: false });
    const microservice = app.connectMicroservice<MicroserviceOptions>(LOOPBACK, { inheritAppConfig });
    await app.startAllMicroservices();
    await app.init();
    await callAll(portOf(microservice));

    await vi.waitFor(async () => expect(await handlersOf(app)).toEqual(expected));
    await app.close();
  });
});

describe('WebSocket handlers', () => {
  it('are timed', async () => {
    const target = await startApplication('express', moduleOf({ providers: [EchoGateway] }), (app) => {
      app.useWebSocketAdapter(new WsAdapter(app));
    });
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}`);
    await once(socket, 'open');
    const answer = once(socket, 'message');
    socket.send(JSON.stringify({ event: 'echo', data: 'hello' }));
    expect(JSON.parse(String((await answer)[0]))).toEqual({ event: 'echo', data: 'hello' });
    socket.send(JSON.stringify({ event: 'fail' }));

    await vi.waitFor(async () =>
      expect(await handlersOf(target.app)).toEqual({
        [handler('ws', 'EchoGateway', 'echo')]: 1,
        [handler('ws', 'EchoGateway', 'fail', 'error')]: 1,
      }),
    );
    socket.close();
    await target.close();
  });
});

describe('GraphQL resolvers', () => {
  it('are timed', async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      playground: false,
    });
    const target = await startApplication(
      'express',
      moduleOf({ imports: [graphql], providers: [GreetingResolver] }),
    );
    const query = (text: string): Promise<unknown> =>
      fetch(`${target.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: text }),
      }).then((response) => response.json());
    expect(await query('{ greeting }')).toEqual({ data: { greeting: 'hello' } });
    await query('{ failing }');
    expect((await query('{ unknown }')) as object).toHaveProperty('errors');

    const routes = seriesOf(await target.read(), 'hyperdjango_http_route_duration_seconds_count');
    expect(routes).toEqual({
      '{method="POST",route="/graphql",status="200"}': 2,
      '{method="POST",route="/graphql",status="400"}': 1,
    });
    expect(await handlersOf(target.app)).toEqual({
      [handler('graphql', 'GreetingResolver', 'greeting')]: 1,
      [handler('graphql', 'GreetingResolver', 'failing', 'error')]: 1,
    });
    await target.close();
  });
});
