import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { ask } from '../support/http-client.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { until } from '../support/watched-database.js';

const SCRIPT = fileURLToPath(new URL('../../sample/dist/cluster.js', import.meta.url));

let primary: ChildProcess | undefined;
afterEach(() => {
  primary?.kill('SIGKILL');
});

it('the sample’s cluster counts visits of all its workers, of those that have left as well', async () => {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const started = spawn(process.execPath, [SCRIPT], { env: { ...process.env, PORT: String(port) } });
  primary = started;
  let output = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await until('four workers', () => output.includes(`4 workers at ${url}`));

  const series = async () => parseExposition((await ask(`${url}/metrics`)).body).series;
  const workers = async (): Promise<number> =>
    Object.keys(await series()).filter((name) => name.startsWith('nodejs_heap_size_used_bytes')).length;
  await until('metrics of four workers', async () => (await workers()) === 4);
  const visits = async (times: number): Promise<Set<number>> => {
    const visited = new Set<number>();
    for (let time = 0; time < times; time += 1) {
      visited.add((JSON.parse(String((await ask(url)).body)) as { worker: number }).worker);
    }
    return visited;
  };
  const visited = await visits(20);
  expect(visited.size).toBeGreaterThan(1);
  expect((await series())[seriesKey('visits_total')]).toBe(20);

  expect(String((await ask(`${url}/leave`)).body)).toBe('This worker closes.');
  await until('one has left', () => output.includes('has ended (SIGTERM)'));
  await until('another has come', async () => (await workers()) === 4);
  await visits(20);
  expect((await series())[seriesKey('visits_total')]).toBe(40);

  const ended = once(started, 'exit');
  started.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
