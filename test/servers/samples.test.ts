import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readExposition } from '../support/exposition.js';
import { ask } from '../support/http-client.js';
import {
  COUNTED,
  OneFileSample,
  SAMPLE_NAMES,
  type SampleName,
  startScript,
  writeCopy,
} from '../support/one-file-samples.js';
import { lineAt } from '../support/line-at.js';
import { startPostgres } from '../support/postgres.js';
import {
  findMissingPrograms,
  PrometheusServer,
  readmeScrapeConfig,
  replaceOnce,
} from '../support/prometheus-server.js';
import { findMissingPushgateway, PushgatewayServer } from '../support/pushgateway-server.js';
import { sendRaw } from '../support/raw-http.js';
import { isSkipped } from '../support/skipped.js';

const PATIENCE = { timeout: 60_000, interval: 100 };
const BY_SIGNAL = { exitCode: null, signal: 'SIGTERM' };
const ANSWERED = ['HTTP/1.1 100', 'HTTP/1.1 404'];
const STOPPED = {
  'quick-start': { answers: ANSWERED, ending: BY_SIGNAL },
  fastify: { answers: ANSWERED, ending: BY_SIGNAL },
  pg: { answers: ANSWERED, ending: BY_SIGNAL },
  worker: { answers: [], ending: BY_SIGNAL },
  microservice: { answers: [], ending: BY_SIGNAL },
  cluster: { answers: ANSWERED, ending: { exitCode: 0, signal: null } },
};
const UPLOAD_HEAD = [
  'POST /nowhere HTTP/1.1',
  'Host: localhost',
  'Content-Type: application/json',
  'Content-Length: 2',
  'Expect: 100-continue',
  'Connection: close',
  '',
  '',
].join('\r\n');

/** Stops a sample that has answered 100 to the head of a request and waits for the rest. */
async function stopDuringRequest(sample: OneFileSample, name: SampleName) {
  if (name === 'microservice' || name === 'worker') return { answers: [], ending: await sample.stop() };
  const client = await sendRaw(Number(sample.address.split(':')[1]), UPLOAD_HEAD);
  const readStatus = async (): Promise<string> => String((await once(client, 'data'))[0]).slice(0, 12);
  const continued = await readStatus();
  const stopped = sample.stop();
  client.write('{}');
  return { answers: [continued, await readStatus()], ending: await stopped };
}

const skipped = isSkipped('a Prometheus that scrapes the samples of one file', findMissingPrograms());

describe('the samples of one file', () => {
  const samples = SAMPLE_NAMES.flatMap((name) => [
    { title: name, name, scriptOf: startScript },
    { title: `${name}, copied to CommonJS,`, name, scriptOf: writeCopy },
  ]);
  const running = new Map<string, OneFileSample>();
  const sampleOf = (title: string): OneFileSample => {
    const sample = running.get(title);
    if (sample === undefined) throw new Error(`${title} does not run.`);
    return sample;
  };

  beforeAll(async () => {
    const { url } = await startPostgres();
    const starts = await Promise.allSettled(
      samples.map(async ({ title, name, scriptOf }) => {
        running.set(title, await OneFileSample.start(name, scriptOf(name), { DATABASE_URL: url }));
      }),
    );
    const failures = starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []));
    if (failures.length > 0) throw new Error(failures.join('\n'));
    for (const sample of running.values()) await sample.send();
  });

  afterAll(async () => {
    await Promise.all([...running.values()].map((sample) => sample.stop()));
  });

  it.each(samples)('have $title count what it does', async ({ title, name }) => {
    await vi.waitFor(async () => {
      const { body } = await ask(`http://${sampleOf(title).address}/metrics`);
      expect(Object.fromEntries(readExposition(body.toString()))).toMatchObject(COUNTED[name]);
    }, PATIENCE);
  });

  it.skipIf(skipped)('are all scraped by one Prometheus', async () => {
    const targets = samples.map(({ title }) => `'${sampleOf(title).address}'`).join(', ');
    const prometheus = await PrometheusServer.start(
      replaceOnce(readmeScrapeConfig(0, '1s'), "'localhost:0'", targets),
    );
    onTestFinished(() => prometheus.stop());
    const query = async (expr: string) => {
      const results = await prometheus.query(expr);
      return Object.fromEntries(results.map(({ metric, value }) => [metric['instance'] ?? '', value]));
    };

    await vi.waitFor(async () => {
      expect(await query('sum(up)')).toEqual({ '': samples.length });
      // The cluster is four workers behind one address.
      const processes = await query('count by (instance) (nodejs_version_info)');
      for (const { title, name } of samples) {
        const { address } = sampleOf(title);
        expect([title, processes[address]]).toEqual([title, name === 'cluster' ? 4 : 1]);
        for (const [series, value] of Object.entries(COUNTED[name])) {
          expect([title, series, (await query(series))[address]]).toEqual([title, series, value]);
        }
      }
    }, PATIENCE);
  });

  it.each(samples)('have $title end when it is told to, and answer before', async ({ title, name }) => {
    expect(await stopDuringRequest(sampleOf(title), name)).toEqual(STOPPED[name]);
  });
});

it.each([
  ['', startScript],
  [', copied to CommonJS,', writeCopy],
] as const)('the sample’s query budget%s passes, as a file of tests', (_title, scriptOf) => {
  const { args, directory } = scriptOf('query-budget');
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 120_000 });
  if (directory !== undefined) rmSync(directory, { recursive: true });
  expect(stdout).toMatch(/# pass 2\n# fail 0\n/);
  expect(status).toBe(0);
});

it('the sample on pg names the line of TypeScript that repeats its reads', async () => {
  const { url } = await startPostgres();
  const sample = await OneFileSample.start('pg', startScript('pg'), { DATABASE_URL: url });
  onTestFinished(async () => void (await sample.stop()));
  await sample.send();

  const location = (): string | undefined =>
    /N\+1 queries: GET \/books\/one-by-one .*\n +from (sample\/src\/one-file\/pg\.ts:\d+:\d+)\./.exec(
      sample.output.text,
    )?.[1];
  await expect.poll(location, { message: sample.output.text }).toBeDefined();
  expect(lineAt(location())).toContain('WHERE id = $1');
});

const withoutGateway = isSkipped('a worker that pushes to a Pushgateway', findMissingPushgateway());

it.skipIf(withoutGateway)('the sample’s worker pushes its last numbers when it ends', async () => {
  const gateway = await PushgatewayServer.start();
  onTestFinished(() => gateway.stop());
  const worker = await OneFileSample.start('worker', startScript('worker'), { PUSHGATEWAY_URL: gateway.url });
  await vi.waitFor(async () => {
    const { body } = await ask(`http://${worker.address}/metrics`);
    expect(body.toString()).toContain('prices_imported_total 3');
  }, PATIENCE);
  expect(await worker.stop()).toEqual(BY_SIGNAL);

  const pushed = (await ask(`${gateway.url}/metrics`)).body.toString();
  expect(pushed).toMatch(/^prices_imported_total\{.*job="prices".*\} 3$/m);
  expect(pushed).toMatch(/^hyperdjango_schedule_run_duration_seconds_count\{.*outcome="success".*\} 1$/m);
});
