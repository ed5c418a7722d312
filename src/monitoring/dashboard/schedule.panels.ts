import { top } from './http.panels.js';
import type { PanelRow } from './panel.interface.js';

export const SCHEDULES_ROW: PanelRow = {
  title: 'Scheduled jobs',
  panels: [
    {
      title: 'Time since the last success',
      unit: 's',
      queries: [
        {
          expr: top('time() - max by (exported_job) (#schedule_last_success_timestamp_seconds)'),
          legend: '{{exported_job}}',
        },
      ],
      explains: ['schedule_last_success_timestamp_seconds'],
      emptyWhile: 'no job has succeeded since the start',
    },
    {
      title: 'Runs by outcome',
      unit: 'ops',
      queries: [
        {
          expr: top('sum by (exported_job, outcome) (rate(#schedule_run_duration_seconds_count[5m]))'),
          legend: '{{exported_job}} {{outcome}}',
        },
      ],
      explains: ['schedule_run_duration_seconds'],
    },
    {
      title: 'Average duration of runs',
      emptyWhile: 'no job runs',
      unit: 's',
      queries: [
        {
          expr: top(
            'sum by (exported_job) (rate(#schedule_run_duration_seconds_sum[5m])) / sum by (exported_job) (rate(#schedule_run_duration_seconds_count[5m]))',
          ),
          legend: '{{exported_job}}',
        },
      ],
      explains: ['schedule_run_duration_seconds'],
    },
    {
      title: 'Runs in flight',
      unit: 'short',
      queries: [
        {
          expr: top('sum by (exported_job) (#schedule_runs_in_flight)'),
          legend: '{{exported_job}}',
        },
      ],
      explains: ['schedule_runs_in_flight'],
    },
    {
      title: 'Overlapping runs',
      unit: 'ops',
      queries: [
        {
          expr: top('sum by (exported_job) (rate(#schedule_overlaps_total[5m])) > 0'),
          legend: '{{exported_job}}',
        },
      ],
      explains: ['schedule_overlaps_total'],
      emptyWhile: 'no run overlaps another one of its job',
    },
  ],
};
