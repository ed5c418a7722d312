import type { Expression } from '../expression.js';
import type { AlertRule, RecordingRule, RuleGroup } from './rule.interface.js';

/** How fast an error budget is used up: 1 uses the budget of a period within that period. */
interface BurnRate {
  readonly factor: number;
  readonly long: string;
  readonly short: string;
}

/**
 * The windows and factors of the Site Reliability Workbook for a period of 30 days: an alert needs the rate in a long window, so that
 * little errors do not ring, and in a short one, so that it ends soon after the errors.
 *
 * @see https://sre.google/workbook/alerting-on-slos/
 */
const FAST: readonly BurnRate[] = [
  { factor: 14.4, long: '1h', short: '5m' },
  { factor: 6, long: '6h', short: '30m' },
];
const SLOW: readonly BurnRate[] = [
  { factor: 3, long: '1d', short: '2h' },
  { factor: 1, long: '3d', short: '6h' },
];

const WINDOWS = [...new Set([...FAST, ...SLOW].flatMap(({ short, long }) => [short, long]))];

const BUDGET: Expression = 'job_slo:#slo_error_budget:ratio';
const THRESHOLD: Expression = 'job_le:#slo_latency_threshold:info';

const errors = (window: string): Expression => `job_slo:#slo_errors:ratio_rate${window}`;

/** Only of services that have the objective: one file of rules serves those with and without. */
function ofServicesWith(slo: string, expr: Expression): Expression {
  return `${expr}\nand on (job) #slo_objective_ratio{slo="${slo}"}`;
}

/** Share of requests that were answered with 5xx. */
export function failedShare(window: string): Expression {
  return [
    `sum by (job) (rate(#http_requests_total{status=~"5.."}[${window}]))`,
    `/ sum by (job) (rate(#http_requests_total[${window}]))`,
  ].join('\n');
}

/** Share of requests that took longer than the threshold, which is the bound of a bucket. */
export function slowShare(window: string, threshold: Expression = THRESHOLD): Expression {
  return [
    '1 - sum by (job) (',
    `  sum by (job, le) (rate(#http_request_duration_seconds_bucket[${window}])) and on (job, le) ${threshold}`,
    `) / sum by (job) (rate(#http_request_duration_seconds_count[${window}]))`,
  ].join('\n');
}

/** The threshold as a label `le`. Prometheus 3 and OpenMetrics write whole numbers as 1.0, the text format as 1. */
export const LATENCY_BOUND: Expression = [
  'count_values by (job) ("le", max by (job) (#slo_latency_threshold_seconds))',
  'or label_replace(',
  '  count_values by (job) ("le", max by (job) (#slo_latency_threshold_seconds)),',
  '  "le", "$1.0", "le", "([0-9]+)"',
  ')',
].join('\n');

/** Error ratios of each objective in every window. */
export const SLO_GROUP: RuleGroup<RecordingRule> = {
  name: 'slo',
  rules: [
    { record: BUDGET, expr: '1 - max by (job, slo) (#slo_objective_ratio)' },
    { record: THRESHOLD, expr: LATENCY_BOUND },
    ...WINDOWS.flatMap((window) => [
      {
        record: errors(window),
        labels: { slo: 'availability' },
        expr: ofServicesWith('availability', failedShare(window)),
      },
      {
        record: errors(window),
        labels: { slo: 'latency' },
        expr: ofServicesWith('latency', slowShare(window)),
      },
    ]),
  ],
};

function burns(rates: readonly BurnRate[]): Expression {
  return rates
    .map(({ factor, long, short }) =>
      [
        `${errors(long)} > on (job, slo) ${factor} * ${BUDGET}`,
        `and on (job, slo) ${errors(short)} > on (job, slo) ${factor} * ${BUDGET}`,
      ].join('\n'),
    )
    .join('\nor\n');
}

const REMEDY =
  '`job_slo:#slo_errors:ratio_rate1h` is the share of requests that miss the objective. For `availability` do what ' +
  '`ServiceErrors` says, for `latency` what `ServiceSlow` says. [monitoring.md](monitoring.md#service-level-objectives) explains ' +
  'the windows.';

const DESCRIPTION =
  '{{ $value | humanizePercentage }} of the requests of {{ $labels.job }} miss the objective of {{ $labels.slo }}: ';

/** Alerts about error budgets. */
export const SLO_ALERTS: readonly AlertRule[] = [
  {
    alert: 'ErrorBudgetBurnsFast',
    expr: burns(FAST),
    for: '2m',
    severity: 'critical',
    summary: 'At this rate the error budget of 30 days is used up within days.',
    description: `${DESCRIPTION}the budget of 30 days lasts for less than five days.`,
    remedy: REMEDY,
  },
  {
    alert: 'ErrorBudgetBurnsSlowly',
    expr: burns(SLOW),
    for: '15m',
    severity: 'warning',
    summary: 'At this rate the error budget is used up before its 30 days are over.',
    description: `${DESCRIPTION}the budget of 30 days will not last.`,
    remedy: REMEDY,
  },
];
