import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runCommand } from '../support/consumer-process.js';

const TIMEOUT_MS = 180_000;

it('the testing aid serves node:test', async () => {
  const directory = fileURLToPath(new URL('node-test/', import.meta.url));

  const { exitCode, stdout, stderr } = await runCommand(
    process.execPath,
    ['--test', '--test-reporter=tap', 'metrics.test.mjs'],
    { directory, timeoutMs: TIMEOUT_MS },
  );

  expect({ exitCode, stdout, stderr }).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('# pass 1\n'),
  });
});
