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

export const PROCESS_FAMILIES: readonly CatalogFamily[] = [INFO, UPTIME_SECONDS, PROCESS_START_TIME_SECONDS];
