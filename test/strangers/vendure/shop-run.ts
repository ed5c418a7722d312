import { poll } from '../../../sample/src/common/poll.js';
import type { ConsumerApplication } from '../../support/consumer-process.js';
import { type Exposition, readExposition, sumOf } from '../../support/exposition.js';
import { type Answer, ShopClient } from './client.js';
import type { CountingPostgres, StatementCounts } from '../../support/counting-postgres.js';
import type { Visit } from './traffic.js';
import type { VendureProject } from './vendure-project.js';

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
}

/** Starts the shop on a copy of the populated database, sends the traffic, and stops it. */
export async function runShop(
  project: VendureProject,
  postgres: CountingPostgres,
  { name, template, metrics }: { name: string; template: string; metrics?: object },
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
    await application.stop();
    return { answers, statements, before, after, ...readOutput(application) };
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

function readOutput({ stdout }: ConsumerApplication): {
  findings: readonly Finding[];
  log: readonly LogEntry[];
} {
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogEntry | { readonly findings: readonly Finding[] });
  return {
    findings: lines.flatMap((line) => ('findings' in line ? line.findings : [])),
    log: lines.filter((line) => 'level' in line),
  };
}
