import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { expect, vi } from 'vitest';
import type { Platform, RunningApplication } from './platforms.js';
import { exchangeRaw, getRequest, sendRaw } from './raw-http.js';
import { signals } from './request-matrix.module.js';

export const IN_FLIGHT = 'hyperdjango_http_requests_in_flight';

export interface Recorded {
  readonly method: string;
  readonly status: number;
  /** The route, or how many requests each of several routes had. */
  readonly route: string | Readonly<Record<string, number>>;
  /** @defaultValue 1 */
  readonly requests?: number;
  /** Event streams stay out of the duration histograms. */
  readonly timed?: boolean;
}

export interface Case {
  readonly name: string;
  /** Resolves with what the client got, where it got something: a status has to be the one that is recorded. */
  readonly send: (target: RunningApplication) => Promise<unknown>;
  readonly recorded: Recorded | ((platform: Platform) => Recorded);
  /** Where only one platform can have it. */
  readonly only?: Platform;
}

export const UNMATCHED = '<unmatched>';
export const MIDDLEWARE = '<middleware>';

export async function request(
  target: RunningApplication,
  path: string,
  init?: RequestInit,
): Promise<Response> {
  const response = await fetch(target.url + path, init);
  await response.arrayBuffer();
  return response;
}

export const get =
  (path: string) =>
  (target: RunningApplication): Promise<Response> =>
    request(target, path);

/** Leaves as soon as the handler has signalled its start. */
const abort =
  (path: string) =>
  async (target: RunningApplication): Promise<void> => {
    const started = once(signals, 'started');
    const socket = await sendRaw(target.port, getRequest(path));
    await started;
    socket.destroy();
    await vi.waitFor(async () => expect((await target.read()).get(IN_FLIGHT)).toBe(0));
    signals.emit('continue');
  };

/** Resolves when the application has ended its response to `path`, whether or not it can be sent yet. */
function answerTo({ app }: RunningApplication, path: string): Promise<void> {
  const server = app.getHttpServer() as Server;
  return new Promise((resolve) => {
    const onRequest = ({ url }: IncomingMessage, response: ServerResponse): void => {
      if (url === path) {
        server.removeListener('request', onRequest);
        const end = response.end.bind(response);
        response.end = ((...body: Parameters<typeof end>) => {
          resolve();
          return end(...body);
        }) as typeof response.end;
      }
    };
    server.prependListener('request', onRequest);
  });
}

