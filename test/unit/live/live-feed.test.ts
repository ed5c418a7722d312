import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveFeed, MAX_VIEWERS } from '../../../src/live/live-feed.js';
import { LiveHistory } from '../../../src/live/live-history.js';
import type { LiveState } from '../../../src/live/live-messages.js';
import type { LiveSampler } from '../../../src/live/live-sampler.js';
import { FeedReader } from '../../support/feed-reader.js';

/** A sampler that samples when it is told to. */
class HandSampler {
  readonly history = new LiveHistory(10, 1);
  layout = { historySeconds: 50, tiles: [], charts: [] };
  state: LiveState | undefined;
  listener: unknown;

  follow(listener: unknown): void {
    this.listener = listener;
  }
}

const stateAt = (atMs: number, padding = ''): LiveState => ({
  atMs,
  clockOffsetMs: 0,
  values: [atMs],
  service: { version: padding, node: null, uptimeSeconds: 1, processes: 1, processId: 1 },
  totals: { requests: 1, errors: 0, queries: null },
  tables: { windowSeconds: 0 },
  missing: { rows: [], omitted: 0 },
});

describe('the feed', () => {
  let sampler: HandSampler;
  let feed: LiveFeed;
  let url: string;
  const responses: ServerResponse[] = [];
  const readers: FeedReader[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/slow') {
      return;
    }
    responses.push(response);
    const id = request.headers['last-event-id'];
    const reason = feed.add(request, response, typeof id === 'string' ? id : undefined);
    if (reason !== undefined) {
      response.writeHead(503).end(reason);
    }
  });

  beforeEach(async () => {
    sampler = new HandSampler();
    feed = new LiveFeed(sampler as unknown as LiveSampler);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    vi.useRealTimers();
    readers.splice(0).forEach((reader) => reader.close());
    responses.length = 0;
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });

  async function connect(lastEventId?: string): Promise<FeedReader> {
    const reader = await FeedReader.open(
      url,
      lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId },
    );
    readers.push(reader);
    return reader;
  }

  /** A client that reads nothing. */
  async function connectSilently(): Promise<IncomingMessage> {
    const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
    response.on('error', () => {});
    return response;
  }

  function sample(atMs: number, padding = ''): void {
    sampler.history.add(atMs, Float64Array.of(atMs));
    sampler.state = stateAt(atMs, padding);
    feed.sampled(sampler.state);
  }

  it('sends what is drawn, the history and the state, with headers that keep proxies from buffering', async () => {
    sample(1000);
    sample(2000);
    const reader = await connect();
    expect(await reader.next('layout')).toEqual(sampler.layout);
    expect(await reader.next('points')).toEqual({
      isWhole: true,
      atMs: [1000, 2000],
      values: [[1000, 2000]],
    });
    expect(await reader.next('state')).toEqual(stateAt(2000));
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(sampler.listener).toBe(feed);
  });

  it('sends each new state, and a new layout once', async () => {
    const reader = await connect();
    sample(1000);
    sample(2000);
    sampler.layout = { ...sampler.layout, historySeconds: 60 };
    sample(3000);
    sample(4000);
    await vi.waitFor(() =>
      expect(reader.received('state').map(({ atMs }) => atMs)).toEqual([1000, 2000, 3000, 4000]),
    );
    expect(reader.received('layout').map(({ historySeconds }) => historySeconds)).toEqual([50, 60]);
    const points = reader.received('points');
    expect(points.flatMap(({ atMs }) => atMs)).toEqual([1000, 2000, 3000, 4000]);
    expect(points.map(({ isWhole }) => isWhole)).toEqual([true, false, false, false]);
  });

  it('goes on where a viewer was, and begins anew with one of another process', async () => {
    sample(1000);
    const first = await connect();
    await first.next('state');
    first.close();
    sample(2000);
    sample(3000);
    const again = await connect(first.lastId);
    expect(await again.next('points')).toMatchObject({ isWhole: false, atMs: [2000, 3000] });
    for (const id of ['00000000-1', 'x', '', `${first.lastId?.split('-')[0]}-`, `${first.lastId}9999`]) {
      const stranger = await connect(id);
      expect(await stranger.next('points')).toMatchObject({ isWhole: true, atMs: [1000, 2000, 3000] });
    }
  });

  it('leaves states out for a viewer that does not read, and sends the newest one when it reads', async () => {
    const client = await connectSilently();
    const [response] = responses as [ServerResponse];
    const padding = 'x'.repeat(200_000);
    let states = 0;
    while (!response.writableNeedDrain && states < 1000) {
      sample((states += 1), padding);
      await new Promise(setImmediate);
    }
    const held = response.writableLength;
    for (let more = 0; more < 200; more += 1) {
      sample((states += 1), padding);
    }
    expect(response.writableLength).toBe(held);
    expect(held).toBeLessThan(1_000_000);

    const reader = new FeedReader(client);
    readers.push(reader);
    await vi.waitFor(() => expect(reader.received('state').at(-1)).toMatchObject({ atMs: states }));
    expect(reader.received('state').length).toBeLessThanOrEqual(states - 199);
    expect(reader.received('points').at(-1)?.atMs.at(-1)).toBe(states);
  });

  it('says that the service is still collecting', async () => {
    const reader = await connect();
    feed.waiting(500);
    expect(await reader.next('waiting')).toMatchObject({ sinceMs: 500 });
  });

  it('has room for so many viewers, and tells the next one', async () => {
    await Promise.all(Array.from({ length: MAX_VIEWERS }, () => connect()));
    const refused = await fetch(url);
    expect([refused.status, await refused.text()]).toEqual([
      503,
      '100 viewers of the live page are connected already. Close one of them, or try again later.',
    ]);
    readers.pop()?.close();
    await vi.waitFor(async () => {
      const reader = await connect();
      expect(reader.headers['content-type']).toContain('text/event-stream');
    });
  });

  it('gives the place of a viewer that does not read to a new one', async () => {
    await Promise.all(Array.from({ length: MAX_VIEWERS - 1 }, () => connect()));
    const stalled = await connectSilently();
    const response = responses.at(-1) as ServerResponse;
    const padding = 'x'.repeat(500_000);
    for (let index = 0; !response.writableNeedDrain && index < 300; index += 1) {
      response.write(padding);
      await new Promise(setImmediate);
    }
    vi.useFakeTimers({ toFake: ['performance'] });
    feed.waiting(1);
    expect((await fetch(url)).status).toBe(503);
    vi.advanceTimersByTime(1500);
    const late = await connect();
    expect(late.headers['content-type']).toContain('text/event-stream');
    expect(response.destroyed).toBe(true);
    stalled.destroy();
  });

  it('ends a feed after a minute, with the newest state, so that access is decided anew', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const first = await connect();
    vi.advanceTimersByTime(30_000);
    const second = await connect();
    feed.sampled(stateAt(1));
    vi.advanceTimersByTime(30_000);
    feed.sampled(stateAt(2));
    await first.ended;
    expect(first.received('state').map(({ atMs }) => atMs)).toEqual([1, 2]);
    vi.advanceTimersByTime(29_999);
    feed.sampled(stateAt(3));
    await vi.waitUntil(() => second.received('state').length === 3);
    expect(sampler.listener).toBe(feed);
    vi.advanceTimersByTime(1);
    feed.waiting(4);
    await second.ended;
    expect(second.received('waiting')).toHaveLength(1);
    expect(sampler.listener).toBeUndefined();
  });

  it('stops the sampler’s haste when the last viewer has left', async () => {
    const [one, other] = [await connect(), await connect()];
    one.close();
    await vi.waitFor(() => expect(responses[0]?.destroyed).toBe(true));
    expect(sampler.listener).toBe(feed);
    other.close();
    await vi.waitFor(() => expect(sampler.listener).toBeUndefined());
  });

  it('forgets a viewer whose request waited behind another one of its connection when that breaks', async () => {
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
    const ended = once(socket, 'close');
    socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await vi.waitFor(() => expect(sampler.listener).toBe(feed));
    socket.destroy();
    await ended;
    await vi.waitFor(() => expect(sampler.listener).toBeUndefined());
  });

  it('serves behind middleware whose write() returns nothing, and leaves one whose write() throws', async () => {
    const reader = await connect();
    const [response] = responses as [ServerResponse];
    const write = response.write.bind(response) as (chunk: unknown) => boolean;
    response.write = ((chunk: unknown) => void write(chunk)) as unknown as ServerResponse['write'];
    for (let atMs = 1; atMs <= 5; atMs += 1) {
      feed.sampled(stateAt(atMs));
    }
    await vi.waitFor(() => expect(reader.received('state')).toHaveLength(5));
    response.write = () => {
      throw new Error('middleware');
    };
    feed.sampled(stateAt(6));
    await vi.waitFor(() => expect(sampler.listener).toBeUndefined());
  });

  it('ends at once for a viewer that does not read', async () => {
    await connectSilently();
    const [response] = responses as [ServerResponse];
    const padding = 'x'.repeat(500_000);
    for (let atMs = 1; !response.writableNeedDrain && atMs < 1000; atMs += 1) {
      sample(atMs, padding);
      await new Promise(setImmediate);
    }
    feed.end();
    expect(response.destroyed).toBe(true);
  });

  it('ends for all when the application closes, and for good', async () => {
    const reader = await connect();
    feed.end();
    await reader.ended;
    expect(sampler.listener).toBeUndefined();
    const refused = await fetch(url);
    expect([refused.status, await refused.text()]).toEqual([503, 'The application is closing.']);
  });
});
