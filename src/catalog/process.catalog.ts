import type { CatalogFamily } from './catalog-family.js';

const group = 'Process';
const when = 'always';

export const INFO = {
  name: 'info',
  type: 'gauge',
  labelNames: ['version', 'node'],
  help: 'Application build information.',
  aggregation: 'once',
  group,
  when,
  contract: true,
  meaning:
    'Always 1. `version` is the application’s (option `version`), `node` is `process.version` without the v.',
} as const satisfies CatalogFamily;

export const UPTIME_SECONDS = {
  name: 'uptime_seconds',
  type: 'gauge',
  labelNames: [],
  help: 'Process uptime in seconds.',
  aggregation: 'max',
  group,
  when,
  contract: true,
} as const satisfies CatalogFamily;

export const PROCESS_START_TIME_SECONDS = {
  name: 'process_start_time_seconds',
  type: 'gauge',
  labelNames: [],
  help: 'Unix timestamp of the process start in seconds.',
  aggregation: 'min',
  group,
  when,
  contract: true,
} as const satisfies CatalogFamily;

export const CLUSTER_STARTS_TOTAL = {
  name: 'cluster_starts_total',
  type: 'counter',
  labelNames: [],
  help: 'Total starts of the application in processes and threads of the cluster.',
  group,
  when: '`cluster` is on',
  contract: false,
  meaning:
    'The sum of all processes and threads, ended ones included: a replaced worker adds 1. A process that ended before it was ever ' +
    'part of a scrape is not counted.',
} as const satisfies CatalogFamily;

const whenRuntime = '`runtimeMetrics` is on';

export const EVENTLOOP_UTILIZATION_RATIO = {
  name: 'eventloop_utilization_ratio',
  type: 'gauge',
  labelNames: [],
  help: 'Share of time in which the event loop was busy, from 0 to 1, over at least the last 10 seconds.',
  aggregation: 'max',
  group,
  when: whenRuntime,
  contract: false,
  meaning:
    'The window begins at the latest scrape that is at least 10 seconds old, whoever sent it, so that several scrapers agree; before there ' +
    'is one, at the start. Of several processes and threads, the busiest.',
} as const satisfies CatalogFamily;

export const PROCESS_MEMORY_LIMIT_BYTES = {
  name: 'process_memory_limit_bytes',
  type: 'gauge',
  labelNames: [],
  help: 'Memory in bytes that the process may use together with the other processes of its container.',
  aggregation: 'min',
  group,
  when: `${whenRuntime}, and there is a limit that can be read`,
  contract: false,
  meaning:
    'The lowest limit of the process’ control group (cgroup v1 or v2) and of those above it that are visible; elsewhere ' +
    '`process.constrainedMemory()`. Read anew every 30 seconds.',
} as const satisfies CatalogFamily;

export const PROCESS_CPU_LIMIT_CORES = {
  name: 'process_cpu_limit_cores',
  type: 'gauge',
  labelNames: [],
  help: 'CPU time in cores that the process may use together with the other processes of its container.',
  aggregation: 'min',
  group,
  when: `${whenRuntime}, and there is a limit that can be read`,
  contract: false,
  meaning:
    'The quota of the process’ control group divided by its period, such as 0.5; the lowest one of the group and of those above it that ' +
    'are visible. Only on Linux. Read anew every 30 seconds.',
} as const satisfies CatalogFamily;

export const PROCESS_FAMILIES: readonly CatalogFamily[] = [
  INFO,
  UPTIME_SECONDS,
  PROCESS_START_TIME_SECONDS,
  CLUSTER_STARTS_TOTAL,
  EVENTLOOP_UTILIZATION_RATIO,
  PROCESS_MEMORY_LIMIT_BYTES,
  PROCESS_CPU_LIMIT_CORES,
];
