import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { ClusterProcess, type ClusterWorker } from '../support/cluster-process.js';
import { ask } from '../support/http-client.js';
import { parseExposition, seriesKey } from '../support/parse-exposition.js';
import { until } from '../support/watched-database.js';

const TIMEOUT_MS = 1000;
const SCRAPE_EVERY_MS = 200;
const CLIENTS = 16;
const PATIENCE_MS = 60_000;
/** New connections come to new workers. */
const VISITS_PER_CONNECTION = 50;

let started: ClusterProcess | undefined;
afterEach(async () => {
  await started?.stop();
  started = undefined;
});

const OK = seriesKey('hyperdjango_http_requests_total', { method: 'GET', status: '200' });
const OBSERVED = seriesKey('hyperdjango_http_request_duration_seconds_count');
const STARTS = seriesKey('hyperdjango_cluster_starts_total');
const STUCK = seriesKey('hyperdjango_metrics_collector_errors_total', { collector: 'cluster' });

interface Scrape {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly series: Readonly<Record<string, number>>;
}

async function scrape({ scrapeUrl }: ClusterWorker): Promise<Scrape> {
  const startedAtMs = performance.now();
  const { status, body } = await Promise.race([ask(scrapeUrl), late()]);
  const endedAtMs = performance.now();
  expect(status).toBe(200);
  return { startedAtMs, endedAtMs, series: parseExposition(body).series };
}

async function scrapeInto(worker: ClusterWorker, scrapes: Scrape[], failures: unknown[]): Promise<void> {
  try {
    scrapes.push(await scrape(worker));
  } catch (error) {
    failures.push(error);
  }
}

async function late(): Promise<never> {
  await delay(PATIENCE_MS, undefined, { ref: false });
  throw new Error('The scrape is not answered.');
}

/** Requests of several clients, until the end is asked for. */
class Load {
  answered = 0;
  isEnding = false;
  private sent = 0;
  /** When each worker has answered. */
  readonly answers = new Map<number, number[]>();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });

  constructor(private readonly url: string) {}

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, () => this.client()));
    this.agent.destroy();
  }

  private async client(): Promise<void> {
    while (!this.isEnding) {
      this.sent += 1;
      const worker = await this.visit(this.sent % VISITS_PER_CONNECTION === 0 ? { connection: 'close' } : {});
      if (worker !== undefined) {
        this.answered += 1;
        this.answers.set(worker, [...(this.answers.get(worker) ?? []), performance.now()].slice(-5000));
      }
      // The clients share two cores with the workers.
      await delay(1);
    }
  }

  /** `undefined` when the worker is gone. */
  private visit(headers: OutgoingHttpHeaders): Promise<number | undefined> {
    return new Promise((resolve) => {
      const outgoing = request(`${this.url}/work`, { agent: this.agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (data: string) => (text += data));
        response.on('error', () => resolve(undefined));
        response.on('end', () => resolve(Number(text)));
      });
      outgoing.on('error', () => resolve(undefined));
      // Node's primary loses a connection that it hands to a worker which dies: nobody closes that.
      outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy());
      outgoing.end();
    });
  }
}

it(
  'answers scrapes of any worker rightly while others leave, die, stop and come',
  { timeout: 400_000 },
  async () => {
    const cluster = await ClusterProcess.start(4, { timeoutMs: TIMEOUT_MS });
    started = cluster;
    const [first, leaving, killed, stopped] = [...cluster.workers.values()] as [
      ClusterWorker,
      ClusterWorker,
      ClusterWorker,
      ClusterWorker,
    ];
    const unfit = new Set<number>();
    const load = new Load(first.url);
    const scrapes: Scrape[] = [];
    const failures: unknown[] = [];
    const underway = new Set<Promise<void>>();
    let turn = 0;
    const scraping = setInterval(() => {
      const fit = [...cluster.workers.values()].filter(({ id }) => !unfit.has(id));
      const one = scrapeInto(fit[turn++ % fit.length] as ClusterWorker, scrapes, failures).finally(() =>
        underway.delete(one),
      );
      underway.add(one);
    }, SCRAPE_EVERY_MS);
    const running = load.run();

    const hasAnswered = (id: number) => (load.answers.get(id)?.length ?? 0) > 100;
    await until('the first requests', () => hasAnswered(leaving.id) && hasAnswered(killed.id));
    unfit.add(leaving.id);
    await Promise.all(underway);
    cluster.signal(leaving.id, 'SIGTERM');
    await cluster.exit(leaving.id);

    const before = load.answered;
    await until('further requests', () => load.answered > before + 1000);
    unfit.add(killed.id);
    await Promise.all(underway);
    const lastSnapshotAtMs = (scrapes.at(-1) as Scrape).startedAtMs;
    cluster.signal(killed.id, 'SIGKILL');
    expect(await cluster.exit(killed.id)).toMatchObject({ signal: 'SIGKILL' });
    const replacement = await cluster.addWorker();
    await until('requests to the replacement', () => hasAnswered(replacement.id));

    unfit.add(stopped.id);
    await Promise.all(underway);
    cluster.signal(stopped.id, 'SIGSTOP');
    const stoppedAtMs = performance.now();
    // While one stands still the others are scraped as before, and each scrape says that something is missing.
    const meanwhile = () => scrapes.filter(({ startedAtMs }) => startedAtMs > stoppedAtMs);
    await until('scrapes while one worker is stopped', () => meanwhile().length > 10);
    const stuckBefore = (scrapes.at(-1) as Scrape).series[STUCK];
    expect(stuckBefore).toBeGreaterThan(0);
    cluster.signal(stopped.id, 'SIGCONT');
    load.isEnding = true;
    await running;
    unfit.delete(stopped.id);
    clearInterval(scraping);
    await Promise.all(underway);

    const last = await scrape(replacement);
    scrapes.push(last);
    expect(failures).toEqual([]);
    expect(backwards(scrapes)).toEqual([]);
    expect(last.series[STUCK]).toBeGreaterThan(0);
    // Four workers and the replacement, whether they left, died or live.
    expect(last.series[STARTS]).toBe(5);
    await expect
      .poll(() => cluster.output.text)
      .toContain(
        `Metrics of other processes are stale or missing in a scrape: worker ${stopped.id} (pid ${stopped.pid}) did not answer within`,
      );

    const lost = (load.answers.get(killed.id) ?? []).filter((atMs) => atMs > lastSnapshotAtMs).length;
    const counted = last.series[OK] as number;
    expect(counted).toBeGreaterThanOrEqual(load.answered - lost);
    expect(counted).toBeLessThanOrEqual(load.answered);
    expect(last.series[OBSERVED]).toBe(counted);
    // Three workers live: the depths of those that are no more are gone.
    expect(last.series[seriesKey('queue_depth')]).toBe(30);
  },
);

