import { mkdtempSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connectToSocket, listenAtSocket } from '../../../src/cluster/links/socket-links.js';

/** Called before a file is removed. */
const beforeRemoval = vi.hoisted(() => ({ hook: async (_path: string): Promise<void> => {} }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const rm: typeof original.rm = async (path, options) => {
    await beforeRemoval.hook(String(path));
    await original.rm(path, options);
  };
  return { ...original, rm };
});

let folder: string;
let path: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hub-'));
  path = join(folder, 'metrics.sock');
  // As one leaves its socket that is killed: nobody listens at it.
  const stop = await listenAtSocket(`${path}.elsewhere`, () => {});
  renameSync(`${path}.elsewhere`, path);
  await stop();
});
afterEach(() => {
  beforeRemoval.hook = async () => {};
  rmSync(folder, { recursive: true });
});

/** A hub that is refused settles like one that listens. */
async function serve(accept: () => void) {
  try {
    return await listenAtSocket(path, accept);
  } catch (error) {
    return String(error);
  }
}

it('of two hubs that find the socket of one that was killed, one serves it, and the other is refused', async () => {
  const accepted: string[] = [];
  let removals = 0;
  let meet!: () => void;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  let finish!: () => void;
  const oneIsThere = new Promise<void>((resolve) => {
    finish = resolve;
  });
  // Both have found it before one removes it; the other one would remove what that has put there.
  beforeRemoval.hook = async (removed) => {
    if (removed === path) {
      removals += 1;
      if (removals === 2) {
        meet();
      }
      await (removals === 2 ? oneIsThere : met);
    }
  };
  const hubs = ['one', 'other'].map((name) => serve(() => accepted.push(name)));
  void Promise.race(hubs).then(meet).then(finish);
  const outcomes = await Promise.all(hubs);
  const stops = outcomes.filter((outcome) => typeof outcome !== 'string');
  expect(outcomes.filter((outcome) => typeof outcome === 'string')).toEqual([
    expect.stringContaining('EADDRINUSE'),
  ]);
  (await connectToSocket(path)).close();
  await expect.poll(() => accepted).toHaveLength(1);
  await stops[0]?.();
  expect(readdirSync(folder)).toEqual([]);
});

it('one that was killed while it took a socket over keeps nobody from it for long', async () => {
  writeFileSync(`${path}.lock`, '');
  expect(await serve(() => {})).toContain('EADDRINUSE');
  const aMinuteAgo = Date.now() / 1000 - 60;
  utimesSync(`${path}.lock`, aMinuteAgo, aMinuteAgo);
  const stop = await listenAtSocket(path, () => {});
  await stop();
  expect(readdirSync(folder)).toEqual([]);
});
