import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScrapeAnswer } from '../../../src/endpoint/scrape-answer.js';
import { ScrapeLimit } from '../../../src/endpoint/scrape-limit.js';
import { poll } from '../../../sample/src/common/poll.js';
import { getRequest, sendRaw } from '../../support/raw-http.js';

/** The time stands still here, but for what tests advance it: polls go on for as long as the test may. */
const WAIT = { timeoutMs: 60_000, intervalMs: 20 };
const CHUNK_BYTES = 65_536;
/** More than the buffers of two sockets hold. */
const LARGE = {
  chunks: Array.from({ length: 400 }, () => Buffer.alloc(CHUNK_BYTES)),
  byteLength: 400 * CHUNK_BYTES,
};

describe('the places below the limit of scrapes', () => {
  let server: Server;
  const sockets: Socket[] = [];
  const exchanges: { request: IncomingMessage; response: ServerResponse }[] = [];
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    server = createServer((request, response) => exchanges.push({ request, response })).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
  });
  afterEach(() => {
    vi.useRealTimers();
    exchanges.length = 0;
    sockets.splice(0).forEach((socket) => socket.destroy());
    server.close();
  });

  async function connect(requests = 1): Promise<Socket> {
    const before = exchanges.length;
    const { port } = server.address() as AddressInfo;
    const socket = await sendRaw(port, getRequest('/metrics').repeat(requests));
    sockets.push(socket);
    await poll(() => exchanges.length === before + requests, WAIT);
    return socket;
  }

  function answerOf(index: number): ScrapeAnswer {
    const { request, response } = exchanges[index] as (typeof exchanges)[number];
    return new ScrapeAnswer(request, response);
  }

  /** Until the connection takes nothing more. */
  async function fill(): Promise<void> {
    let written = -1;
    await poll(() => {
      const before = written;
      written = exchanges[0]?.request.socket.bytesWritten ?? 0;
      return written > 0 && written === before;
    }, WAIT);
  }

  it('are kept by clients that read slowly, and given away by those that do not read', async () => {
    const limit = new ScrapeLimit(1);
    const reader = await connect();
    await connect();
    const [slow, next] = [answerOf(0), answerOf(1)];
    expect(limit.admit(slow)).toBe(true);
    expect(limit.admit(next)).toBe(false);
    slow.send(200, LARGE, {});
    await fill();

    vi.advanceTimersByTime(999);
    expect(limit.admit(next)).toBe(false);
    for (let received = 0; received < LARGE.byteLength / 2;) {
      const [chunk] = (await once(reader, 'data')) as [Buffer];
      received += chunk.length;
    }
    reader.pause();
    await fill();
    vi.advanceTimersByTime(999);
    expect(limit.admit(next)).toBe(false);

    vi.advanceTimersByTime(1);
    expect(limit.admit(next)).toBe(true);
    expect(limit.admit(answerOf(1))).toBe(false);
    reader.resume();
    await once(reader, 'close');
  });

  it('are kept while an answer is made, however long that takes', async () => {
    const limit = new ScrapeLimit(1);
    await connect();
    await connect();
    limit.admit(answerOf(0));
    vi.advanceTimersByTime(60_000);
    expect(limit.admit(answerOf(1))).toBe(false);
  });

  it('are kept by answers that wait behind a response of the application', async () => {
    const limit = new ScrapeLimit(1);
    await connect(2);
    await connect();
    const [behind, next] = [answerOf(1), answerOf(2)];
    limit.admit(behind);
    behind.send(200, LARGE, {});
    vi.advanceTimersByTime(60_000);
    expect(limit.admit(next)).toBe(false);

    const { response } = exchanges[0] as (typeof exchanges)[number];
    response.end('done');
    await once(response, 'finish');
    await fill();
    vi.advanceTimersByTime(999);
    expect(limit.admit(next)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(limit.admit(next)).toBe(true);
  });

  it('of a whole pipeline are free again once its client is disconnected', async () => {
    const limit = new ScrapeLimit(3);
    await connect(3);
    await connect();
    for (const index of [0, 1, 2]) {
      const answer = answerOf(index);
      expect(limit.admit(answer)).toBe(true);
      answer.send(200, LARGE, {});
    }
    await fill();
    vi.advanceTimersByTime(1000);
    expect(limit.admit(answerOf(3))).toBe(true);
    await once(exchanges[0]?.request.socket as Socket, 'close');
    expect([1, 2, 3].map(() => limit.admit(answerOf(3)))).toEqual([true, true, false]);
  });
});
