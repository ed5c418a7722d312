import { once } from 'node:events';
import { Readable } from 'node:stream';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Param,
  Scope,
  SetMetadata,
  Sse,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Registry } from 'prom-client';
import { from, map } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { HyperMetricsModule } from '../../src/index.js';
import {
  CELLS,
  consume,
  createWorkClass,
  decorate,
  ENDINGS,
  type Ending,
  EXPECTED_OUTCOMES,
  type Form,
  methodOf,
  POSITIONS,
  type Position,
  type Work,
} from '../support/decorated-work.js';
import type { Exposition } from '../support/exposition.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { exchangeRaw, getRequest } from '../support/raw-http.js';

const marked = (method: string): MethodDecorator[] => [SetMetadata('mark', method)];

/** Its iterators are sent as files, as an application would. */
function createController(position: Position): Type<Work> {
  const routes = (method: string, form: Form, ending: Ending): MethodDecorator[] => {
    if (form === 'iterator') {
      return marked(method);
    }
    return [form === 'observable' && ending === 'cancel' ? Sse(method) : Get(method)];
  };
  const created = createWorkClass('ControllerWork', position, routes);
  for (const ending of ENDINGS) {
    const method = methodOf('iterator', ending);
    const send = function (this: Work): StreamableFile {
      return new StreamableFile(Readable.from(this[method]?.() as AsyncIterable<string>));
    };
    decorate(created.prototype, `send_${ending}`, send, [Get(method)]);
  }
  Controller('controller')(created);
  return created;
}

/** Its iterators are sent message by message. */
function createGateway(position: Position): Type<Work> {
  const messages = (method: string, form: Form): MethodDecorator[] =>
    form === 'iterator' ? marked(method) : [SubscribeMessage(method)];
  const created = createWorkClass('GatewayWork', position, messages);
  for (const ending of ENDINGS) {
    const method = methodOf('iterator', ending);
    const send = function (this: Work): unknown {
      return from(this[method]?.() as AsyncIterable<string>).pipe(map((data) => ({ event: 'work', data })));
    };
    decorate(created.prototype, `send_${ending}`, send, [SubscribeMessage(method)]);
  }
  WebSocketGateway()(created);
  return created;
}

function createModules(position: Position): { readonly module: () => Type; readonly classes: Type<Work>[] } {
  const ProviderWork = createWorkClass('ProviderWork', position, marked);
  const ScopedWork = createWorkClass('ScopedWork', position, marked);
  const TransientWork = createWorkClass('TransientWork', position, marked);
  const PlainWork = createWorkClass('PlainWork', position, marked);
  Injectable()(ProviderWork);
  Injectable({ scope: Scope.REQUEST })(ScopedWork);
  Injectable({ scope: Scope.TRANSIENT })(TransientWork);
  const ControllerWork = createController(position);
  const GatewayWork = createGateway(position);

  @Controller('drive')
  class DriveController {
    constructor(
      @Inject(ProviderWork) private readonly provider: Work,
      @Inject(ScopedWork) private readonly scoped: Work,
      @Inject(TransientWork) private readonly transient: Work,
    ) {}

    @Get(':context/:form/:ending')
    async drive(
      @Param('context') context: 'provider' | 'scoped' | 'transient' | 'plain',
      @Param('form') form: Form,
      @Param('ending') ending: Ending,
    ): Promise<void> {
      await consume(context === 'plain' ? new PlainWork() : this[context], form, ending);
    }
  }

  const module = (): Type => {
    @Module({
      imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false })],
      controllers: [ControllerWork, DriveController],
      providers: [ProviderWork, ScopedWork, TransientWork, GatewayWork],
    })
    class ApplicationModule {}
    return ApplicationModule;
  };
  return {
    module,
    classes: [ProviderWork, ScopedWork, TransientWork, PlainWork, ControllerWork, GatewayWork],
  };
}

/** Calls by `<method> <outcome>`, of one class in one family. */
function outcomesOf(exposition: Exposition, sample: string, className: string): Record<string, number> {
  const pattern = new RegExp(`^${sample}\\{class="${className}",method="(\\w+)",outcome="(\\w+)"\\}$`);
  return Object.fromEntries(
    [...exposition].flatMap(([series, value]) => {
      const [, method, outcome] = pattern.exec(series) ?? [];
      return method === undefined || value === 0 ? [] : [[`${method} ${outcome}`, value]];
    }),
  );
}

interface Recorded {
  readonly here: Records;
  readonly elsewhere: Records;
}

interface Records {
  readonly durations: Record<string, number>;
  readonly calls: Record<string, number>;
  readonly inFlight: Record<string, number>;
}

