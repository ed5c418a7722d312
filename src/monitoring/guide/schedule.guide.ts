import type { Guide } from './guide.interface.js';

export const SCHEDULE_GUIDE: Guide = {
  schedule_run_duration_seconds: {
    unit: 'seconds',
    query:
      'sum by (exported_job) (increase(#schedule_run_duration_seconds_sum[1h])) / sum by (exported_job) (increase(#schedule_run_duration_seconds_count[1h]))',
    remedy:
      '**When a job fails** (`outcome="error"`): see the log. **When a job takes longer and longer**: what it reads grows. Its queries are in ' +
      '`#db_route_query_seconds_total` under the route `job:<name>`.',
  },
  schedule_last_success_timestamp_seconds: {
    unit: 'Unix time in seconds',
    query: 'time() - max by (exported_job) (#schedule_last_success_timestamp_seconds)',
    remedy:
      '**When the age exceeds the time between two runs**: the job fails, hangs, or is not started any more. Look at its failed runs and ' +
      'at `#schedule_runs_in_flight`.',
  },
  schedule_runs_in_flight: {
    unit: 'runs',
    query: 'min_over_time(#schedule_runs_in_flight[1h])',
    remedy:
      '**When it does not go back to 0**: the job waits for something that never happens. Give what it waits for a time limit.',
  },
  schedule_overlaps_total: {
    unit: 'runs',
    query: 'sum by (exported_job) (increase(#schedule_overlaps_total[1h]))',
    remedy:
      '**When it rises**: the job takes longer than the time between two runs. Run it less often, or set `waitForCompletion: true` on ' +
      '`@Cron()`, which skips a run while the last one goes on.',
  },
};
