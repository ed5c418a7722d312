import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ScrapeAnswer } from '../../../src/endpoint/scrape-answer.js';
import { ScrapeLimit } from '../../../src/endpoint/scrape-limit.js';
import { onceEnded } from '../../../src/http/response-end.js';
import { ask } from '../../support/http-client.js';
import { getRequest, sendRaw } from '../../support/raw-http.js';

const LARGE = { chunks: Array.from({ length: 400 }, () => Buffer.alloc(65_536)), byteLength: 400 * 65_536 };

describe('an answer', () => {
  let server: Server | undefined;
  afterEach(() => {
    vi.useRealTimers();
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(
    handle: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<number> {
    server = createServer(handle).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('that nobody takes is given up after a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let over = 0;
    const answered: ServerResponse[] = [];
    const port = await serve((request, response) => {
      onceEnded(request, response, () => {
        over += 1;
      });
      new ScrapeAnswer(request, response).send(200, LARGE, {});
      answered.push(response);
    });
    const socket = await sendRaw(port, getRequest('/metrics'));
    await once(socket, 'readable');
    const response = answered[0] as ServerResponse;

    vi.advanceTimersByTime(59_000);
    expect([response.destroyed, over]).toEqual([false, 0]);
    vi.advanceTimersByTime(1000);
    expect(response.destroyed).toBe(true);
    await vi.waitFor(() => expect(over).toBe(1));
    socket.destroy();
  });

  it('that was taken is over once, and leaves neither a timer nor listeners on its connection', async () => {
    const listeners: number[] = [];
    let over = 0;
    const port = await serve((request, response) => {
      listeners.push(request.socket.listenerCount('close'));
      onceEnded(request, response, () => {
        over += 1;
      });
      new ScrapeAnswer(request, response).send(200, LARGE, {});
    });
    const socket = await sendRaw(port, getRequest('/metrics'));
    let received = 0;
    const receive = async (bytes: number): Promise<void> => {
      while (received < bytes) {
        const [chunk] = (await once(socket, 'data')) as [Buffer];
        received += chunk.length;
      }
    };
    await receive(LARGE.byteLength);
    socket.write(getRequest('/metrics'));
    await receive(2 * LARGE.byteLength);
    await vi.waitFor(() => expect(over).toBe(2));
    expect(listeners[1]).toBe(listeners[0]);
    socket.destroy();
  });

  it('adds one listener to its connection, however many wait in a pipeline', async () => {
    const waiting: ServerResponse[] = [];
    let over = 0;
    let listeners = 0;
    const port = await serve((request, response) => {
      waiting.push(response);
      onceEnded(request, response, () => {
        over += 1;
      });
      listeners = request.socket.listenerCount('close');
    });
    const socket = await sendRaw(port, getRequest('/metrics'));
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    const alone = listeners;
    socket.write(getRequest('/metrics').repeat(20));
    await vi.waitFor(() => expect(waiting).toHaveLength(21));
    expect(listeners).toBe(alone + 1);
    socket.destroy();
    await vi.waitFor(() => expect(over).toBe(21));
  });

  it('is not given once somebody else has answered, or the client has left', async () => {
    const given: boolean[] = [];
    const port = await serve((request, response) => {
      response.end('other');
      given.push(new ScrapeAnswer(request, response).send(200, LARGE, {}));
      given.push(new ScrapeAnswer(request, response.destroy()).send(200, LARGE, {}));
    });
    await ask(`http://127.0.0.1:${port}/`).catch(() => {});
    expect(given).toEqual([false, false]);
  });

  it('in words is one line, not to be stored', async () => {
    const port = await serve((request, response) => {
      const prepare = () => response.setHeader('X-Prepared', 'yes');
      new ScrapeAnswer(request, response, prepare).sendText(503, 'Später.', { 'Retry-After': 1 });
    });
    const { status, headers, body } = await ask(`http://127.0.0.1:${port}/`);
    expect([status, body.toString()]).toEqual([503, 'Später.\n']);
    expect(headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '9',
      'cache-control': 'no-store',
      'retry-after': '1',
      'x-prepared': 'yes',
    });
  });
});

/** What serverless adapters and mocks hand in: parts of Node's objects. */
describe('an answer to a request without a connection', () => {
  const BODY = { chunks: [Buffer.from('a 1\n'), Buffer.from('b 2\n')], byteLength: 8 };

  function odd(request: object, response: object = {}) {
    const written: string[] = [];
    const all = {
      headersSent: false,
      writeHead: (status: number) => void written.push(String(status)),
      end: (body: Uint8Array) => void written.push(Buffer.from(body).toString()),
      ...response,
    };
    return {
      written,
      answer: new ScrapeAnswer(request as IncomingMessage, all as unknown as ServerResponse),
    };
  }

  it.each<[string, object, object]>([
    ['without a socket', { method: 'GET' }, {}],
    ['with a socket that is none', { method: 'GET', socket: { remoteAddress: '127.0.0.1' } }, {}],
    ['with a socket of null', { method: 'GET', socket: null }, {}],
    ['whose response takes listeners and calls none', { method: 'GET' }, { once: () => {}, off: () => {} }],
    ['whose response has neither close nor off', { method: 'GET' }, { once: () => {} }],
    ['with a socket that is never closed', { socket: { once: () => {} } }, { socket: {} }],
  ])('is whole and frees its place: %s', (_what, request, response) => {
    const { written, answer } = odd(request, response);
    const limit = new ScrapeLimit(1);
    expect(limit.admit(answer)).toBe(true);
    const next = odd({ method: 'GET' });
    expect(limit.admit(next.answer)).toBe(false);
    expect(answer.send(200, BODY, {}, ['Accept'])).toBe(true);
    expect(written).toEqual(['200', 'a 1\nb 2\n']);
    expect(limit.admit(next.answer)).toBe(true);
  });

  it('is over once where the events come as well', async () => {
    const response = new EventEmitter();
    const { answer } = odd(
      { method: 'GET' },
      { once: response.once.bind(response), off: response.off.bind(response) },
    );
    let over = 0;
    answer.onceOver(() => (over += 1));
    answer.send(200, BODY, {});
    response.emit('finish');
    response.emit('close');
    expect(over).toBe(1);
  });

  it('is given up by whoever needs its place, with a response that cannot be destroyed', () => {
    const { answer } = odd({ method: 'GET' });
    let over = 0;
    answer.onceOver(() => (over += 1));
    answer.abandon();
    expect(over).toBe(1);
  });
});
