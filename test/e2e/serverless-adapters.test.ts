import { EventEmitter } from 'node:events';
import { IncomingMessage, OutgoingMessage, type RequestListener, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Controller, Get, type INestApplication, Module, Res, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import express from 'express';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HyperMetricsModule, type HyperMetricsOptions, MetricsService } from '../../src/index.js';
import { type Exposition, readExposition, seriesOf } from '../support/exposition.js';
import { createApplication } from '../support/platforms.js';

const require = createRequire(import.meta.url);
const ROUTES = 'hyperdjango_http_route_duration_seconds_count';
const TOTAL = 'hyperdjango_http_requests_total';
const IN_FLIGHT = 'hyperdjango_http_requests_in_flight';

@Controller('pages')
class PagesController {
  @Get('broken')
  broken(): never {
    throw new Error('on purpose');
  }

  @Get('late')
  late(@Res() response: express.Response): void {
    response.send('late');
    response.statusCode = 500;
  }

  @Get(':name')
  page(): string {
    return 'page';
  }
}

let app: INestApplication;
afterEach(() => app.close());

async function start(platform: 'express' | 'fastify', options: HyperMetricsOptions = {}): Promise<void> {
  @Module({
    imports: [HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false, ...options })],
    controllers: [PagesController],
  })
  class ApplicationModule {}
  app = await createApplication(platform, ApplicationModule as Type);
  await app.init();
}

const instance = (): RequestListener => app.getHttpAdapter().getInstance() as RequestListener;
const read = async (): Promise<Exposition> => readExposition(await app.get(MetricsService).collect());

/** An answer, whatever the adapter calls its parts. */
interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

type Send = (path: string) => Promise<Answer>;

/** As API Gateway calls a function. */
const eventOf = (path: string): object => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: '',
  headers: { host: 'example.com' },
  isBase64Encoded: false,
  requestContext: { http: { method: 'GET', path, sourceIp: '203.0.113.1' }, stage: '$default' },
});

const lambda =
  (
    load: () => (event: object, context: object) => Promise<{ statusCode: number; body: string }>,
  ): (() => Send) =>
  () => {
    const handler = load();
    return async (path) => {
      const { statusCode, body } = await handler(eventOf(path), {});
      return { status: statusCode, body };
    };
  };

interface AzureContext {
  readonly res: { status?: number; headers?: object; body?: unknown };
  done(): void;
}

/** As `@nestjs/azure-func-http` (0.10) makes them. */
class AzureReply extends OutgoingMessage {
  statusCode = 200;

  constructor(context: AzureContext) {
    super();
    Object.assign(this, {
      _headerSent: true,
      writeHead: (status?: number) => {
        this.statusCode = status ?? this.statusCode;
        context.res.headers = this.getHeaders();
      },
      end: (body: unknown) => {
        Object.assign(context.res, { status: this.statusCode, body });
        context.done();
      },
    });
  }
}

class AzureRequest extends Readable {
  constructor(request: object) {
    super();
    Object.assign(this, request);
    this.push(null);
  }
}

const azure = (): Send => (path) =>
  new Promise((resolve) => {
    const res: AzureContext['res'] = {};
    const done = (): void => resolve({ status: res.status, body: String(res.body) });
    const request = new AzureRequest({ method: 'GET', url: path, originalUrl: path, headers: {} });
    instance()(request as IncomingMessage, new AzureReply({ res, done }) as ServerResponse);
  });

interface MockResponse extends ServerResponse {
  _getData(): string;
  _getBuffer(): Buffer;
}

const mocks = (options?: { eventEmitter: typeof EventEmitter }) => (): Send => {
  const { createMocks } = require('node-mocks-http') as {
    createMocks(request: object, response?: object): { req: IncomingMessage; res: MockResponse };
  };
  return async (path) => {
    const { req, res } = createMocks({ method: 'GET', url: path }, options);
    instance()(req, res);
    await vi.waitFor(() => expect(res.writableEnded).toBe(true));
    return { status: res.statusCode, body: res._getData() || res._getBuffer().toString() };
  };
};

/** Node's own classes, with a socket that is connected to nothing. */
const detached = (): Send => async (path) => {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method: 'GET', url: path });
  const response = new ServerResponse(request);
  const chunks: string[] = [];
  const end = response.end.bind(response);
  response.end = ((chunk?: string | Buffer, ...rest: []) => {
    chunks.push(chunk?.toString() ?? '');
    return end(chunk, ...rest);
  }) as typeof response.end;
  instance()(request, response);
  await vi.waitFor(() => expect(response.writableEnded).toBe(true));
  return { status: response.statusCode, body: chunks.join('') };
};

