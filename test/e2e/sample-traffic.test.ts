import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { Traffic, type TrafficOptions } from '../../sample/src/traffic/traffic.js';

/** Says everything that the generator waits for, to every request. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  response.writeProcessing();
  request.resume().on('end', () => response.end('answer'));
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the sample's traffic", () => {
  it('keeps to its number and its rate', async () => {
    const startedMs = performance.now();
    const traffic = new Traffic({ baseUrl: await listen(answer), totalRequests: 21, requestsPerSecond: 100 });
    await traffic.ended;

    expect(performance.now() - startedMs).toBeGreaterThan(195);
    expect(traffic.statement.total).toBe(21);
  });

  it('keeps to its time', async () => {
    const traffic = new Traffic({ baseUrl: await listen(answer), durationMs: 300, requestsPerSecond: 50 });
    await traffic.ended;

    expect(traffic.statement.total).toBeGreaterThan(0);
    expect(traffic.statement.total).toBeLessThanOrEqual(15);
  });

  it('puts no pile of requests on a server that stalls', async () => {
    const stalled = new Set<() => void>();
    const baseUrl = await listen((request, response) => {
      const go = (): void => answer(request, response);
      stalled.add(go);
      response.once('close', () => stalled.delete(go));
    });
    const traffic = new Traffic({ baseUrl, totalRequests: 50, concurrency: 4 });
    // Clients that leave when they are asked for a body need no answer, so others take their turns.
    const isFull = (): boolean => stalled.size === 4;
    expect(await poll(isFull, { timeoutMs: 60_000, intervalMs: 10 })).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stalled.size).toBe(4);

    const release = setInterval(() => stalled.forEach((go) => go()), 5);
    await traffic.ended;
    clearInterval(release);
    expect(traffic.statement.total).toBe(50);
  });

  it('sends the same requests for the same seed, and others for another', async () => {
    const record = async (seed: number): Promise<string[]> => {
      const received: string[] = [];
      const baseUrl = await listen((request, response) => {
        received.push(`${request.method} ${request.url}`);
        answer(request, response);
      });
      await new Traffic({ baseUrl, totalRequests: 200, concurrency: 1, seed }).ended;
      return received;
    };

    const one = await record(1);
    expect(one.length).toBe(200);
    expect(await record(1)).toEqual(one);
    expect(await record(2)).not.toEqual(one);
  });

  it('counts a status that was not planned, and says so', async () => {
    const { statement } = await run({ baseUrl: await listen(answer), totalRequests: 500 });

    expect(statement.total).toBe(500);
    expect(Object.keys(statement.countByMethodAndStatus())).toEqual([
      'GET 200',
      'GET 499',
      'POST 200',
      'PUT 200',
      'PUT 499',
    ]);
    expect([...statement.surprises.keys()]).toContain('GET /admin/stats 200 instead of 403');
  });

  it('counts no request whose connection failed', async () => {
    const baseUrl = await listen((_request, response) => response.destroy());
    const { statement } = await run({ baseUrl, totalRequests: 50 });

    const surprises = [...statement.surprises];
    expect(surprises.every(([text]) => text.includes('unaccounted for'))).toBe(true);
    const unaccounted = surprises.reduce((sum, [, count]) => sum + count, 0);
    expect(statement.total + unaccounted).toBe(50);
    // Those who leave when they are asked for the body have been heard.
    expect(statement.requests.filter(({ status }) => status !== 499)).toEqual([]);
  });

  it('stops when it is told to, with every request accounted for', async () => {
    let received = 0;
    const baseUrl = await listen((request, response) => {
      received += 1;
      answer(request, response);
    });
    const traffic = new Traffic({ baseUrl });
    while (traffic.statement.total < 100) await new Promise(setImmediate);
    await traffic.stop();

    const { total } = traffic.statement;
    expect(total).toBe(received);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).toBe(total);
  });
});

async function run(options: TrafficOptions): Promise<Traffic> {
  const traffic = new Traffic(options);
  await traffic.ended;
  return traffic;
}