/** What every application can be sent. */
export const REQUEST_CASES: readonly Case[] = [
  {
    name: 'a list',
    send: get('/api/items'),
    recorded: { method: 'GET', status: 200, route: '/api/items' },
  },
  {
    name: 'a parameter',
    send: get('/api/items/7?x=1'),
    recorded: { method: 'GET', status: 200, route: '/api/items/:id' },
  },
  {
    name: 'a created resource',
    send: (target) =>
      request(target, '/api/items', {
        method: 'POST',
        body: '{"a":1}',
        headers: { 'content-type': 'application/json' },
      }),
    recorded: { method: 'POST', status: 201, route: '/api/items' },
  },
  {
    name: 'a status set by decorator',
    send: get('/api/items/teapot'),
    recorded: { method: 'GET', status: 418, route: '/api/items/teapot' },
  },
  {
    name: 'HEAD',
    send: (target) => request(target, '/api/items', { method: 'HEAD' }),
    recorded: { method: 'HEAD', status: 200, route: '/api/items' },
  },
  {
    name: 'a guard rejection',
    send: get('/api/items/guarded'),
    recorded: { method: 'GET', status: 403, route: '/api/items/guarded' },
  },
  {
    name: 'a pipe rejection',
    send: get('/api/items/abc'),
    recorded: { method: 'GET', status: 400, route: '/api/items/:id' },
  },
  {
    name: 'a thrown error',
    send: get('/api/items/error'),
    recorded: { method: 'GET', status: 500, route: '/api/items/error' },
  },
  {
    name: 'a 404 that the handler throws',
    send: get('/api/items/404'),
    recorded: { method: 'GET', status: 404, route: '/api/items/:id' },
  },
  {
    name: 'an unknown path under the prefix',
    send: get('/api/nothing/here?token=secret'),
    recorded: { method: 'GET', status: 404, route: UNMATCHED },
  },
  {
    name: 'an unknown path outside the prefix',
    send: get('/nothing'),
    recorded: { method: 'GET', status: 404, route: UNMATCHED },
  },
  {
    name: 'a method that the path does not have',
    send: (target) => request(target, '/api/items', { method: 'DELETE' }),
    recorded: { method: 'DELETE', status: 404, route: UNMATCHED },
  },
  {
    name: 'a 405 of a raw route',
    send: (target) => request(target, '/raw', { method: 'PUT' }),
    recorded: { method: 'PUT', status: 405, route: '/raw' },
  },
  {
    name: 'a raw adapter route',
    send: get('/raw'),
    recorded: { method: 'GET', status: 200, route: '/raw' },
  },
  {
    name: 'middleware that throws',
    send: get('/api/middleware/throws'),
    recorded: (platform) => ({
      method: 'GET',
      status: 401,
      route: platform === 'express' ? '/api/middleware/throws' : MIDDLEWARE,
    }),
  },
  {
    name: 'middleware that answers',
    send: get('/api/middleware/answers'),
    recorded: (platform) => ({
      method: 'GET',
      status: 202,
      route: platform === 'express' ? '/api/middleware/answers' : MIDDLEWARE,
    }),
  },
  {
    name: 'malformed JSON',
    send: (target) =>
      request(target, '/api/items', {
        method: 'POST',
        body: '{"a":',
        headers: { 'content-type': 'application/json' },
      }),
    recorded: (platform) => ({
      method: 'POST',
      status: 400,
      route: platform === 'express' ? MIDDLEWARE : '/api/items',
    }),
  },
  {
    name: 'a malformed URL',
    send: get('/api/items/%E0%A4%A'),
    recorded: { method: 'GET', status: 400, route: UNMATCHED },
  },
  {
    name: 'a CORS preflight',
    send: (target) =>
      request(target, '/api/items', {
        method: 'OPTIONS',
        headers: { origin: 'http://elsewhere.example', 'access-control-request-method': 'GET' },
      }),
    recorded: { method: 'OPTIONS', status: 204, route: MIDDLEWARE },
  },
  {
    name: 'a streamed file',
    send: get('/api/items/file'),
    recorded: { method: 'GET', status: 200, route: '/api/items/file' },
  },
  {
    name: 'an event stream read to its end',
    send: get('/api/items/events'),
    recorded: { method: 'GET', status: 200, route: '/api/items/events', timed: false },
  },
  {
    name: 'an event stream that the client leaves',
    send: (target) =>
      exchangeRaw(target.port, getRequest('/api/items/endless'), (received) => received.includes('data: 0')),
    recorded: { method: 'GET', status: 200, route: '/api/items/endless', timed: false },
  },
  {
    name: 'a client that leaves before headers are sent',
    send: abort('/api/items/slow'),
    recorded: { method: 'GET', status: 499, route: '/api/items/slow' },
  },
  {
    name: 'a client that leaves after a head was made and not sent',
    send: abort('/api/items/unsent'),
    recorded: { method: 'GET', status: 499, route: '/api/items/unsent' },
  },
  {
    name: 'a client that leaves after headers were sent',
    send: abort('/api/items/half'),
    recorded: { method: 'GET', status: 200, route: '/api/items/half' },
  },
  {
    name: 'a client that leaves while it uploads',
    send: async (target) => {
      const head = ['POST /api/items HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
      const socket = await sendRaw(target.port, [...head, 'Content-Length: 100', '', '{"a":'].join('\r\n'));
      await vi.waitFor(async () => expect((await target.read()).get(IN_FLIGHT)).toBe(1));
      socket.destroy();
    },
    recorded: (platform) => ({
      method: 'POST',
      status: 499,
      route: platform === 'express' ? UNMATCHED : '/api/items',
    }),
  },
  {
    name: 'pipelined requests',
    send: (target) =>
      exchangeRaw(
        target.port,
        getRequest('/api/items/1').repeat(4),
        (received) => received.split('HTTP/1.1 200').length === 5 && received.endsWith('{"id":1}'),
      ),
    recorded: { method: 'GET', status: 200, route: '/api/items/:id', requests: 4 },
  },
  {
    name: 'pipelined requests cut off behind a slow one',
    send: async (target) => {
      const started = once(signals, 'started');
      const pipeline = getRequest('/api/items/slow').repeat(3);
      const socket = await sendRaw(target.port, pipeline);
      await started;
      await vi.waitFor(async () => expect((await target.read()).get(IN_FLIGHT)).toBe(3));
      socket.destroy();
      await vi.waitFor(async () => expect((await target.read()).get(IN_FLIGHT)).toBe(0));
      signals.emit('continue');
    },
    recorded: { method: 'GET', status: 499, route: '/api/items/slow', requests: 3 },
  },
  {
    name: 'a pipelined answer that is ready but never sent',
    send: async (target) => {
      const started = once(signals, 'started');
      const answered = answerTo(target, '/api/items/7');
      const socket = await sendRaw(target.port, getRequest('/api/items/slow') + getRequest('/api/items/7'));
      await Promise.all([started, answered]);
      socket.destroy();
      await vi.waitFor(async () => expect((await target.read()).get(IN_FLIGHT)).toBe(0));
      signals.emit('continue');
    },
    recorded: {
      method: 'GET',
      status: 499,
      route: { '/api/items/slow': 1, '/api/items/:id': 1 },
      requests: 2,
    },
  },
  {
    name: 'the absolute form of a URL',
    send: (target) => exchangeRaw(target.port, getRequest('http://localhost/api/items/7')),
    recorded: { method: 'GET', status: 200, route: '/api/items/:id' },
  },
];
