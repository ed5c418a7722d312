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
const FACTORS = [...FAST, ...SLOW].map(({ factor }) => factor);

/** Rates of all requests that an objective is about, and of those that miss it. */
export const SLO_REQUESTS: Expression = 'job_slo:#slo_requests:rate5m';
export const SLO_ERRORS: Expression = 'job_slo:#slo_errors:rate5m';

const BUDGET: Expression = 'job_slo:#slo_error_budget:ratio';
const THRESHOLD: Expression = 'job_le:#slo_latency_threshold:info';

/** The share of requests that miss an objective within a time. */
export const missedShare = (window: string): Expression => `job_slo:#slo_errors:ratio_rate${window}`;
const limit = (factor: number): Expression => `job_slo:#slo_errors:limit${String(factor).replace('.', '_')}x`;

/** Only of services that have the objective: one file of rules serves those with and without. */
function ofServicesWith(slo: string, expr: Expression): Expression {
  return `${expr}\nand on (job) #slo_objective_ratio{slo="${slo}"}`;
}

/**
 * Only of instances whose bucket of the threshold is as old as their count. After a change of the threshold, and while it is rolled
 * out, the count is older: its requests would look as if they had been slow.
 */
const OF_WHOLE_BUCKETS: Expression = [
  '  and sum without (le) (',
  `    count_over_time(#http_request_duration_seconds_bucket[5m]) and on (job, le) ${THRESHOLD}`,
  '  ) == count_over_time(#http_request_duration_seconds_count[5m])',
].join('\n');

/** The threshold as a label `le`. Prometheus 3 and OpenMetrics write whole numbers as 1.0, the text format as 1. */
const LATENCY_BOUND: Expression = [
  'count_values by (job) ("le", max by (job) (#slo_latency_threshold_seconds))',
  'or label_replace(',
  '  count_values by (job) ("le", max by (job) (#slo_latency_threshold_seconds)),',
  '  "le", "$1.0", "le", "([0-9]+)"',
  ')',
].join('\n');

/** The durations of requests by native histograms. Their resolution is enough for any threshold, also for one that was not a bound. */
const NATIVE_DURATIONS: Expression = 'sum by (job) (rate(#http_request_duration_seconds[5m]))';

/**
 * The threshold as a number: `histogram_fraction()` takes the same for all series. Where jobs have several, those with the highest
 * one are counted by native histograms. Rules that are made for a job read no other.
 */
const NATIVE_THRESHOLD: Expression = 'scalar(max(#slo_latency_threshold_seconds))';

function ofJobsWithNativeThreshold(expr: Expression): Expression {
  return `${expr}\nand on (job) max by (job) (#slo_latency_threshold_seconds) == ${NATIVE_THRESHOLD}`;
}

/** Without requests the fraction is not a number, and would stay in the sums of 30 days. */
const NATIVE_SLOW_REQUESTS: Expression = [
  '(',
  `  (1 - histogram_fraction(0, ${NATIVE_THRESHOLD}, ${NATIVE_DURATIONS}))`,
  `  * histogram_count(${NATIVE_DURATIONS}) >= 0`,
  `  or 0 * histogram_count(${NATIVE_DURATIONS})`,
  ')',
].join('\n');

/** Requests and errors by objective. Long windows add up what was recorded, and so need not read every instance's samples again. */
const RATES: readonly RecordingRule[] = [
  {
    record: SLO_REQUESTS,
    labels: { slo: 'availability' },
    expr: ofServicesWith('availability', 'sum by (job) (rate(#http_requests_total[5m]))'),
  },
  {
    record: SLO_ERRORS,
    labels: { slo: 'availability' },
    expr: ofServicesWith('availability', 'sum by (job) (rate(#http_requests_total{status=~"5.."}[5m]))'),
  },
  {
    record: SLO_REQUESTS,
    labels: { slo: 'latency' },
    expr: ofServicesWith(
      'latency',
      `sum by (job) (\n  rate(#http_request_duration_seconds_count[5m])\n${OF_WHOLE_BUCKETS}\n)`,
    ),
    native: () =>
      ofServicesWith('latency', ofJobsWithNativeThreshold(`histogram_count(${NATIVE_DURATIONS})`)),
  },
  {
    record: SLO_ERRORS,
    labels: { slo: 'latency' },
    expr: ofServicesWith(
      'latency',
      [
        'sum by (job) (',
        '  rate(#http_request_duration_seconds_count[5m])',
        `  - sum without (le) (rate(#http_request_duration_seconds_bucket[5m]) and on (job, le) ${THRESHOLD})`,
        OF_WHOLE_BUCKETS,
        ')',
      ].join('\n'),
    ),
    native: () => ofServicesWith('latency', ofJobsWithNativeThreshold(NATIVE_SLOW_REQUESTS)),
  },
];

/** The share of errors of each objective in every window, and what the alerts compare it with. */
export const SLO_GROUP: RuleGroup<RecordingRule> = {
  name: 'slo',
  rules: [
    { record: BUDGET, expr: '1 - max by (job, slo) (#slo_objective_ratio)' },
    { record: THRESHOLD, expr: LATENCY_BOUND },
    ...RATES,
    ...WINDOWS.map((window) => ({
      record: missedShare(window),
      expr:
        window === '5m'
          ? `${SLO_ERRORS} / ${SLO_REQUESTS}`
          : `sum_over_time(${SLO_ERRORS}[${window}]) / sum_over_time(${SLO_REQUESTS}[${window}])`,
    })),
    // A low objective's budget, multiplied, is more than everything: nine tenths of the way to it must be enough.
    ...FACTORS.map((factor) => ({
      record: limit(factor),
      expr: `(${factor} * ${BUDGET} < 0.9 + 0.1 * ${BUDGET})\nor 0.9 + 0.1 * ${BUDGET}`,
    })),
  ],
};

/**
 * Requests that missed an objective within a time: the sum of its rates, whatever the interval of the rules is. An hour is read minute
 * by minute, so that an outage is seen at once; longer times by what rates are of, which is enough for them.
 */
const missedRequests = (window: string): Expression =>
  window === '1h'
    ? `60 * sum_over_time(${SLO_ERRORS}[1h:1m])`
    : `300 * sum_over_time(${SLO_ERRORS}[${window}:5m])`;

/** In quiet traffic a single failure is a high share: there must also have been five of them, as for `ServiceErrors`. */
function burns(rates: readonly BurnRate[]): Expression {
  return rates
    .map(({ factor, long, short }) =>
      [
        `${missedShare(long)} > on (job, slo) ${limit(factor)}`,
        `and on (job, slo) ${missedShare(short)} > on (job, slo) ${limit(factor)}`,
        `and on (job, slo) ${missedRequests(long)} >= 5`,
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
