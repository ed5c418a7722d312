import { afterEach, expect, it } from 'vitest';
import { ClusterProcess, type ClusterWorker } from '../support/cluster-process.js';
import { ask } from '../support/http-client.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { until } from '../support/watched-database.js';

let started: ClusterProcess | undefined;
afterEach(async () => {
  await started?.stop();
  started = undefined;
});

const SLOW = seriesKey('slow_gauge');
const FOREIGN = seriesKey('foreign_total', { x: 'a' });

async function scrape(worker: ClusterWorker, timeoutSeconds?: number) {
  const headers =
    timeoutSeconds === undefined ? {} : { 'X-Prometheus-Scrape-Timeout-Seconds': String(timeoutSeconds) };
  const { status, body } = await ask(worker.scrapeUrl, headers);
  return { status, series: parseExposition(body).series };
}

it('answers scrapes with many metrics of prom-client in each worker', async () => {
  const series = 50_000;
  started = await ClusterProcess.start(3, { timeoutMs: 10_000 }, { series });
  const workers = [...started.workers.values()];
  for (let round = 0; round < 3; round += 1) {
    for (const worker of workers) {
      const answer = await scrape(worker);
      expect(answer.status).toBe(200);
      const counted = Object.entries(answer.series).filter(([name]) => name.startsWith('many_total'));
      expect(counted).toHaveLength(series);
      expect(new Set(counted.map(([, value]) => value))).toEqual(new Set([3]));
    }
  }
});

it('answers scrapes, from all workers in the end, where gathering takes longer than timeoutMs, and says where', async () => {
  const timeoutMs = 300;
  started = await ClusterProcess.start(3, { timeoutMs }, { slow: { worker: 2, blockMs: 2 * timeoutMs } });
  const cluster = started;
  const [first, slow, third] = [...cluster.workers.values()].toSorted((one, other) => one.id - other.id) as [
    ClusterWorker,
    ClusterWorker,
    ClusterWorker,
  ];
  const statuses: number[] = [];
  // Its numbers come late each time, and count in the next scrape.
  await until('the numbers of all', async () => {
    const { status, series } = await scrape(first);
    statuses.push(status);
    return series[FOREIGN] === 1.5;
  });
  for (const worker of [slow, third, slow, first]) {
    const { status, series } = await scrape(worker);
    statuses.push(status);
    expect(series[FOREIGN]).toBe(1.5);
  }
  expect(new Set(statuses)).toEqual(new Set([200]));
  await expect.poll(() => cluster.output.text).toContain('cluster.timeoutMs is too short for this process');
  await expect
    .poll(() => cluster.output.text)
    .toContain(`worker 2 (pid ${slow.pid}) did not answer within ${timeoutMs} ms; their last answer is used`);
  expect(cluster.output.text.match(/cluster\.timeoutMs is too short for this process/g)).toHaveLength(1);
  await expect
    .poll(() => cluster.output.text)
    .toMatch(/gathering its own metrics took \d+ ms, but other processes wait 243 ms\. Raise/);
});

it('gives each of two overlapping scrapes what its patience allows', async () => {
  started = await ClusterProcess.start(2, { timeoutMs: 60_000 }, { slow: { gatherMs: 3000 } });
  const [first, second] = [...started.workers.values()] as [ClusterWorker, ClusterWorker];
  const state = { isPatientOver: false };
  const patient = scrape(first, 60).finally(() => (state.isPatientOver = true));
  const impatient: Awaited<ReturnType<typeof scrape>>[] = [];
  while (!state.isPatientOver) {
    impatient.push(await scrape(impatient.length % 2 === 0 ? second : first, 1));
  }
  expect(impatient.length).toBeGreaterThan(0);
  expect(new Set(impatient.map(({ status }) => status))).toEqual(new Set([200]));
  expect(impatient[0]?.series[SLOW]).toBeUndefined();
  const { status, series } = await patient;
  expect(status).toBe(200);
  expect(series[SLOW]).toBe(2);
});
