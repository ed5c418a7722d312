import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { runCommand } from '../support/consumer-process.js';
import { CHECKOUT } from '../support/sample-process.js';
import { nodeBinary } from './node-binary.js';

const TIMEOUT_MS = 600_000;

/** Which channels Node has, what it publishes on them, and which undici is behind fetch(), depends on the release. */
const OUTGOING = ['e2e/outgoing-failures', 'e2e/outgoing-requests'];
/** What V8 writes into a stack, and when a promise settles, depends on the release. */
const QUERIES = ['forms', 'promises', 'twins'].map((name) => `integration/query-hook-${name}`);

it.each([
  ['20', [...OUTGOING, ...QUERIES]],
  ['22', [...OUTGOING, ...QUERIES]],
  ['24', [...OUTGOING, ...QUERIES]],
  ['26', OUTGOING],
] as const)(
  'on Node %s, every outgoing request is counted as it ended, and every form of query() gives what it gives without a hook',
  { timeout: TIMEOUT_MS },
  async (node, names) => {
    const vitest = join(CHECKOUT, 'node_modules/vitest/vitest.mjs');
    const files = names.map((name) => `test/${name}.test.ts`);
    const { exitCode, stdout, stderr } = await runCommand(
      await nodeBinary(node),
      [vitest, 'run', '--project', 'applications', ...files],
      { directory: CHECKOUT, timeoutMs: TIMEOUT_MS },
    );
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
    const text = stripVTControlCharacters(stdout);
    expect(text).toMatch(new RegExp(`^ *Test Files +${files.length} passed \\(${files.length}\\)$`, 'm'));
    expect(text).toMatch(/^\d{2,} passed, 0 failed, 0 skipped$/m);
  },
);
