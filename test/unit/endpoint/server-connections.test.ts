import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ServerConnections } from '../../../src/endpoint/server-connections.js';
import { getRequest, sendRaw } from '../../support/raw-http.js';

const LIMIT = 3;

describe('the connections of a server', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serve() {
    const connections = new ServerConnections(LIMIT);
    const waiting: ServerResponse[] = [];
    server = createServer((request, response) => {
      connections.begin(request, response);
      waiting.push(response);
    }).on('connection', connections.add);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const connect = async (bytes = '') => {
      const accepted = once(server as Server, 'connection');
      const socket = await sendRaw(port, bytes);
      await accepted;
      return socket;
    };
    /** Connects with a whole request. */
    const ask = async () => {
      const before = waiting.length;
      const socket = await connect(getRequest('/'));
      await vi.waitFor(() => expect(waiting).toHaveLength(before + 1));
      return socket;
    };
    return { connections, waiting, connect, ask };
  }

  const isGone = (socket: Socket) => vi.waitFor(() => expect(socket.closed).toBe(true));

  it('go, the one first that has asked nothing for longest, when there are too many', async () => {
    const { connect, ask } = await serve();
    const slow = await connect('GET / HT');
    const asking = await ask();
    const silent = await connect();
    const newcomer = await connect();
    await isGone(slow.resume());
    const another = await connect();
    await isGone(silent.resume());
    expect([asking.closed, newcomer.closed, another.closed]).toEqual([false, false, false]);
  });

  it('go, the one first that is answered for longest, when all have a request: it may not read its answer', async () => {
    const { connect, ask } = await serve();
    const asking = [await ask(), await ask(), await ask()];
    const newcomer = await connect();
    await isGone((asking[0] as Socket).resume());
    expect([asking[1]?.closed, asking[2]?.closed, newcomer.closed]).toEqual([false, false, false]);
  });

  it('are not idle before the last answer of a pipeline', async () => {
    const { connections, waiting, connect } = await serve();
    const socket = await connect(getRequest('/').repeat(2));
    await vi.waitFor(() => expect(waiting).toHaveLength(2));
    connections.endIdle();
    waiting[0]?.end('first');
    waiting[1]?.end('second');
    let received = '';
    for await (const chunk of socket) received += String(chunk);
    expect(received).toMatch(/first[^]*second/);
  });

  it('end at once without a request, and after their answer with one, when the server closes', async () => {
    const { connections, waiting, connect, ask } = await serve();
    const slow = await connect('GET / HT');
    const asking = await ask();
    connections.endIdle();
    await isGone(slow.resume());
    expect(asking.closed).toBe(false);
    waiting[0]?.end('answer');
    let received = '';
    for await (const chunk of asking) received += String(chunk);
    expect(received).toContain('answer');
  });
});
