import { once } from 'node:events';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type CallHandler,
  Controller,
  Get,
  type INestApplicationContext,
  Injectable,
  InternalServerErrorException,
  Module,
  type NestInterceptor,
  Sse,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Registry } from 'prom-client';
import { defer, firstValueFrom, lastValueFrom, type Observable, of } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Counted, HyperMetricsModule, MetricsService, Timed } from '../../src/index.js';
import { readExposition } from '../support/exposition.js';
import { PLATFORMS, startApplication } from '../support/platforms.js';

const WORK_MS = 150;

/** As Vendure's: the handler runs in a transaction, whose promise the Observable emits. */
@Injectable()
class TransactionInterceptor implements NestInterceptor {
  intercept(_: unknown, next: CallHandler): Observable<unknown> {
    return of(this.inTransaction(() => next.handle()));
  }

  private async inTransaction(work: () => Observable<unknown>): Promise<unknown> {
    const result = await lastValueFrom(work());
    await new Promise((resolve) => {
      setTimeout(resolve, WORK_MS);
    });
    if (result === 'rolled back') {
      throw new InternalServerErrorException('rolled back');
    }
    return result;
  }
}

@Controller('orders')
class OrdersController {
  @Get('placed')
  @UseInterceptors(TransactionInterceptor)
  placed(): string {
    return 'placed';
  }

  @Get('rolled-back')
  @UseInterceptors(TransactionInterceptor)
  rolledBack(): string {
    return 'rolled back';
  }

  @Get('own')
  @Timed()
  @Counted()
  own(): Observable<Promise<string>> {
    // The work begins at the subscription: a busy machine comes to that late.
    return defer(() =>
      of(
        new Promise<string>((resolve) => {
          setTimeout(resolve, WORK_MS, 'own');
        }),
      ),
    );
  }

  @Sse('events')
  events(): Observable<Promise<{ data: string }>> {
    return of(Promise.resolve({ data: 'never awaited' }));
  }
}

@Resolver()
class OrdersResolver {
  @Query(() => String)
  order(): string {
    return 'order';
  }

  @Mutation(() => String)
  @UseInterceptors(TransactionInterceptor)
  place(): string {
    return 'placed';
  }

  @Mutation(() => String)
  @UseInterceptors(TransactionInterceptor)
  rollBack(): string {
    return 'rolled back';
  }
}

@Controller()
class OrdersMessages {
  @MessagePattern('place')
  place(): Observable<Promise<string>> {
    return of(new Promise<string>(() => {}));
  }
}

@WebSocketGateway()
class OrdersGateway {
  @SubscribeMessage('place')
  place(): Observable<Promise<string>> {
    return of(new Promise<string>(() => {}));
  }
}

function moduleOf(parts: {
  controllers?: Type[];
  providers?: Type[];
  imports?: ReturnType<typeof GraphQLModule.forRoot>[];
}): Type {
  @Module({
    ...parts,
    imports: [
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        http: { handlers: true },
      }),
      ...(parts.imports ?? []),
    ],
  })
  class ApplicationModule {}
  return ApplicationModule;
}

const FAMILY = 'hyperdjango_handler_duration_seconds';

/** Those that were called: `{ 'place success': 1 }`, or their seconds. */
async function handlersOf(
  app: INestApplicationContext,
  sample: 'count' | 'sum' = 'count',
  family = FAMILY,
): Promise<Record<string, number>> {
  const labels = /(?:handler|method)="([^"]+)",outcome="([^"]+)"/;
  const found = [...readExposition(await app.get(MetricsService).collect())]
    .filter(([series, value]) => series.startsWith(`${family}_${sample}{`) && value > 0)
    .map(([series, value]) => {
      const [, name, outcome] = labels.exec(series) ?? [];
      return [`${name} ${outcome}`, value] as const;
    });
  return Object.fromEntries(found);
}

/** Timers may be early by a millisecond. */
const AT_LEAST = (WORK_MS - 2) / 1000;

describe.each(PLATFORMS)('HTTP handlers behind a transaction on %s', (platform) => {
  it('last as long as their answer, and fail with it', async () => {
    const target = await startApplication(platform, moduleOf({ controllers: [OrdersController] }));
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${target.url}/orders/${path}`);
      return [response.status, await response.text()];
    };
    expect(await get('placed')).toEqual([200, 'placed']);
    expect((await get('rolled-back'))[0]).toBe(500);
    expect(await get('own')).toEqual([200, 'own']);
    await get('events');

    await vi.waitFor(async () =>
      expect(await handlersOf(target.app)).toEqual({
        'placed success': 1,
        'rolledBack error': 1,
        'own success': 1,
        'events success': 1,
      }),
    );
    const seconds = await handlersOf(target.app, 'sum');
    expect(seconds['placed success']).toBeGreaterThan(AT_LEAST);
    expect(seconds['rolledBack error']).toBeGreaterThan(AT_LEAST);
    expect(seconds['own success']).toBeGreaterThan(AT_LEAST);
    // Of events Nest awaits no promise.
    const timed = await handlersOf(target.app, 'sum', 'hyperdjango_method_duration_seconds');
    expect(timed['own success']).toBeGreaterThan(AT_LEAST);
    await target.close();
  });
});

describe('GraphQL mutations in a transaction', () => {
  it('last as long as their answer, and fail with it', async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      playground: false,
    });
    const target = await startApplication(
      'express',
      moduleOf({ imports: [graphql], providers: [OrdersResolver] }),
    );
    const ask = async (text: string): Promise<{ data?: unknown; errors?: unknown[] }> => {
      const response = await fetch(`${target.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: text }),
      });
      return (await response.json()) as { data?: unknown; errors?: unknown[] };
    };
    expect(await ask('mutation { place }')).toEqual({ data: { place: 'placed' } });
    expect((await ask('mutation { rollBack }')).errors).toHaveLength(1);

    expect(await handlersOf(target.app)).toEqual({ 'place success': 1, 'rollBack error': 1 });
    const seconds = await handlersOf(target.app, 'sum');
    expect(seconds['place success']).toBeGreaterThan(AT_LEAST);
    expect(seconds['rollBack error']).toBeGreaterThan(AT_LEAST);
    await target.close();
  });
});

describe('handlers whose promise Nest does not await, and answers at once', () => {
  it('of messages end with their Observable', async () => {
    const app = await NestFactory.createMicroservice(moduleOf({ controllers: [OrdersMessages] }), {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: 0 },
      logger: false,
    });
    await app.listen();
    // Nest does not tell the port that the system chose.
    const { serverInstance } = app as unknown as {
      serverInstance: { server: { address(): { port: number } } };
    };
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: serverInstance.server.address().port },
    });
    expect(await firstValueFrom(client.send('place', {}))).toEqual({});

    await vi.waitFor(async () => expect(await handlersOf(app)).toEqual({ 'place success': 1 }));
    await client.close();
    await app.close();
  });

  it('of WebSocket messages end with their Observable', async () => {
    const target = await startApplication('express', moduleOf({ providers: [OrdersGateway] }), (app) => {
      app.useWebSocketAdapter(new WsAdapter(app));
    });
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}`);
    await once(socket, 'open');
    const answer = once(socket, 'message');
    socket.send(JSON.stringify({ event: 'place' }));
    expect(String((await answer)[0])).toBe('{}');

    await vi.waitFor(async () => expect(await handlersOf(target.app)).toEqual({ 'place success': 1 }));
    socket.close();
    await target.close();
  });
});
