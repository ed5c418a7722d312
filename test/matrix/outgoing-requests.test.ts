import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../support/consumer-process.js';
import { CHECKOUT } from '../support/sample-process.js';
import { nodeBinary } from './node-binary.js';

const FILES = ['outgoing-failures', 'outgoing-requests'];
const TIMEOUT_MS = 600_000;

// Which channels Node has, what it publishes on them, and which undici is behind fetch(), depends on the release.
it.each(['20', '22', '24', '26'] as const)(
  'every outgoing request is counted as it ended on Node %s',
  { timeout: TIMEOUT_MS },
  async (node) => {
    const files = FILES.map((file) => `test/e2e/${file}.test.ts`);
    const vitest = join(CHECKOUT, 'node_modules/vitest/vitest.mjs');
    const { exitCode, stdout, stderr } = await runCommand(
      await nodeBinary(node),
      [vitest, 'run', '--project', 'applications', ...files],
      { directory: CHECKOUT, timeoutMs: TIMEOUT_MS },
    );
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
    expect(stdout).toMatch(/^\d{2,} passed, 0 failed, 0 skipped$/m);
  },
);