function recordsIn(exposition: Exposition, className: string): Records {
  return {
    durations: outcomesOf(exposition, 'hyperdjango_method_duration_seconds_count', className),
    calls: outcomesOf(exposition, 'hyperdjango_method_calls_total', className),
    inFlight: inFlightOf(exposition, className),
  };
}

function inFlightOf(exposition: Exposition, className: string): Record<string, number> {
  return Object.fromEntries(
    CELLS.map(({ form, ending }) => {
      const method = methodOf(form, ending);
      return [
        method,
        exposition.get(`hyperdjango_method_in_flight{class="${className}",method="${method}"}`) ?? -1,
      ];
    }),
  );
}

const NONE_IN_FLIGHT = Object.fromEntries(CELLS.map(({ form, ending }) => [methodOf(form, ending), 0]));
const EXPECTED = {
  here: { durations: EXPECTED_OUTCOMES, calls: EXPECTED_OUTCOMES, inFlight: NONE_IN_FLIGHT },
  elsewhere: { durations: {}, calls: {}, inFlight: expect.anything() as unknown },
};

describe.each(PLATFORMS)('decorated methods on %s', (platform) => {
  describe.each(POSITIONS)('%s other decorators', (position) => {
    let target: RunningApplication;
    /** The same classes in another application: nothing may go there. */
    let bystander: RunningApplication;
    let classes: Type<Work>[];

    beforeAll(async () => {
      const modules = createModules(position);
      ({ classes } = modules);
      const useWebSockets = (app: RunningApplication['app']): void => {
        app.useWebSocketAdapter(new WsAdapter(app));
      };
      target = await startApplication(platform, modules.module(), useWebSockets);
      bystander = await startApplication(platform, modules.module(), useWebSockets);
    });

    afterAll(async () => {
      await target.close();
      await bystander.close();
    });

    async function recordedOf(className: string): Promise<Recorded> {
      return {
        here: recordsIn(await target.read(), className),
        elsewhere: recordsIn(await bystander.read(), className),
      };
    }

    it.each([
      ['ProviderWork', 'provider'],
      ['ScopedWork', 'scoped'],
      ['TransientWork', 'transient'],
      ['PlainWork', 'plain'],
    ])('of %s are recorded by how they ended', async (className, context) => {
      for (const { form, ending } of CELLS) {
        const response = await fetch(`${target.url}/drive/${context}/${form}/${ending}`);
        expect(response.status).toBe(200);
        await response.text();
      }
      await vi.waitFor(async () => expect(await recordedOf(className)).toEqual(EXPECTED));
    });

    it('of a controller are recorded by how they ended', async () => {
      const statuses: Record<string, number> = {};
      for (const { form, ending } of CELLS) {
        const path = `/controller/${methodOf(form, ending)}`;
        if ((form === 'observable' || form === 'iterator') && ending === 'cancel') {
          await exchangeRaw(target.port, getRequest(path), (received) => received.includes('some'));
        } else if (form === 'iterator' && ending === 'throw') {
          // Headers may be sent by then, and the connection is cut off.
          await fetch(target.url + path)
            .then((response) => response.text())
            .catch(() => 'cut off');
        } else {
          const response = await fetch(target.url + path);
          await response.text();
          statuses[methodOf(form, ending)] = response.status;
        }
      }
      expect(statuses).toEqual({
        sync_success: 200,
        sync_throw: 500,
        sync_cancel: 200,
        async_success: 200,
        async_throw: 500,
        async_cancel: 200,
        observable_success: 200,
        observable_throw: 500,
        iterator_success: 200,
      });
      await vi.waitFor(async () => expect(await recordedOf('ControllerWork')).toEqual(EXPECTED));
    });

    it('of a gateway are recorded by how they ended', async () => {
      for (const { form, ending } of CELLS) {
        const socket = new WebSocket(`ws://127.0.0.1:${target.port}`);
        await once(socket, 'open');
        const answer = once(socket, 'message');
        socket.send(JSON.stringify({ event: methodOf(form, ending) }));
        await answer;
        socket.close();
        await once(socket, 'close');
      }
      await vi.waitFor(async () => expect(await recordedOf('GatewayWork')).toEqual(EXPECTED));
    });

    it('keep the metadata of the others', () => {
      const marks = classes
        .flatMap(({ prototype }) =>
          CELLS.map(({ form, ending }) => [prototype, methodOf(form, ending)] as const),
        )
        .map(([prototype, method]) => Reflect.getMetadataKeys(prototype[method] as object).length);
      expect(marks).toHaveLength(72);
      expect(marks.every((keys) => keys > 0)).toBe(true);
      const [provider] = classes;
      expect(Reflect.getMetadata('mark', provider?.prototype['sync_throw'] as object)).toBe('sync_throw');
    });
  });
});
