import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask } from '../support/http-client.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { ProcessOutput } from '../support/process-output.js';
import { until } from '../support/watched-database.js';

const SCRIPT = fileURLToPath(new URL('../support/hub-application.mjs', import.meta.url));
const OK = seriesKey('hyperdjango_http_requests_total', { method: 'GET', status: '200' });
const FAILURES = seriesKey('hyperdjango_metrics_collector_errors_total', { collector: 'cluster' });

let folder: string;
let processes: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hub-'));
  processes = [];
});
afterEach(async () => {
  for (const one of processes) {
    await end(one, 'SIGKILL');
  }
  rmSync(folder, { recursive: true });
});

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

async function start(role: 'hub' | 'member') {
  const child = spawn(process.execPath, [SCRIPT, role, join(folder, 'metrics.sock')]);
  processes.push(child);
  const output = new ProcessOutput(child);
  await until(`the ${role}`, () => output.text.includes('Listening') || child.exitCode !== null);
  const url = /Listening at (http:\S+)/.exec(output.text)?.[1];
  return {
    output,
    end: (signal: NodeJS.Signals) => end(child, signal),
    work: async (times: number) => {
      for (let time = 0; time < times; time += 1) {
        expect((await ask(`${url}/work`)).status).toBe(200);
      }
    },
    scrape: async () => {
      const { status, body } = await ask(`${url}/metrics`);
      expect(status).toBe(200);
      return parseExposition(body).series;
    },
    answer: () => ask(`${url}/metrics`),
  };
}

it('processes that nothing but a hub connects answer for each other, ended ones included', async () => {
  await start('hub');
  const [one, two, three] = [await start('member'), await start('member'), await start('member')];
  await one.work(1);
  await two.work(2);
  await three.work(3);
  for (const member of [one, two, three]) {
    await until('the hub knows all', async () => (await member.scrape())[OK] === 6);
  }
  await two.work(10);
  await two.end('SIGTERM');
  await three.end('SIGKILL');
  expect((await one.scrape())[OK]).toBe(16);
  const replacement = await start('member');
  await replacement.work(4);
  await until('the replacement is counted', async () => (await one.scrape())[OK] === 20);
  expect((await replacement.scrape())[OK]).toBe(20);
});

it('without a hub a process answers for itself, says why, and finds the hub when it comes', async () => {
  const one = await start('member');
  const two = await start('member');
  await one.work(1);
  await two.work(2);
  expect((await one.scrape())[OK]).toBe(1);
  const series = await one.scrape();
  expect(series[FAILURES]).toBeGreaterThan(0);
  await expect.poll(() => one.output.text).toContain('A scrape has the metrics of this process only');
  const socket = /the hub at "([^"]+)" does not answer/.exec(one.output.text)?.[1];
  expect(socket).toMatch(/\.sock$|pipe/);
  await expect
    .poll(() => one.output.text)
    .toContain(`Start the process that calls serveClusterHub("${socket}")`);
  expect(one.output.text).not.toContain('name a hub in the option cluster');
  const hub = await start('hub');
  await until('both are found', async () => (await one.scrape())[OK] === 3);
  // Another hub has not heard of anybody: all join it anew, and are counted once.
  await hub.end('SIGKILL');
  const { status, body } = await two.answer();
  expect(`${status} ${body.toString()}`).toContain(
    `503 The metrics of all processes are not available: the hub at "${socket}" does not answer`,
  );
  await start('hub');
  await until('both are found again', async () => {
    const answer = await two.answer();
    return answer.status === 200 && parseExposition(answer.body).series[OK] === 3;
  });
  expect((await one.scrape())[OK]).toBe(3);
});

it('a second hub at the same path is refused', async () => {
  await start('hub');
  const { output } = await start('hub');
  await expect.poll(() => output.text).toContain('EADDRINUSE');
});
