import type { Counter } from '../../../src/core/metric/counter.js';
import type { Aggregation } from '../../../src/core/family-definition.js';
import type { Gauge } from '../../../src/core/metric/gauge.js';
import type { Histogram } from '../../../src/core/metric/histogram.js';
import { RegistryLease } from '../../../src/registry/registry-lease.js';
import { MetricsRegistry } from '../../../src/registry/metrics-registry.js';
import { exposeAsText } from '../../../src/service/expose-as-text.js';
import type { HostClient, HostUnderTest } from '../../support/host-clients.js';
import { parseExposition } from '../../support/parse-exposition.js';

export const JOBS = {
  name: 'jobs_total',
  type: 'counter',
  help: 'Jobs\n"done" \\.',
  labelNames: ['queue', 'state'],
} as const;
export const DEPTH = { name: 'depth', type: 'gauge', help: 'Depth.', labelNames: ['queue'] } as const;
export const WAIT = {
  name: 'wait_seconds',
  type: 'histogram',
  help: 'Waiting.',
  labelNames: ['queue'],
  buckets: [0.5, 1],
} as const;
export const UP = { name: 'up', type: 'gauge', help: 'Up.', labelNames: [] } as const;

/** What one process recorded. */
export interface Recorded {
  readonly jobs: number;
  readonly depth: number;
  readonly waits: readonly number[];
}

/** Families of ours in a registry of the client's. */
export function filledHost(client: HostClient, recorded: Recorded, aggregation: Aggregation = 'sum') {
  const host = new client.Registry();
  const registry = new MetricsRegistry(host, 'app_');
  const application = new RegistryLease(registry);
  const jobs: Counter<'queue' | 'state'> = application.customFamily(JOBS);
  const depth: Gauge<'queue'> = application.customFamily({ ...DEPTH, aggregation });
  const wait: Histogram<'queue'> = application.customFamily(WAIT);
  const up: Gauge<never> = application.customFamily(UP);
  jobs.inc(['ma"il\\\n', 'ok'], recorded.jobs);
  jobs.inc(['sms', ''], recorded.jobs * 2);
  depth.set(['mail'], recorded.depth);
  recorded.waits.forEach((seconds) => wait.observe(['mail'], seconds));
  up.set(1);
  const scrape = async () => parseExposition(await exposeAsText(registry));
  return { host, registry, application, jobs, depth, wait, up, scrape };
}

/** Metrics of the client's own with the same names and numbers. */
export function filledOwnHost(
  client: HostClient,
  recorded: Recorded,
  aggregator = 'sum',
): { host: HostUnderTest } {
  const host = new client.Registry();
  const registers = [host];
  const jobs = new client.Counter({ ...JOBS, registers });
  const depth = new client.Gauge({ ...DEPTH, aggregator, registers });
  const wait = new client.Histogram({ ...WAIT, registers });
  const up = new client.Gauge({ ...UP, registers });
  jobs.inc({ queue: 'ma"il\\\n', state: 'ok' }, recorded.jobs);
  jobs.inc({ queue: 'sms', state: '' }, recorded.jobs * 2);
  depth.set({ queue: 'mail' }, recorded.depth);
  recorded.waits.forEach((seconds) => wait.observe({ queue: 'mail' }, seconds));
  up.set(1);
  return { host };
}
