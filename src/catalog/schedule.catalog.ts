import type { CatalogFamily } from './catalog-family.js';

const group = 'Schedules';
const when = '`@nestjs/schedule` is in the application, and `schedules` is not `false`';

/** Buckets of runs in seconds: from a look into a table to an hour of work. */
export const SCHEDULE_RUN_DURATION_BUCKETS_SECONDS = [
  0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600,
] as const;

const JOB =
  '`job` is the name that you gave, else `Class.method`. Prometheus calls the label `exported_job`, because `job` is the name of the target. ';

export const SCHEDULE_RUN_DURATION_SECONDS = {
  name: 'schedule_run_duration_seconds',
  type: 'histogram',
  labelNames: ['job', 'outcome'],
  buckets: SCHEDULE_RUN_DURATION_BUCKETS_SECONDS,
  help: 'Duration of runs of scheduled jobs in seconds by outcome.',
  atZero: 'success and error of each job from the start',
  group,
  when,
  contract: false,
  exemplars: 'of the code that calls the job',
  meaning:
    JOB +
    'From the call of the job to its return, or to the settlement of the promise that it returns. `outcome` is success, error (it threw ' +
    'or rejected), or cancelled: the job rejected with an `AbortError`, or was running when the application closed. A run that never ' +
    'ends is in `schedule_runs_in_flight` only.',
} as const satisfies CatalogFamily;

export const SCHEDULE_LAST_SUCCESS_TIMESTAMP_SECONDS = {
  name: 'schedule_last_success_timestamp_seconds',
  type: 'gauge',
  labelNames: ['job'],
  help: 'Unix time in seconds at which the job last ended with success.',
  aggregation: 'max',
  atZero: 'no series; each job from its first success in this process on',
  group,
  when,
  contract: false,
  meaning: JOB + 'A job that has not succeeded since the start of the process has no series.',
} as const satisfies CatalogFamily;

export const SCHEDULE_RUNS_IN_FLIGHT = {
  name: 'schedule_runs_in_flight',
  type: 'gauge',
  labelNames: ['job'],
  help: 'Runs of scheduled jobs that have begun and not ended.',
  atZero: 'each job from the start',
  group,
  when,
  contract: false,
  meaning: JOB + 'Above 1, the job runs beside itself.',
} as const satisfies CatalogFamily;

export const SCHEDULE_OVERLAPS_TOTAL = {
  name: 'schedule_overlaps_total',
  type: 'counter',
  labelNames: ['job'],
  help: 'Total runs of scheduled jobs that began while an earlier run of the same job had not ended.',
  atZero: 'each job from the start',
  group,
  when,
  contract: false,
  meaning:
    JOB +
    'Runs of one process only: other processes that run the same job at the same time are not seen. Runs that the scheduler skips ' +
    '(`waitForCompletion`) are no runs.',
} as const satisfies CatalogFamily;

export const SCHEDULE_FAMILIES: readonly CatalogFamily[] = [
  SCHEDULE_RUN_DURATION_SECONDS,
  SCHEDULE_LAST_SUCCESS_TIMESTAMP_SECONDS,
  SCHEDULE_RUNS_IN_FLIGHT,
  SCHEDULE_OVERLAPS_TOTAL,
];
