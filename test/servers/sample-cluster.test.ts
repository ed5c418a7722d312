import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { ask } from '../support/http-client.js';
import { OneFileSample, startScript } from '../support/one-file-samples.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { until } from '../support/watched-database.js';

it('the sample’s cluster counts visits of all its workers, of those that have left as well', async () => {
  const cluster = await OneFileSample.start('cluster', startScript('cluster'));
  onTestFinished(async () => void (await cluster.stop()));
  const url = `http://${cluster.address}`;

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
  await expect.poll(() => cluster.output.text).toContain('has ended (SIGTERM)');
  await until('another has come', async () => (await workers()) === 4);
  await visits(20);
  expect((await series())[seriesKey('visits_total')]).toBe(40);

  expect(await cluster.stop()).toEqual({ exitCode: 0, signal: null });
});

it('the sample’s cluster ends where its port is taken', { timeout: 180_000 }, async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { args } = startScript('cluster');

  const { status, stderr } = spawnSync(process.execPath, args, {
    env: { ...process.env, PORT: String(port) },
    encoding: 'utf8',
    timeout: 120_000,
  });
  expect(stderr).toContain(`EADDRINUSE 127.0.0.1:${port}`);
  expect(status).toBe(1);
});
