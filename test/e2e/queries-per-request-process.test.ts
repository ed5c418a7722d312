import { once } from 'node:events';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../support/postgres.js';
import { ProcessOutput } from '../support/process-output.js';
import { until } from '../support/watched-database.js';

const SCRIPT = 'test/support/repeating-application.mjs';
const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

let server: Awaited<ReturnType<typeof startPostgres>>;
let child: ChildProcess | undefined;
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
});
afterAll(() => server.stop());

/** The built library in a process of its own. */
async function start(mode: string) {
  const started = spawn(process.execPath, [SCRIPT, server.url, mode], { cwd: CHECKOUT });
  child = started;
  const ended = once(started, 'exit') as Promise<[code: number | null]>;
  const output = new ProcessOutput(started);
  const address = /^Listening at (http:\S+)$/m;
  await until('the application', () => address.test(output.text) || started.exitCode !== null);
  return { url: address.exec(output.text)?.[1], output, ended, process: started };
}

function place(): string {
  const lines = readFileSync(`${CHECKOUT}${SCRIPT}`, 'utf8').split('\n');
  return `${SCRIPT}:${1 + lines.findIndex((line) => line.endsWith('// the place'))}:5`;
}

it('with failOnNPlusOne, a request that repeats a read is answered, and the process fails with what and where', async () => {
  const { url, output, ended } = await start('fail');
  expect((await fetch(`${url}/few`)).status).toBe(200);
  const unit = await (await fetch(`${url}/unit`)).text();
  expect(unit).toContain('NPlusOneError: job repeated reads (failOnNPlusOne):');
  expect(unit).toContain(`  - 5 times from ${place()}: SELECT id FROM repeated WHERE id = ?`);

  expect(await (await fetch(`${url}/read/7`)).text()).toBe('read');
  expect((await ended)[0]).not.toBe(0);
  await expect
    .poll(() => output.text)
    .toContain(
      `NPlusOneError: GET /read/:id repeated reads (failOnNPlusOne):\n  - 6 times from ${place()}: SELECT id FROM repeated WHERE id = ?`,
    );
});

it('without it, the process goes on, with a warning that names the line of the compiled file', async () => {
  const { url, output } = await start('warn');
  expect(await (await fetch(`${url}/read/7`)).text()).toBe('read');
  await expect
    .poll(() => output.text)
    .toContain(
      `N+1 queries: GET /read/:id read 6 times: SELECT id FROM repeated WHERE id = ?\n  from ${place()}.`,
    );
  expect(await (await fetch(`${url}/read/8`)).text()).toBe('read');
});

it('the slow-query log is written when the process is asked to end, and keeps it no longer', async () => {
  const { url, ended, process: application } = await start('log');
  await (await fetch(`${url}/read/7`)).text();
  application.kill('SIGTERM');
  await ended;
  const client = new Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query(
    'SELECT fingerprint, route, count(*)::int FROM hyper_metrics_slow_queries GROUP BY 1, 2',
  );
  const others = await client.query(
    `SELECT count(*)::int FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await client.query('DROP TABLE hyper_metrics_slow_queries');
  await client.end();
  expect(rows).toEqual([
    { fingerprint: 'SELECT id FROM repeated WHERE id = ?', route: '/read/:id', count: 6 },
  ]);
  expect(others.rows).toEqual([{ count: 0 }]);
});
