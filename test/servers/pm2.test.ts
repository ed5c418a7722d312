import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findFreePort } from '../../sample/src/common/free-port.js';
import { INSTALL_FLAGS, runCommand } from '../support/consumer-process.js';
import { ask } from '../support/http-client.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { until } from '../support/watched-database.js';

const PM2 = 'pm2@7.0.4';
const SCRIPT = fileURLToPath(new URL('../support/hub-application.mjs', import.meta.url));
const OK = seriesKey('hyperdjango_http_requests_total', { method: 'GET', status: '200' });
const TIMEOUT_MS = 180_000;

let directory: string;
let url: string;

/** With a daemon of its own, which knows nothing of any other. */
async function pm2(...args: string[]): Promise<string> {
  const environment = { PM2_HOME: join(directory, 'home') };
  const { exitCode, stdout, stderr } = await runCommand(join(directory, 'node_modules/.bin/pm2'), args, {
    directory,
    environment,
    timeoutMs: 60_000,
  });
  if (exitCode !== 0) throw new Error(`pm2 ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hyper-metrics-pm2-'));
  const installing = await runCommand('npm', ['install', ...INSTALL_FLAGS, PM2], {
    directory,
    timeoutMs: TIMEOUT_MS,
  });
  if (installing.exitCode !== 0) throw new Error(installing.stderr);
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  const common = { script: SCRIPT, env: { HUB_PATH: join(directory, 'metrics.sock'), PORT: String(port) } };
  const apps = [
    { name: 'metrics-hub', ...common, exec_mode: 'fork', env: { ...common.env, ROLE: 'hub' } },
    { name: 'api', ...common, exec_mode: 'cluster', instances: 3, env: { ...common.env, ROLE: 'member' } },
  ];
  writeFileSync(join(directory, 'ecosystem.config.cjs'), `module.exports = ${JSON.stringify({ apps })};`);
  await pm2('start', 'ecosystem.config.cjs');
}, TIMEOUT_MS);

afterAll(async () => {
  await pm2('kill');
  rmSync(directory, { recursive: true, force: true });
}, TIMEOUT_MS);

const series = async () => parseExposition((await ask(`${url}/metrics`)).body).series;

async function workers(): Promise<string[]> {
  const names = Object.keys(await series().catch(() => ({})));
  return names.flatMap((name) => /^nodejs_heap_size_used_bytes\[\["worker","(.*)"\]\]/.exec(name)?.[1] ?? []);
}

async function visits(times: number): Promise<Set<string>> {
  const visited = new Set<string>();
  for (let time = 0; time < times; time += 1) {
    visited.add(String((await ask(`${url}/work`)).body));
  }
  return visited;
}

it(
  'workers of PM2’s cluster mode answer for all, through a reload and a death',
  { timeout: TIMEOUT_MS },
  async () => {
    await until('three workers', async () => (await workers()).length === 3);
    const before = await visits(30);
    expect(before.size).toBe(3);
    expect((await series())[OK]).toBe(30);

    await pm2('reload', 'api');
    await until('three new workers', async () => (await workers()).length === 3);
    const after = await visits(30);
    expect([...after].filter((pid) => before.has(pid))).toEqual([]);
    expect((await series())[OK]).toBe(60);

    const [killed] = after as unknown as [string];
    process.kill(Number(killed), 'SIGKILL');
    await until('another in its place', async () => {
      const now = await workers();
      return now.length === 3 && !(await visits(1)).has(killed);
    });
    expect((await series())[OK]).toBeGreaterThanOrEqual(60);
    expect((await workers()).toSorted()).toEqual(['1', '2', '3']);
  },
);