const inject = (): Send => async (path) => {
  const { statusCode, payload } = await (app as NestFastifyApplication).inject(path);
  return { status: statusCode, body: payload };
};

const ADAPTERS: readonly (readonly [string, 'express' | 'fastify', () => Send])[] = [
  [
    '@codegenie/serverless-express',
    'express',
    lambda(() => require('@codegenie/serverless-express')({ app: instance() })),
  ],
  [
    '@vendia/serverless-express',
    'express',
    lambda(() => require('@vendia/serverless-express')({ app: instance() })),
  ],
  ['serverless-http', 'express', lambda(() => require('serverless-http')(instance()))],
  ['an adapter of Azure Functions', 'express', azure],
  ['node-mocks-http', 'express', mocks()],
  ['node-mocks-http with events', 'express', mocks({ eventEmitter: EventEmitter })],
  ["Node's classes without a connection", 'express', detached],
  ['inject()', 'fastify', inject],
  ['@fastify/aws-lambda', 'fastify', lambda(() => require('@fastify/aws-lambda')(instance()))],
  ['serverless-http on Fastify', 'fastify', lambda(() => require('serverless-http')(instance()))],
];

const PAGE = '{method="GET",route="/pages/:name",status="200"}';

/** What has its status set after the answer, beside the request to `/pages/one`. */
const LATE = {
  express: {
    path: '/pages/late',
    recorded: { [PAGE]: 1, '{method="GET",route="/pages/late",status="200"}': 1 },
  },
  fastify: { path: '/pages/two', recorded: { [PAGE]: 2 } },
} as const;

describe.each(ADAPTERS)('behind %s', (_name, platform, adapt) => {
  it.each([{}, { http: { sizes: true, serverTiming: true } }])(
    'counts each request once, with the status that was sent, and serves the metrics (%j)',
    async (options) => {
      await start(platform, options);
      const send = adapt();
      await app.getHttpAdapter().getInstance().ready?.();
      expect(await send('/pages/one')).toMatchObject({ status: 200, body: 'page' });
      expect((await send('/pages/broken')).status).toBe(500);
      expect((await send('/nothing')).status).toBe(404);
      const late = LATE[platform];
      expect((await send(late.path)).body).not.toBe('');
      const scrape = await send('/metrics');
      expect(scrape.status).toBe(200);
      expect(scrape.body).toContain(`\n${IN_FLIGHT} 0\n`);

      await vi.waitFor(async () => expect((await read()).get(IN_FLIGHT)).toBe(0));
      expect(seriesOf(await read(), ROUTES)).toEqual({
        '{method="GET",route="/pages/broken",status="500"}': 1,
        '{method="GET",route="<unmatched>",status="404"}': 1,
        ...late.recorded,
      });
    },
  );
});

const odd = (): readonly (readonly [string, unknown, unknown])[] => [
  ['nothing', undefined, undefined],
  ['null', null, null],
  ['empty objects', {}, {}],
  ['frozen objects', Object.freeze({ url: '/pages/one' }), Object.freeze({ end: () => {} })],
  [
    'a URL that is an object',
    { method: 'GET', url: new URL('http://localhost/pages/one'), headers: {} },
    { end: () => {} },
  ],
  [
    'a method that is none',
    { method: 7, url: '/pages/one', headers: {} },
    { end: () => {}, statusCode: 'broken' },
  ],
  [
    'events that throw',
    { method: 'GET', url: '/pages/one' },
    {
      end: () => {},
      on: () => {
        throw new Error('no events');
      },
    },
  ],
  [
    'properties that throw',
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('no properties');
        },
      },
    ),
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('no properties');
        },
      },
    ),
  ],
];

describe('Objects that are no requests', () => {
  it.each(odd())(
    '(%s) fail as without the module, and leave nothing in flight',
    async (_name, request, response) => {
      const outcome = (call: () => unknown): string => {
        try {
          call();
          return 'nothing thrown';
        } catch (error) {
          return String(error);
        }
      };
      await start('express');
      const handle = (instance() as unknown as { handle(...args: unknown[]): unknown }).handle;
      const seen = outcome(() => handle.call(instance(), request, response));
      expect((await read()).get(IN_FLIGHT)).toBe(0);
      expect(Object.keys(seriesOf(await read(), TOTAL)).length).toBeLessThanOrEqual(1);
      await app.close();
      app = await createApplication(
        'express',
        (() => {
          @Module({ controllers: [PagesController] })
          class PlainModule {}
          return PlainModule;
        })(),
      );
      await app.init();
      const plain = (instance() as unknown as { handle(...args: unknown[]): unknown }).handle;
      expect(seen).toBe(outcome(() => plain.call(instance(), request, response)));
    },
  );
});
