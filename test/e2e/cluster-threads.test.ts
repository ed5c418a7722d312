import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { ask } from '../support/http-client.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { until } from '../support/watched-database.js';

const SCRIPT = fileURLToPath(new URL('../support/thread-application.mjs', import.meta.url));
const OK = seriesKey('hyperdjango_http_requests_total', { method: 'GET', status: '200' });
const DEPTH = seriesKey('queue_depth');
const MEMORY = 'process_resident_memory_bytes';

let child: ChildProcess | undefined;
afterEach(() => {
  child?.disconnect();
  child = undefined;
});

/** By thread, 0 being the main one. */
async function start(threads: number, main: 'application' | 'hub', options: unknown) {
  const urls = new Map<number, string>();
  const heard: unknown[] = [];
  const exited = new Set<number>();
  const started = fork(SCRIPT, [String(threads), main, JSON.stringify(options)]);
  child = started;
  started.on(
    'message',
    (message: { ready?: number; url?: string; exited?: number; heard?: number; message?: unknown }) => {
      if (message.ready !== undefined) urls.set(message.ready, message.url as string);
      if (message.exited !== undefined) exited.add(message.exited);
      if (message.heard !== undefined) heard.push(message.message);
    },
  );
  await until('all threads', () => urls.size === threads + (main === 'application' ? 1 : 0));
  return {
    heard,
    exited,
    send: (message: object) => started.send(message),
    work: async (thread: number, times: number) => {
      for (let time = 0; time < times; time += 1) {
        expect((await ask(`${urls.get(thread)}/work`)).status).toBe(200);
      }
    },
    scrape: async (thread: number) => {
      const { status, body } = await ask(`${urls.get(thread)}/metrics`);
      expect(status).toBe(200);
      return parseExposition(body).series;
    },
  };
}

it('each of the main thread and two others answers for all', async () => {
  const { work, scrape } = await start(2, 'application', true);
  await work(0, 3);
  await work(1, 4);
  await work(2, 5);
  for (const thread of [0, 1, 2]) {
    const series = await scrape(thread);
    expect([series[OK], series[DEPTH]]).toEqual([12, 30]);
  }
});

it('what a thread has counted stays when it is terminated or closes; its gauges go', async () => {
  const { work, scrape, send, exited, heard } = await start(3, 'hub', true);
  await work(1, 3);
  await work(2, 4);
  await work(3, 5);
  expect((await scrape(1))[DEPTH]).toBe(30);
  // Counted after the last scrape: only who closes can tell.
  await work(2, 6);
  send({ close: 2 });
  send({ terminate: 3 });
  await until('both ends', () => exited.has(2) && exited.has(3));
  await until('that the gauges go', async () => (await scrape(1))[DEPTH] === 10);
  expect((await scrape(1))[OK]).toBe(18);
  expect(heard).toEqual(['close']);
});

it('with workerLabel the metrics of the runtime come for each thread, and those of the process once', async () => {
  const { scrape } = await start(2, 'application', { workerLabel: true });
  const names = Object.keys(await scrape(2));
  const workersOf = (name: string): string[] =>
    names
      .filter((series) => series.startsWith(`${name}[`))
      .map((series) => /\["worker","([^"]*)"\]/.exec(series)?.[1] ?? 'none')
      .toSorted();
  expect(workersOf('nodejs_heap_size_used_bytes')).toEqual(['main', 'thread-1', 'thread-2']);
  expect(workersOf(MEMORY)).toEqual(['main']);
  expect(workersOf('hyperdjango_uptime_seconds')).toEqual(['none']);
});
