import 'reflect-metadata';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { timeQueries } from './timed-source.js';
import { TYPEORM_VERSIONS } from './typeorm-versions.js';
import { until } from './watched-database.js';

/** What a server has for these tests. */
export interface Database {
  readonly name: string;
  readonly start: () => Promise<{ readonly options: object; readonly stop: () => Promise<void> }>;
  /** Many rows, so that the server has more to send when the reader leaves. */
  readonly rows: string;
  /** Fails after some rows. */
  readonly failing: string;
  readonly failureClass: string;
  readonly invalid: string;
  readonly invalidClass: string;
  readonly ownConnection: string;
  readonly end: (connection: number) => string;
  /** What the driver gets to see first: the server's message, or the end of the connection. */
  readonly endClasses: readonly string[];
}

/** What a reader does with a stream of rows, and leaves before its end. */
const READERS: readonly (readonly [string, (stream: Readable) => Promise<unknown>])[] = [
  [
    'breaks out of its loop',
    async (stream) => {
      for await (const _row of stream) break;
    },
  ],
  [
    'throws in its loop',
    async (stream) => {
      const read = async (): Promise<void> => {
        for await (const _row of stream) throw new Error('The reader fails.');
      };
      await expect(read()).rejects.toThrow('The reader fails.');
    },
  ],
  ['destroys it before its first row', async (stream) => stream.destroy()],
  [
    'destroys it after some rows',
    async (stream) => {
      let rows = 0;
      await new Promise<void>((resolve) => {
        stream.on('data', () => (rows += 1) === 50 && resolve());
      });
      stream.destroy();
    },
  ],
  [
    'pauses and destroys it',
    async (stream) => {
      await new Promise((resolve) => stream.once('data', resolve));
      stream.pause();
      stream.destroy();
    },
  ],
  [
    'destroys it with an error of its own',
    async (stream) => {
      const told = new Promise((resolve) => stream.once('error', resolve));
      const error = new Error('The reader has enough.');
      stream.destroy(error);
      expect(await told).toBe(error);
    },
  ],
  [
    'aborts a signal',
    async (stream) => {
      const controller = new AbortController();
      const piped = pipeline(
        stream,
        new Writable({ objectMode: true, write: (_row, _encoding, done) => (controller.abort(), done()) }),
        { signal: controller.signal },
      );
      await expect(piped).rejects.toThrow(/abort/i);
    },
  ],
  [
    'fails while it transforms the rows',
    async (stream) => {
      const failing = new Transform({
        objectMode: true,
        transform: (_row, _encoding, done) => done(new Error('No such format.')),
      });
      await expect(pipeline(stream, failing, new Writable({ objectMode: true }))).rejects.toThrow(
        'No such format.',
      );
    },
  ],
  [
    'takes some rows',
    async (stream) => {
      expect(await stream.take(3).toArray()).toHaveLength(3);
    },
  ],
  ['is an HTTP client that goes', sendToLeavingClient],
];

async function sendToLeavingClient(stream: Readable): Promise<void> {
  let piped: Promise<unknown> | undefined;
  let rows = 0;
  const toText = new Transform({
    writableObjectMode: true,
    transform: (row, _encoding, done) => {
      rows += 1;
      // The rest waits for the client to go: buffers could take all of it.
      if (rows < 1000) done(null, `${JSON.stringify(row)}\n`);
    },
  });
  const server = createServer((_request, response) => {
    piped = pipeline(stream, toText, response).catch((error: unknown) => error);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const controller = new AbortController();
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}`, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    expect(await piped).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  } finally {
    server.close();
  }
}

/** Defines the tests of streams on one server, in every version of TypeORM. */
export function testStreams(database: Database): void {
  describe.each(TYPEORM_VERSIONS)(`a stream of ${database.name} in TypeORM %s`, (_version, typeorm) => {
    let server: Awaited<ReturnType<Database['start']>>;
    let source: DataSource;
    let runner: QueryRunner;
    let timed: ReturnType<typeof timeQueries>;
    beforeAll(async () => {
      server = await database.start();
      source = new typeorm.DataSource(server.options as never);
      await source.initialize();
    });
    afterAll(async () => {
      await source.destroy();
      await server.stop();
    });
    beforeEach(() => {
      timed = timeQueries(source);
      runner = source.createQueryRunner();
    });
    afterEach(async () => {
      await runner.release();
      timed.timer.uninstall();
    });

    /** One stream and one more query, when they are over. */
    async function counted(): Promise<Awaited<ReturnType<typeof timed.counted>>> {
      expect(await runner.query('SELECT 1 AS one')).toHaveLength(1);
      await until('the end of the stream', () => timed.timer.inFlight === 0);
      expect(timed.timer.getStats().queries).toBe(2);
      return timed.counted();
    }

    it.each(READERS)('has no error when its reader %s', async (_name, read) => {
      await read(await runner.stream(database.rows));
      expect(await counted()).toMatchObject({ errors: {}, inFlight: 0, operations: { select: 2 } });
    });

    it('has no error when it is read to its end', async () => {
      expect(await (await runner.stream(database.rows)).toArray()).toHaveLength(20_000);
      expect(await counted()).toMatchObject({ errors: {}, inFlight: 0, operations: { select: 2 } });
    });

    it.each([
      ['before its first row', database.invalid, database.invalidClass],
      ['after some rows', database.failing, database.failureClass],
    ])('has the error of a statement that fails %s', async (_name, text, errorClass) => {
      const told: unknown[] = [];
      const stream = await runner.stream(
        text,
        undefined,
        undefined,
        (error: unknown) => void told.push(error),
      );
      const thrown = await stream.toArray().catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(Error);
      expect(told).toEqual([thrown]);
      expect(await counted()).toMatchObject({ errors: { [errorClass]: 1 }, inFlight: 0 });
    });

    it('has the error of a lost connection', async () => {
      const [{ id }] = (await runner.query(database.ownConnection)) as [{ id: number }];
      // More than the sockets hold, so that the server is still sending.
      const stream = await runner.stream(database.rows.replace('20000', '2000000'));
      await new Promise((resolve) => stream.once('data', resolve));
      // Not every driver tells the stream.
      stream.on('error', () => {}).pause();
      await source.query(database.end(id));
      stream.resume();
      await until('the end of the stream', () => timed.timer.inFlight === 0);
      const { errors } = await timed.counted();
      expect(Object.values(errors)).toEqual([1]);
      expect(database.endClasses).toContain(Object.keys(errors)[0]);
    });
  });
}
