import type { AlertRule } from './rule.interface.js';

const LAST = '#schedule_last_success_timestamp_seconds';

/** A job's average time between two successes in the last week. Prometheus sees one success for each scrape at most. */
const USUAL_GAP = `(${LAST} - min_over_time(${LAST}[7d])) / (changes(${LAST}[7d]) > 2)`;

/** Alerts about scheduled jobs. */
export const SCHEDULE_ALERTS: readonly AlertRule[] = [
  {
    alert: 'ScheduledJobFails',
    expr: 'increase(#schedule_run_duration_seconds_count{outcome="error"}[1h]) > 0',
    for: '1m',
    severity: 'warning',
    summary: 'A scheduled job fails.',
    description:
      '{{ $labels.exported_job }} of {{ $labels.instance }} failed {{ $value | humanize }} times in an hour.',
    remedy:
      'The log has the error: `@nestjs/schedule` logs it and starts the job again at its next time. A job that may fail now and then, ' +
      'because it is repeated soon, deserves a rule of its own: compare with its runs, `#schedule_run_duration_seconds_count`.',
  },
  {
    alert: 'ScheduledJobOverdue',
    expr: `time() - ${LAST} > 3 * ${USUAL_GAP}`,
    for: '5m',
    severity: 'warning',
    summary: 'A scheduled job has not succeeded for three times its usual interval.',
    description:
      'The last success of {{ $labels.exported_job }} of {{ $labels.instance }} was {{ $value | humanizeDuration }} ago.',
    remedy:
      '**It fails**: see ScheduledJobFails. **It hangs**: `#schedule_runs_in_flight` stays above 0, so give what it waits for a time limit. ' +
      '**It is not started**: it was stopped or deleted (`SchedulerRegistry`), or its locks say that another process runs it. The rule ' +
      'learns the interval from the successes of a week, so it knows no job that succeeds less than three times in it: write a rule with ' +
      'a fixed time for those.',
  },
];
