import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../support/consumer-process.js';
import { CHECKOUT } from '../support/sample-process.js';
import { nodeBinary } from './node-binary.js';

const FILES = ['query-hook-forms', 'query-hook-promises', 'query-hook-twins'];
const TIMEOUT_MS = 600_000;

// What V8 writes into a stack, and when a promise settles, depends on the release.
it.each(['20', '22', '24'] as const)(
  'every form of query() gives on Node %s what it gives without a hook',
  { timeout: TIMEOUT_MS },
  async (node) => {
    const files = FILES.map((file) => `test/integration/${file}.test.ts`);
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
