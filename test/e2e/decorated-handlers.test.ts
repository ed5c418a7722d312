import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, type DynamicModule, Module, type Type, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Args, GraphQLModule, Int, Query, Resolver } from '@nestjs/graphql';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { firstValueFrom, interval, lastValueFrom, map, type Observable, take, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { Counted, InFlight, MetricsService, Timed } from '../../src/index.js';
import { HyperMetricsTestingModule } from '../../src/testing.js';
import { readExposition, seriesOf } from '../support/exposition.js';
import { startApplication } from '../support/platforms.js';

class AllowGuard {
  canActivate(): boolean {
    return true;
  }
}

@Resolver()
class GreetingResolver {
  @Timed()
  @Counted()
  @Query(() => String)
  above(@Args('times', { type: () => Int }) times: number): string {
    return 'hello '.repeat(times).trim();
  }

  @Query(() => String)
  @UseGuards(AllowGuard)
  @Timed()
  @Counted()
  async below(): Promise<string> {
    throw new Error('on purpose');
  }
}

@Controller()
@Timed()
@Counted()
@InFlight()
class MathController {
  readonly seen: number[] = [];

  @MessagePattern('double')
  async double(@Payload() value: number): Promise<number> {
    return value * 2;
  }

  @MessagePattern('count')
  count(@Payload() to: number): Observable<number> {
    return interval(1).pipe(
      take(to),
      map((value) => value + 1),
    );
  }

  @MessagePattern('fail')
  fail(): never {
    throw new Error('on purpose');
  }

  @EventPattern('seen')
  notice(@Payload() value: number): void {
    this.seen.push(value);
  }
}

function moduleOf(parts: { imports?: DynamicModule[]; controllers?: Type[]; providers?: Type[] }): Type {
  @Module({ ...parts, imports: [HyperMetricsTestingModule.forRoot(), ...(parts.imports ?? [])] })
  class ApplicationModule {}
  return ApplicationModule;
}

async function recordsOf(metrics: MetricsService): Promise<Record<string, Record<string, number>>> {
  const exposition = readExposition(await metrics.collect());
  return {
    durations: seriesOf(exposition, 'hyperdjango_method_duration_seconds_count'),
    calls: seriesOf(exposition, 'hyperdjango_method_calls_total'),
    inFlight: seriesOf(exposition, 'hyperdjango_method_in_flight'),
  };
}

const series = (name: string, method: string, outcome = 'success'): string =>
  `{class="${name}",method="${method}",outcome="${outcome}"}`;

describe('decorated resolvers', () => {
  it('stay queries, and are recorded', async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      playground: false,
    });
    const { app, url, close } = await startApplication(
      'express',
      moduleOf({ imports: [graphql], providers: [GreetingResolver] }),
    );
    const ask = async (query: string): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query }),
      });
      return response.json();
    };

    expect(await ask('{ above(times: 2) }')).toEqual({ data: { above: 'hello hello' } });
    expect(await ask('{ below }')).toMatchObject({ errors: [{ message: 'on purpose', path: ['below'] }] });
    const expected = {
      [series('GreetingResolver', 'above')]: 1,
      [series('GreetingResolver', 'below', 'error')]: 1,
    };
    expect(await recordsOf(app.get(MetricsService))).toEqual({
      durations: expected,
      calls: expected,
      inFlight: {},
    });
    await close();
  });
});

describe('decorated message handlers', () => {
  it('stay handlers, and are recorded', async () => {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(
      moduleOf({ controllers: [MathController] }),
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 }, logger: false },
    );
    await app.listen();
    // Nest does not tell the port that the system chose.
    type Listening = { server: { address(): { port: number } } };
    const { serverInstance, server } = app as unknown as { serverInstance?: Listening; server?: Listening };
    const { port } = ((serverInstance ?? server) as Listening).server.address();
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });

    expect(await firstValueFrom(client.send<number>('double', 4))).toBe(8);
    expect(await lastValueFrom(client.send<number>('count', 3).pipe(toArray()))).toEqual([1, 2, 3]);
    await expect(firstValueFrom(client.send('fail', {}))).rejects.toBeDefined();
    await lastValueFrom(client.emit('seen', 5), { defaultValue: undefined });
    await vi.waitFor(() => expect(app.get(MathController).seen).toEqual([5]));

    const expected = {
      [series('MathController', 'double')]: 1,
      [series('MathController', 'count')]: 1,
      [series('MathController', 'fail', 'error')]: 1,
      [series('MathController', 'notice')]: 1,
    };
    await vi.waitFor(async () =>
      expect(await recordsOf(app.get(MetricsService))).toEqual({
        durations: expected,
        calls: expected,
        inFlight: {},
      }),
    );
    await client.close();
    await app.close();
  });
});
