import 'reflect-metadata';
import { connect } from 'node:http2';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Controller, Get, Header, HttpCode, Inject, Module, Res, StreamableFile } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HyperMetricsModule, type HyperMetricsOptions } from '../../src/index.js';
import { ask } from '../support/http-client.js';
import { PLATFORMS, type RunningApplication, startApplication } from '../support/platforms.js';
import { startPostgres } from '../support/postgres.js';
import { exchangeRaw, getRequest } from '../support/raw-http.js';

const TWO_QUERIES = /^db;dur=\d+\.\d;desc="2 queries"$/;

/** What a handler may do to a raw response. Each has sent two queries by then. */
const RAW_ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  plain: (response) => response.end('ok'),
  statusOnly: (response) => response.writeHead(202).end('ok'),
  reason: (response) => response.writeHead(202, 'Taken').end('ok'),
  object: (response) => response.writeHead(202, { 'X-One': '1', 'Set-Cookie': ['a=1', 'b=2'] }).end('ok'),
  reasonAndObject: (response) => response.writeHead(202, 'Taken', { 'X-One': '1' }).end('ok'),
  list: (response) =>
    response.writeHead(202, ['X-One', '1', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end('ok'),
  reasonAndList: (response) => response.writeHead(202, 'Taken', ['X-One', '1']).end('ok'),
  setBefore: (response) => {
    response.setHeader('X-Zero', '0');
    response.writeHead(202, { 'X-One': '1' }).end('ok');
  },
  setBeforeAndList: (response) => {
    response.setHeader('X-Zero', '0');
    response.writeHead(202, ['X-One', '1']).end('ok');
  },
  writes: (response) => {
    response.write('o');
    response.end('k');
  },
  flushes: (response) => {
    response.flushHeaders();
    response.end('ok');
  },
  noContent: (response) => response.writeHead(204).end(),
  refusedFirst: (response) => {
    expect(() => response.writeHead(99)).toThrow(RangeError);
    expect(() => response.writeHead(202, ['X-One'])).toThrow('headers');
    response.end('ok');
  },
  twice: (response) => {
    response.writeHead(202);
    expect(() => response.writeHead(203)).toThrow('Cannot write headers after they are sent');
    response.end('ok');
  },
};

/** Those that have such a header already: `mine;dur=1`, and sometimes `yours;dur=2`. */
const RAW_TIMED_ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  set: (response) => {
    response.setHeader('server-timing', 'mine;dur=1');
    response.end('ok');
  },
  setTwice: (response) => {
    response.setHeader('Server-Timing', ['mine;dur=1', 'yours;dur=2']);
    response.end('ok');
  },
  setBeforeObject: (response) => {
    response.setHeader('Server-Timing', 'mine;dur=1');
    response.writeHead(202, { 'X-One': '1' }).end('ok');
  },
  setBeforeList: (response) => {
    response.setHeader('Server-Timing', 'mine;dur=1');
    response.writeHead(202, ['X-One', '1']).end('ok');
  },
  object: (response) => response.writeHead(202, { 'SERVER-TIMING': 'mine;dur=1' }).end('ok'),
  objectOfList: (response) =>
    response.writeHead(202, { 'server-timing': ['mine;dur=1', 'yours;dur=2'] }).end('ok'),
  list: (response) =>
    response.writeHead(202, ['server-timing', 'mine;dur=1', 'Server-Timing', 'yours;dur=2']).end('ok'),
};

let server: Awaited<ReturnType<typeof startPostgres>>;
let dataSource: DataSource;
const running: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  server = await startPostgres();
  dataSource = await new DataSource({ type: 'postgres', url: server.url }).initialize();
});
afterEach(() => Promise.all(running.splice(0).map((application) => application.close())));
afterAll(async () => {
  await dataSource.destroy();
  await server.stop();
});

@Controller()
class TimedController {
  constructor(@Inject(DataSource) private readonly database: DataSource) {}

  private async read(): Promise<void> {
    await this.database.query('SELECT 1');
    await this.database.query('SELECT pg_sleep(0.01)');
  }

  @Get('reads')
  async reads(): Promise<object> {
    await this.read();
    return { read: true };
  }

  @Get('one')
  async one(): Promise<void> {
    await this.database.query('SELECT 1');
  }

  @Get('none')
  none(): string {
    return 'none';
  }

  @Get('failing')
  async failing(): Promise<void> {
    await this.read();
    throw new Error('It is broken.');
  }

  @Get('unchanged')
  @HttpCode(304)
  async unchanged(): Promise<void> {
    await this.read();
  }

  @Get('stream')
  async stream(): Promise<StreamableFile> {
    await this.read();
    return new StreamableFile(Readable.from(['o', 'k']));
  }

  @Get('timed')
  @Header('Server-Timing', 'mine;dur=1')
  async timed(): Promise<string> {
    await this.read();
    return 'timed';
  }

  @Get('raw/:kind')
  async raw(
    @Res() response: { req: { url?: string }; raw?: ServerResponse; hijack?: () => void },
  ): Promise<void> {
    await this.read();
    response.hijack?.();
    const raw = response.raw ?? (response as unknown as ServerResponse);
    const [, , kind, isTimed] = (raw as unknown as { req: { url: string } }).req.url.split('/');
    (isTimed === undefined ? RAW_ANSWERS : RAW_TIMED_ANSWERS)[kind ?? '']?.(raw);
  }

