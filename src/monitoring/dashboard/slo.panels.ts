import type { Expression } from '../expression.js';
import { missedShare, SLO_ERRORS, SLO_REQUESTS } from '../rules/slo.rules.js';
import type { PanelRow } from './panel.interface.js';

/** Reads what the rules record: the samples of all instances in 30 days are too many for a panel. */
export const SLO_ROW: PanelRow = {
  title: 'Service level objectives',
  panels: [
    {
      title: 'Budget left of 30 days: availability',
      kind: 'stat',
      unit: 'percentunit',
      queries: [{ expr: budgetLeft('availability'), legend: '{{job}}' }],
      explains: ['slo_objective_ratio'],
      thresholds: { warning: 0.25, critical: 0, falling: true },
    },
    {
      title: 'Budget left of 30 days: latency',
      kind: 'stat',
      unit: 'percentunit',
      queries: [{ expr: budgetLeft('latency'), legend: '{{job}}' }],
      explains: ['slo_latency_threshold_seconds'],
      thresholds: { warning: 0.25, critical: 0, falling: true },
    },
    {
      title: 'Requests that miss the objective of availability',
      unit: 'percentunit',
      queries: [
        { expr: `${missedShare('5m')}{slo="availability"}`, legend: '{{job}}' },
        { expr: allowed('availability'), legend: 'allowed, {{job}}' },
      ],
      explains: ['slo_objective_ratio'],
    },
    {
      title: 'Requests that miss the objective of latency',
      unit: 'percentunit',
      queries: [
        { expr: `${missedShare('5m')}{slo="latency"}`, legend: '{{job}}' },
        { expr: allowed('latency'), legend: 'allowed, {{job}}' },
      ],
      explains: ['slo_latency_threshold_seconds'],
    },
  ],
};

function allowed(slo: string): Expression {
  return `1 - max by (job) (#slo_objective_ratio{slo="${slo}"})`;
}

function budgetLeft(slo: string): Expression {
  const total = (rate: Expression): Expression => `sum_over_time(${rate}{slo="${slo}"}[30d])`;
  return `1 - ${total(SLO_ERRORS)} / ${total(SLO_REQUESTS)} / on (job) (${allowed(slo)})`;
}
