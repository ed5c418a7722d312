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

export const PROCESS_FAMILIES: readonly CatalogFamily[] = [
  INFO,
  UPTIME_SECONDS,
  PROCESS_START_TIME_SECONDS,
  CLUSTER_STARTS_TOTAL,
];
