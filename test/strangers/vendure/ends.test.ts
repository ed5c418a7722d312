import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CountingPostgres } from '../../support/counting-postgres.js';
import { EVERYTHING } from './everything.js';
import { VendureProject } from './vendure-project.js';

const PREPARATION_TIMEOUT_MS = 900_000;
/** Before the modules are loaded, while they are made, and about when the shop begins to listen. */
const MOMENTS_MS = [100, 1_000, 2_000, 4_000];

let project: VendureProject;
let postgres: CountingPostgres;
let url: string;

beforeAll(async () => {
  project = await VendureProject.create();
  postgres = await CountingPostgres.start();
  url = await postgres.createDatabase('faults');
  await project.populate(url);
}, PREPARATION_TIMEOUT_MS);

afterAll(async () => {
  project?.remove();
  await postgres?.stop();
});

it.each(MOMENTS_MS)('ends when it is asked to %d ms after its start', async (delayMs) => {
  const { signal, output } = await project.terminateAfter(delayMs, url, EVERYTHING);
  expect({ signal, output }).toEqual({
    signal: 'SIGTERM',
    output: expect.not.stringContaining('unhandledRejection') as string,
  });
});

it('ends as without the module when its port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    const without = await project.runAt(port, url, undefined);
    const withModule = await project.runAt(port, url, EVERYTHING);
    expect(without.stderr).toContain('EADDRINUSE');
    expect(withModule.exitCode).toBe(without.exitCode);
    expect(withModule.stderr).toContain('EADDRINUSE');
  } finally {
    other.close();
  }
});
