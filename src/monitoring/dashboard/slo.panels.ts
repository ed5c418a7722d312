import type { Expression } from '../expression.js';
import { failedShare, LATENCY_BOUND, slowShare } from '../rules/slo.rules.js';
import type { PanelRow } from './panel.interface.js';

/** Grafana's range of time that is shown. */
const SHOWN = '$__range';

export const SLO_ROW: PanelRow = {
  title: 'Service level objectives',
  panels: [
    {
      title: 'Budget left: availability',
      kind: 'stat',
      unit: 'percentunit',
      queries: [{ expr: budgetLeft('availability', failedShare(SHOWN)), legend: '{{job}}' }],
      explains: ['slo_objective_ratio'],
      thresholds: { warning: 0.25, critical: 0, falling: true },
    },
    {
      title: 'Budget left: latency',
      kind: 'stat',
      unit: 'percentunit',
      queries: [{ expr: budgetLeft('latency', slowShare(SHOWN, `(${LATENCY_BOUND})`)), legend: '{{job}}' }],
      explains: ['slo_latency_threshold_seconds'],
      thresholds: { warning: 0.25, critical: 0, falling: true },
    },
    {
      title: 'Requests that miss the objective of availability',
      unit: 'percentunit',
      queries: [
        {
          expr: `${failedShare('5m')}\nand on (job) #slo_objective_ratio{slo="availability"}`,
          legend: '{{job}}',
        },
        {
          expr: '1 - max by (job) (#slo_objective_ratio{slo="availability"})',
          legend: 'allowed, {{job}}',
        },
      ],
      explains: ['slo_objective_ratio'],
    },
    {
      title: 'Requests that miss the objective of latency',
      unit: 'percentunit',
      queries: [
        { expr: slowShare('5m', `(${LATENCY_BOUND})`), legend: '{{job}}' },
        { expr: '1 - max by (job) (#slo_objective_ratio{slo="latency"})', legend: 'allowed, {{job}}' },
      ],
      explains: ['slo_latency_threshold_seconds'],
    },
  ],
};

function budgetLeft(slo: string, share: Expression): Expression {
  return `1 - (${share}) / on (job) (1 - max by (job) (#slo_objective_ratio{slo="${slo}"}))`;
}
