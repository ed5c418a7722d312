import type { Guide } from './guide.interface.js';

export const SLO_GUIDE: Guide = {
  slo_objective_ratio: {
    unit: 'a share, from 0 to 1',
    query:
      '1 - (sum by (job) (rate(#http_requests_total{status=~"5.."}[1d])) / sum by (job) (rate(#http_requests_total[1d]))) / on (job) (1 - max by (job) (#slo_objective_ratio{slo="availability"}))',
    remedy:
      '**When little of the budget is left**: the query is the share of it. Stop risky releases, and do what the alerts `ServiceErrors` and `ServiceSlow` say in [alerts.md](alerts.md). **When the objective is never missed**: it may be too low to say anything. **When its panels are empty**: they read what the rules record, so load the file of rules.',
  },
  slo_latency_threshold_seconds: {
    unit: 'seconds',
    query: 'count_values by (job) ("le", #slo_latency_threshold_seconds)',
    remedy:
      '**When a job has two values for long**: a deployment is stuck. Its rules use the larger one. See [monitoring.md](monitoring.md#service-level-objectives).',
  },
};
