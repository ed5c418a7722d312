import { expect, vi } from 'vitest';
import { exchangeRaw, getRequest, sendRaw } from './raw-http.js';
import { type Case, get, IN_FLIGHT, MIDDLEWARE, UNMATCHED } from './request-matrix.cases.js';
import type { RunningApplication } from './platforms.js';

/** Sends these bytes, and holds the status of what comes back against the one that is given. */
const raw =
  (status: number, bytes: string, isComplete?: (received: string) => boolean) =>
  async ({ port }: RunningApplication): Promise<void> => {
    const received = await exchangeRaw(port, bytes, isComplete);
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, found]) => Number(found));
    expect(statuses.at(-1)).toBe(status);
  };

const upload = (...lines: readonly string[]): string =>
  ['POST /api/items HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...lines].join('\r\n');

/** Statuses that are not `statusCode` at the end, and answers that Node gives by itself. */
export const SENT_STATUS_CASES: readonly Case[] = [
  {
    name: 'an exception after the answer',
    send: get('/api/items/answered'),
    recorded: { method: 'GET', status: 200, route: '/api/items/answered' },
  },
  {
    name: 'informational answers before the answer',
    send: raw(200, getRequest('/api/items/hinted'), (received) => received.endsWith('hinted')),
    recorded: { method: 'GET', status: 200, route: '/api/items/hinted' },
  },
  {
    name: 'a head written by hand',
    send: get('/api/items/by-hand'),
    recorded: { method: 'GET', status: 203, route: '/api/items/by-hand' },
  },
  {
    name: 'a status set after the head was flushed',
    send: get('/api/items/flushed'),
    recorded: { method: 'GET', status: 206, route: '/api/items/flushed' },
  },
  {
    name: 'an answer that switches protocols',
    send: raw(101, getRequest('/api/items/switched', ['Connection: Upgrade', 'Upgrade: other'])),
    recorded: { method: 'GET', status: 101, route: '/api/items/switched' },
  },
  {
    name: 'a stream that fails after the head',
    send: async ({ url }) => {
      const response = await fetch(`${url}/api/items/broken-file`);
      await expect(response.arrayBuffer()).rejects.toThrow(/terminated|aborted/);
      return response;
    },
    recorded: { method: 'GET', status: 200, route: '/api/items/broken-file' },
  },
  {
    name: 'a body that waits for 100 Continue',
    send: raw(201, upload('Expect: 100-continue', 'Content-Length: 7', '', '{"a":1}'), (received) =>
      received.endsWith('{"a":1}'),
    ),
    recorded: { method: 'POST', status: 201, route: '/api/items' },
  },
  {
    name: 'a request without Host, which Node refuses',
    send: raw(400, 'GET /api/items HTTP/1.1\r\n\r\n'),
    recorded: { method: 'GET', status: 400, route: UNMATCHED },
  },
  {
    name: 'an unknown Expect, which Node refuses',
    send: raw(417, getRequest('/api/items', ['Expect: the-unexpected'])),
    recorded: { method: 'GET', status: 417, route: UNMATCHED },
  },
  {
    name: 'a malformed chunk in a body, which Node refuses',
    send: raw(400, upload('Transfer-Encoding: chunked', '', '5\r\n{"a":\r\nnot-hex\r\n')),
    recorded: (platform) => ({
      method: 'POST',
      status: 400,
      route: platform === 'express' ? MIDDLEWARE : '/api/items',
    }),
  },
  {
    name: 'trailers that are too long, which Node refuses',
    send: raw(431, upload('Transfer-Encoding: chunked', '', `0\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)),
    recorded: (platform) => ({
      method: 'POST',
      status: 431,
      route: platform === 'express' ? MIDDLEWARE : '/api/items',
    }),
  },
  {
    name: 'a client that leaves in the middle of a chunk',
    send: async ({ port }) => {
      const socket = await sendRaw(port, upload('Transfer-Encoding: chunked', '', '5\r\n{"a'));
      socket.end();
      for await (const _chunk of socket) {
        // Node may answer to nobody.
      }
    },
    recorded: (platform) => ({
      method: 'POST',
      status: 499,
      route: platform === 'express' ? UNMATCHED : '/api/items',
    }),
  },
  {
    name: 'a client that leaves during an upload that is too large',
    send: async (target) => {
      const head = upload('Content-Length: 200000', '', '{"a":"');
      const socket = await sendRaw(target.port, head + 'x'.repeat(150_000));
      await vi.waitFor(async () => expect((await target.read()).get(IN_FLIGHT)).toBe(1));
      socket.destroy();
    },
    only: 'express',
    recorded: { method: 'POST', status: 499, route: UNMATCHED },
  },
];
