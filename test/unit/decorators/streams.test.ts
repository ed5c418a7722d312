import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex, PassThrough, Readable, Transform, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { StreamableFile } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Counted } from '../../../src/index.js';
import {
  callsByOutcome,
  callsInFlight,
  closed,
  forgetRecords,
  hostErrorsDuring,
  NO_HOST_ERRORS,
  secondsByOutcome,
} from '../../support/method-records.js';
import { createWork } from '../../support/recorded-work.js';

afterEach(forgetRecords);

describe('a stream', () => {
  it('is returned itself, neither read nor started', async () => {
    const stream = Readable.from(['some', 'more']);
    const result = createWork(() => stream).work();
    expect(result).toBe(stream);
    expect([result.readableFlowing, result.listenerCount('data'), result.listenerCount('error')]).toEqual([
      null,
      0,
      0,
    ]);
    expect(await callsByOutcome()).toEqual({});
    expect(await callsInFlight()).toEqual({ work: 1 });
    result.destroy();
    await closed(result);
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it.each([
    ['a generator’s', () => Readable.from(['some'])],
    ['a file’s', () => createReadStream(import.meta.filename)],
    ['an object mode', () => Readable.from([{ a: 1 }])],
    ['an empty', () => Readable.from([])],
    [
      'a transforming',
      () => Readable.from(['some']).pipe(new Transform({ transform: (chunk, _, done) => done(null, chunk) })),
    ],
  ])('succeeds when it was read to its end: %s', async (_, open: () => Readable) => {
    const stream = createWork(open).work();
    for await (const chunk of stream) {
      expect(chunk).toBeDefined();
    }
    await closed(stream);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('that has ended before is a success at once', async () => {
    const stream = Readable.from([]);
    stream.resume();
    await closed(stream);
    createWork(() => stream).work();
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('is cancelled when its consumer leaves', async () => {
    const endless = (): Readable => new Readable({ read: () => {} });
    const destroyed = createWork(endless).work();
    destroyed.destroy();
    await closed(destroyed);
    const left = createWork(() => Readable.from(['a', 'b'])).work();
    for await (const _ of left) {
      break;
    }
    const controller = new AbortController();
    const aborted = createWork(endless).work();
    const piping = pipeline(aborted, new PassThrough(), { signal: controller.signal });
    controller.abort();
    await expect(piping).rejects.toThrow('aborted');
    await closed(aborted);
    const target = new Writable({ write: () => {} });
    const premature = createWork(endless).work();
    const piped = pipeline(premature, target);
    target.destroy();
    await expect(piped).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
    await closed(premature);
    expect(await callsByOutcome()).toEqual({ 'work cancelled': 4 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('fails with the very error, where somebody listens', async () => {
    const error = new Error('read failed');
    const stream = createWork(() => new Readable({ read: () => {} })).work();
    const caught: unknown[] = [];
    stream.on('error', (reason) => caught.push(reason));
    stream.destroy(error);
    await closed(stream);
    expect(caught).toEqual([error]);
    expect(caught[0]).toBe(error);
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
  });

  it('fails as before where nobody listens: uncaught', async () => {
    const error = new Error('read failed');
    const fail = (stream: Readable) => () => stream.destroy(error);
    const plain = await hostErrorsDuring(fail(new Readable({ read: () => {} })));
    const observed = await hostErrorsDuring(fail(createWork(() => new Readable({ read: () => {} })).work()));
    expect(observed).toEqual(plain);
    expect(observed.uncaughtExceptions).toEqual([error]);
  });

  it('both of whose sides are open ends when it was read to its end', async () => {
    const duplex = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    createWork(() => duplex).work();
    duplex.push('some');
    duplex.push(null);
    expect(await text(duplex)).toBe('some');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    duplex.end();
  });

  it('of a request is over with its body, or with its client', async () => {
    const work = createWork((): { request?: IncomingMessage } => ({}));
    class Work {
      @Counted()
      body(request: IncomingMessage): IncomingMessage {
        return request;
      }
    }
    const bodies = new Work();
    const server = createServer((request, response) => {
      bodies.body(request).resume();
      request.once('end', () => response.end('done'));
      request.on('error', () => {});
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await (await fetch(url, { method: 'POST', body: 'some' })).text()).toBe('done');
    expect(await callsByOutcome()).toEqual({ 'body success': 1 });
    work.work();
    server.close();
    server.closeAllConnections();
  });

  it('that can only be written to has ended when it is returned', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
    expect(createWork(() => stream).work()).toBe(stream);
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });
});

describe('a StreamableFile', () => {
  it('is returned itself, and ends with its stream', async () => {
    const file = new StreamableFile(Readable.from(['some']));
    const result = createWork(() => file).work();
    expect(result).toBe(file);
    expect(await callsInFlight()).toEqual({ work: 1 });
    expect(await text(result.getStream())).toBe('some');
    await closed(result.getStream());
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
    expect(await callsInFlight()).toEqual({ work: 0 });
  });

  it('of a buffer is sent as before', async () => {
    const result = createWork(() => new StreamableFile(Buffer.from('some'))).work();
    expect(await text(result.getStream())).toBe('some');
    await closed(result.getStream());
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('that fails leaves the process alone, as before', async () => {
    const file = createWork(() => new StreamableFile(createReadStream('/does/not/exist'))).work();
    expect(await hostErrorsDuring(() => closed(file.getStream()))).toEqual(NO_HOST_ERRORS);
    expect(await callsByOutcome()).toEqual({ 'work error': 1 });
  });
});

describe('a web stream', () => {
  it('is returned itself, unlocked, and has ended', async () => {
    const stream = new Blob(['some']).stream();
    const result = createWork(() => stream).work();
    expect(result).toBe(stream);
    expect(result.locked).toBe(false);
    expect(Reflect.ownKeys(result)).toEqual(Reflect.ownKeys(new Blob(['some']).stream()));
    expect(await text(result as never)).toBe('some');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });

  it('in a response is left to its reader', async () => {
    const response = createWork(() => new Response('some')).work();
    expect(await response.text()).toBe('some');
    expect(await callsByOutcome()).toEqual({ 'work success': 1 });
  });
});

describe('the duration of a stream', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('lasts from the call to its last byte', async () => {
    const stream = createWork(() => new PassThrough()).work();
    vi.advanceTimersByTime(3_000);
    stream.end('some');
    await text(stream);
    await closed(stream);
    expect(await secondsByOutcome()).toEqual({ 'work success': 3 });
  });
});
