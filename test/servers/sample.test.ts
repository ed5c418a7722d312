import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { platform as operatingSystem } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { poll } from '../../sample/src/common/poll.js';
import { isRunning } from '../../sample/src/database/process-table.js';
import { PLATFORMS } from '../support/platforms.js';
import {
  CHECKOUT,
  cleanSamples,
  type Ending,
  isOpen,
  makeTemporaryPath,
  ORDINARY_USER,
  SampleProcess,
  START,
} from '../support/sample-process.js';

const TEST_TIMEOUT_MS = 120_000;
const STOPPED: Ending = { exitCode: 0, signal: null };

describe.skipIf(operatingSystem() === 'win32')('sample', { timeout: TEST_TIMEOUT_MS }, () => {
  afterEach(cleanSamples);

  it('counts a trickle of traffic, and Ctrl-C leaves nothing behind', async () => {
    const temporaryPath = createTemporaryPath();
    const sample = await SampleProcess.start({ temporaryPath });
    const database = await sample.waitUntilServing();

    expect(await poll(async () => (await sample.countRequests()) > 0, START)).toBe(true);
    const before = await sample.countRequests();
    expect(await poll(async () => (await sample.countRequests()) > before, START)).toBe(true);

    const pids = [sample.pid, database.pid, ...childrenOf(database.pid)];
    expect(pids.filter(isRunning)).toEqual(pids);
    expect(await isOpen(database.port)).toBe(true);

    sample.pressCtrlC();
    await expect.poll(() => sample.output.text).toContain('SIGINT: stopping');
    if (!sample.hasEnded) sample.pressCtrlC();
    expect(await sample.waitUntilEnded()).toEqual(STOPPED);
    await expect.poll(() => sample.output.text).toMatch(/Traffic that was sent: .*GET 200: \d+/);
    expect(sample.output.text).not.toContain('Not as planned');

    expect(pids.filter(isRunning)).toEqual([]);
    expect(await isOpen(sample.port)).toBe(false);
    expect(await isOpen(database.port)).toBe(false);
    expect(readdirSync(temporaryPath)).toEqual([]);
  });

  it.each(PLATFORMS)('prints five lines on %s, the live page first', async (platform) => {
    const environment = { TRAFFIC: 'off', PLATFORM: platform };
    const temporaryPath = createTemporaryPath();
    const sample = await SampleProcess.start({ temporaryPath, environment });
    const { path } = await sample.waitUntilServing();
    await expect.poll(() => sample.output.text, { timeout: START.timeoutMs }).toContain('Ctrl-C');

    const lines = sample.output.text.trimEnd().split('\n');
    const urls = lines.slice(0, 3).map((line) => line.replace(/^.+ {2}/, ''));
    expect(lines).toEqual([
      `Live page             ${sample.url}/metrics/live`,
      `Metrics               ${sample.url}/metrics`,
      `The shop              ${sample.url}/`,
      expect.stringMatching(`^Dashboard and rules   ${path}/`) as string,
      'Ctrl-C stops everything.',
    ]);
    const headers = { accept: 'text/html, */*' };
    const answers = await Promise.all(urls.map((url) => fetch(url, { headers })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const folder = lines[3]?.replace(/^.+ {2}/, '') ?? '';
    expect(readdirSync(folder).toSorted()).toEqual(['dashboard.json', 'rules.yml']);

    sample.pressCtrlC();
    expect(await sample.waitUntilEnded()).toEqual(STOPPED);
  });

  it('says which platforms there are', async () => {
    const environment = { PLATFORM: 'koa' };
    const sample = await SampleProcess.start({ temporaryPath: createTemporaryPath(), environment });

    expect(await sample.waitUntilEnded()).toEqual({ exitCode: 1, signal: null });
    await expect
      .poll(() => sample.output.text)
      .toContain('PLATFORM is "koa"; allowed are "express" and "fastify".');
  });

  it('cleans up what a killed launcher left, at the next start', async () => {
    const temporaryPath = createTemporaryPath();
    const environment = { TRAFFIC: 'off' };
    const living = await SampleProcess.start({ temporaryPath, environment });
    const killed = await SampleProcess.start({ temporaryPath, environment });
    const livingDatabase = await living.waitUntilServing();
    const orphan = await killed.waitUntilServing();
    killed.process.kill('SIGKILL');
    await killed.waitUntilEnded();
    expect(isRunning(orphan.pid)).toBe(true);

    const next = await SampleProcess.start({ temporaryPath, environment });
    const database = await next.waitUntilServing();

    expect(isRunning(orphan.pid)).toBe(false);
    expect(await isOpen(orphan.port)).toBe(false);
    expect(isRunning(livingDatabase.pid)).toBe(true);
    const left = readdirSync(temporaryPath).map((name) => join(temporaryPath, name));
    expect(left.toSorted()).toEqual([livingDatabase.path, database.path].toSorted());

    living.process.kill('SIGTERM');
    next.pressCtrlC();
    expect(await Promise.all([living.waitUntilEnded(), next.waitUntilEnded()])).toEqual([STOPPED, STOPPED]);
    expect(readdirSync(temporaryPath)).toEqual([]);
  });

  it('runs for an ordinary user from a read-only checkout', async ({ skip }) => {
    if (process.geteuid?.() !== 0) skip('only root can start it as another user');
    if (!canRead(process.execPath)) skip(`an ordinary user cannot reach ${process.execPath}`);
    const checkout = canRead(join(CHECKOUT, 'sample/dist/start.js')) ? CHECKOUT : copyCheckout();
    expect(canRead(checkout, 'W_OK')).toBe(false);
    const temporaryPath = createTemporaryPath();
    chownSync(temporaryPath, ORDINARY_USER.uid, ORDINARY_USER.gid);

    const sample = await SampleProcess.start({ temporaryPath, checkout, user: ORDINARY_USER });
    const database = await sample.waitUntilServing();
    expect(await poll(async () => (await sample.countRequests()) > 0, START)).toBe(true);

    sample.pressCtrlC();
    expect(await sample.waitUntilEnded()).toEqual(STOPPED);
    expect(isRunning(database.pid)).toBe(false);
    expect(readdirSync(temporaryPath)).toEqual([]);
  });
});

function createTemporaryPath(): string {
  const path = makeTemporaryPath();
  onTestFinished(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** The files that the sample runs from, for when the checkout is in a place like root's home. */
function copyCheckout(): string {
  const copy = createTemporaryPath();
  for (const path of ['package.json', 'dist', 'sample/dist', 'node_modules']) {
    execFileSync('cp', ['-a', '--parents', path, copy], { cwd: CHECKOUT });
  }
  execFileSync('chmod', ['-R', 'go+rX', copy]);
  return copy;
}

function canRead(path: string, mode: 'R_OK' | 'W_OK' = 'R_OK'): boolean {
  const script = `const fs = require('node:fs'); fs.accessSync(process.argv[1], fs.constants.${mode})`;
  return spawnSync(process.execPath, ['-e', script, path], { cwd: '/', ...ORDINARY_USER }).status === 0;
}

/** PostgreSQL's background processes, where the system tells. */
function childrenOf(pid: number): number[] {
  if (operatingSystem() !== 'linux') return [];
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}