it('merges metrics of prom-client by their own aggregators', async () => {
  started = await ClusterProcess.start(3, { workerLabel: false });
  const [first] = [...started.workers.values()] as [ClusterWorker];
  const { series } = await scrape(first);
  const foreign = Object.entries(series).filter(([name]) => name.startsWith('foreign_'));
  expect(Object.fromEntries(foreign)).toEqual({
    [seriesKey('foreign_sum_gauge')]: 6,
    [seriesKey('foreign_min_gauge')]: 1,
    [seriesKey('foreign_max_gauge')]: 3,
    [seriesKey('foreign_average_gauge')]: 2,
    [seriesKey('foreign_first_gauge')]: expect.any(Number) as number,
    [seriesKey('foreign_total', { x: 'a' })]: 1.5,
  });
});

it('refuses scrapes while the primary is busy, rather than answer with less than before', async () => {
  started = await ClusterProcess.start(2, { timeoutMs: 200 });
  const workers = [...started.workers.values()];
  const work = () => Promise.all(workers.map(({ scrapeUrl }) => ask(new URL('/work', scrapeUrl).href)));
  await work();
  const scrapes = [await scrape(workers[0] as ClusterWorker), await scrape(workers[1] as ClusterWorker)];
  expect(scrapes.map(({ series }) => series[OK])).toEqual([2, 2]);
  started.stopPrimary();
  const refusals: Awaited<ReturnType<typeof ask>>[] = [];
  while (refusals.length <= 5) {
    await work();
    for (const { scrapeUrl } of workers) {
      const startedAtMs = performance.now();
      const answer = await ask(scrapeUrl);
      if (answer.status === 200) {
        const { series } = parseExposition(answer.body);
        scrapes.push({ startedAtMs, endedAtMs: performance.now(), series });
      } else {
        refusals.push(answer);
      }
    }
    await delay(50);
  }
  started.continuePrimary();
  expect(new Set(refusals.map(({ status, body }) => `${status} ${body.toString()}`))).toEqual(
    new Set(['503 The metrics of all processes are not available: the primary does not answer in time.\n']),
  );
  expect(refusals[0]?.headers['retry-after']).toBe('1');
  await until('the primary', async () => (await ask((workers[0] as ClusterWorker).scrapeUrl)).status === 200);
  const after = await Promise.all(workers.map(scrape));
  expect(backwards([...scrapes, ...after])).toEqual([]);
  expect(after[0]?.series[STUCK]).toBeGreaterThanOrEqual(refusals.length);
  expect(started.output.text.match(/A scrape was refused: the primary does not answer/g)).toHaveLength(2);
  expect(started.output.text).not.toContain('A scrape failed');

  // A host that looks for the `type` of its own messages finds none in all that was said.
  const { body } = await ask(new URL('/heard', workers[0]?.scrapeUrl).href);
  expect(JSON.parse(body.toString())).toEqual(['nestjs-hyper-metrics']);
  expect([...(await started.heardByPrimary())].toSorted()).toEqual(['listening', 'nestjs-hyper-metrics']);
});

/** What any scrape has less of than one that had ended when it began. */
function backwards(scrapes: readonly Scrape[]): string[] {
  const rising = (series: string): boolean =>
    /_(total|count|sum|bucket)[[{]/.test(series) && !series.startsWith('nodejs_active');
  return scrapes.flatMap((later) => {
    const before = scrapes.filter(({ endedAtMs }) => endedAtMs <= later.startedAtMs);
    return Object.entries(later.series).flatMap(([series, value]) =>
      before.some((earlier) => rising(series) && (earlier.series[series] ?? 0) > value) ? [series] : [],
    );
  });
}