  @Get('raw/:kind/timed')
  rawTimed(@Res() response: Parameters<TimedController['raw']>[0]): Promise<void> {
    return this.raw(response);
  }
}

function moduleWith(options: HyperMetricsOptions) {
  @Module({
    controllers: [TimedController],
    providers: [{ provide: DataSource, useValue: dataSource }],
    imports: [
      HyperMetricsModule.forRoot({
        registry: new Registry(),
        runtimeMetrics: false,
        healthChecker: false,
        http: { serverTiming: true },
        ...options,
      }),
    ],
  })
  class TimedModule {}
  return TimedModule;
}

async function start(
  platform: (typeof PLATFORMS)[number],
  options: HyperMetricsOptions = {},
): Promise<RunningApplication> {
  const application = await startApplication(platform, moduleWith(options));
  running.push(application);
  return application;
}

describe.each(PLATFORMS)('the Server-Timing header on %s', (platform) => {
  it('says how many queries there were and how long they took', async () => {
    const { url } = await start(platform);
    const header = (await ask(`${url}/reads`)).headers['server-timing'];
    expect(header).toMatch(TWO_QUERIES);
    const duration = Number(/dur=([\d.]+)/.exec(String(header))?.[1]);
    expect(duration).toBeGreaterThanOrEqual(10);
    expect((await ask(`${url}/one`)).headers['server-timing']).toMatch(/;desc="1 query"$/);
    expect((await ask(`${url}/none`)).headers['server-timing']).toBe('db;dur=0.0;desc="0 queries"');
  });

  it.each([
    ['HEAD', 'reads', 200],
    ['GET', 'failing', 500],
    ['GET', 'unchanged', 304],
    ['GET', 'stream', 200],
  ])('is there on %s /%s (%i)', async (method, path, status) => {
    const { url } = await start(platform);
    const answer = await ask(`${url}/${path}`, {}, method);
    expect(answer.status).toBe(status);
    expect(answer.headers['server-timing']).toMatch(TWO_QUERIES);
  });

  it('is there when nothing is found, and when nothing has changed for the client', async () => {
    const { url } = await start(platform);
    expect((await ask(`${url}/nowhere`)).headers['server-timing']).toMatch(/"0 queries"$/);
    const { headers } = await ask(`${url}/reads`);
    const again = await ask(`${url}/reads`, { 'if-none-match': headers.etag ?? '"none"' });
    expect(again.status).toBe(headers.etag === undefined ? 200 : 304);
    expect(again.headers['server-timing']).toMatch(TWO_QUERIES);
  });

  it('comes beside one of the application’s own', async () => {
    const { url } = await start(platform);
    expect((await ask(`${url}/timed`)).headers['server-timing']).toMatch(
      /^mine;dur=1, db;dur=\d+\.\d;desc="2 queries"$/,
    );
  });

  it.each(Object.keys(RAW_ANSWERS))('is all that it adds to a raw answer: %s', async (kind) => {
    const timed = await start(platform);
    const untimed = await start(platform, { http: { serverTiming: false } });
    const headOf = async (port: number): Promise<string[]> =>
      (await exchangeRaw(port, getRequest(`/raw/${kind}`)))
        .split('\r\n')
        .filter((line) => !line.startsWith('Date: '));
    const lines = await headOf(timed.port);
    const added = lines.filter((line) => line.startsWith('Server-Timing: '));
    expect(added).toHaveLength(kind === 'refusedFirst' ? added.length : 1);
    expect(lines.filter((line) => !added.includes(line)).toSorted()).toEqual(
      (await headOf(untimed.port)).toSorted(),
    );
  });

  it.each(Object.keys(RAW_TIMED_ANSWERS))('comes beside that of a raw answer: %s', async (kind) => {
    const { url } = await start(platform);
    expect((await ask(`${url}/raw/${kind}/timed`)).headers['server-timing']).toMatch(
      /^mine;dur=1, (yours;dur=2, )?db;dur=\d+\.\d;desc="2 queries"$/,
    );
  });

  it.each<[string, HyperMetricsOptions]>([
    ['by default', { http: {} }],
    ['without performance tracking', { performance: false }],
    ['without a data source', { dataSources: [] }],
    ['of ignored requests', { http: { serverTiming: true, ignore: ['/reads'] } }],
    ['when everything is off', { enabled: false }],
  ])('is absent %s', async (_when, options) => {
    const { url } = await start(platform, options);
    const answer = await ask(`${url}/reads`);
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('server-timing');
  });
});

it('is there over HTTP/2, beside one of the application’s own', async () => {
  const app = await NestFactory.create(moduleWith({}), new FastifyAdapter({ http2: true } as object), {
    logger: false,
  });
  running.push(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as { port: number };
  const session = connect(`http://127.0.0.1:${port}`);
  running.unshift({ close: async () => session.destroy() });
  const headersOf = async (path: string): Promise<Record<string, unknown>> => {
    const stream = session.request({ ':path': path });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    stream.resume();
    return headers;
  };
  expect((await headersOf('/reads'))['server-timing']).toMatch(TWO_QUERIES);
  expect(String((await headersOf('/timed'))['server-timing'])).toMatch(/^mine;dur=1, db;dur=/);
  for (const kind of ['plain', 'statusOnly', 'object', 'list', 'writes', 'flushes']) {
    expect([kind, String((await headersOf(`/raw/${kind}`))['server-timing'])]).toEqual([
      kind,
      expect.stringMatching(TWO_QUERIES),
    ]);
  }
});
