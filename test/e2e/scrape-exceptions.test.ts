import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../support/scrape-exceptions.mjs', import.meta.url));

it('throws nothing on the path of a scrape, whichever metrics of prom-client are there', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT]);
  const { 'a throw that is caught': control, ...scrapes } = JSON.parse(stdout) as Record<string, string[]>;
  expect(control).toHaveLength(1);
  expect(scrapes).toEqual({ collect: [], scrape: [], 'scrape of OpenMetrics': [] });
});
