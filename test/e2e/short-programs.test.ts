import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serveClusterHub, type SocketHub } from '../../src/cluster.js';
import { ProcessOutput } from '../support/process-output.js';

const PROGRAM = fileURLToPath(new URL('../support/short-program.mjs', import.meta.url));

let folder: string;
let hub: SocketHub | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'short-'));
});
afterEach(async () => {
  await hub?.close();
  hub = undefined;
  rmSync(folder, { recursive: true });
});

/** Runs a program to its end. Node.js ends one whose event loop has nothing to wait for, with 13 while it awaits something. */
async function run(...args: readonly string[]): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, [PROGRAM, ...args]);
  const output = new ProcessOutput(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines: output.text.trim().split('\n') };
}

it.each([
  ['collect', 'did it'],
  ['functional', 'did it'],
  ['getValue', 'did it'],
  ['push', 'PushError'],
])('a program whose only work is %s() goes on when a metric never answers', async (what, reached) => {
  expect(await run(what)).toEqual({ code: 0, lines: [reached, 'closed'] });
});

it('a program gets an answer while its hub is missing, and closes', async () => {
  expect(await run('collect', join(folder, 'nothing.sock'))).toEqual({
    code: 0,
    lines: ['did it', 'closed'],
  });
});

it('a program sends its last metrics to its hub, and closes', async () => {
  const path = join(folder, 'hub.sock');
  hub = await serveClusterHub(path);
  expect(await run('close', path)).toEqual({ code: 0, lines: ['did it', 'closed'] });
  expect(await run('collect', path)).toEqual({ code: 0, lines: ['did it', 'closed'] });
});
