import { poll } from '../../../sample/src/common/poll.js';
import type { ConsumerApplication } from '../../support/consumer-process.js';
import type { CountingPostgres, StatementCounts } from '../../support/counting-postgres.js';
import { type Exposition, readExposition, sumOf } from '../../support/exposition.js';
import type { LiveState } from '../../../src/live/live-messages.js';
import { FeedReader } from '../../support/feed-reader.js';
import { ask } from '../../support/http-client.js';
import { type Answer, ShopClient } from './client.js';
import type { Visit } from './traffic.js';
import type { VendureProject } from './vendure-project.js';

const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0';
const PROTOBUF =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
const QUIET = { timeoutMs: 60_000, intervalMs: 250 };

/** A line that the application printed. */
export interface LogEntry {
  readonly level: string;
  readonly context?: string;
  readonly message: string;
}

/** An N+1 pattern, of the library's `PerformanceTracker`. */
export interface Finding {
  readonly route: string;
  readonly fingerprint: string;
  readonly location?: string;
}

export interface ShopRun {
  readonly answers: readonly Answer[];
  /** What the server executed meanwhile. */
  readonly statements: StatementCounts;
  /** Before the first request and after the last one; empty without the module. */
  readonly before: Exposition;
  readonly after: Exposition;
  readonly findings: readonly Finding[];
  readonly log: readonly LogEntry[];
  readonly stderr: string;
  /** What the endpoint shows at the end, if the module has these. */
  readonly shown: Shown | undefined;
}

export interface Shown {
  readonly openMetrics: string;
  readonly protobuf: Buffer;
  readonly page: { readonly status: number; readonly contentType: string | undefined };
  /** Of the live page. */
  readonly state: LiveState | undefined;
}

export interface ShopOptions {
  readonly name: string;
  readonly template: string;
  readonly metrics?: object;
  /** Whether the module has the live page, OpenMetrics and native histograms. */
  readonly isWatched?: boolean;
}

/** Starts the shop on a copy of the populated database, sends the traffic, and stops it. */
export async function runShop(
  project: VendureProject,
  postgres: CountingPostgres,
  { name, template, metrics, isWatched = false }: ShopOptions,
  traffic: readonly Visit[],
): Promise<ShopRun> {
  const application = await project.start(await postgres.createDatabase(name, template), metrics);
  try {
    const scrape = (): Promise<Exposition> => readMetrics(metrics && application.url);
    await untilQuiet(postgres, name, scrape);
    await postgres.reset();
    const before = await scrape();
    const client = new ShopClient(application.url);
    const answers: Answer[] = [];
    for (const visit of traffic) answers.push(await client.send(visit));
    await untilQuiet(postgres, name, scrape);
    const statements = await postgres.counts(name);
    const after = await scrape();
    const feed = isWatched ? await FeedReader.open(`${application.url}/metrics/live/feed`) : undefined;
    const shown = feed && (await readShown(application.url, feed));
    // The feed is open: it must not keep the shop from closing.
    await application.stop();
    await feed?.ended;
    return { answers, statements, before, after, shown, ...readOutput(application) };
  } finally {
    await application.stop();
  }
}

/** Vendure goes on for a moment after it has answered, and after it began to listen. */
async function untilQuiet(
  postgres: CountingPostgres,
  database: string,
  scrape: () => Promise<Exposition>,
): Promise<void> {
  let last = '';
  const isQuiet = async (): Promise<boolean> => {
    const busy = sumOf(await scrape(), 'hyperdjango_db_queries_in_flight');
    const now = JSON.stringify(await postgres.counts(database));
    const quiet = busy === 0 && now === last;
    last = now;
    return quiet;
  };
  if (!(await poll(isQuiet, QUIET))) throw new Error('The shop goes on and on.');
}

async function readMetrics(url: string | undefined): Promise<Exposition> {
  if (url === undefined) return new Map();
  const response = await fetch(`${url}/metrics`);
  if (response.status !== 200) throw new Error(`The scrape was answered with ${response.status}.`);
  return readExposition(await response.text());
}

async function readShown(url: string, feed: FeedReader): Promise<Shown> {
  const page = await ask(`${url}/metrics/live`);
  return {
    openMetrics: (await ask(`${url}/metrics`, { accept: OPEN_METRICS })).body.toString(),
    protobuf: (await ask(`${url}/metrics`, { accept: PROTOBUF })).body,
    page: { status: page.status, contentType: page.headers['content-type'] },
    state: await feed.sampledState(),
  };
}

function readOutput({ stdout, stderr }: ConsumerApplication): Pick<ShopRun, 'findings' | 'log' | 'stderr'> {
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogEntry | { readonly findings: readonly Finding[] });
  return {
    findings: lines.flatMap((line) => ('findings' in line ? line.findings : [])),
    log: lines.filter((line) => 'level' in line),
    stderr,
  };
}
