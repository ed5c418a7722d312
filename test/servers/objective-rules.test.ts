import { describe, expect, it } from 'vitest';
import { findMissingPrograms } from '../support/prometheus-server.js';
import { FIRING, firing, type InputSeries, testRules } from '../support/rule-tests.js';
import { isSkipped } from '../support/skipped.js';

/** Before each outage: as long as the longest window. */
const HEALTHY_MINUTES = 3 * 24 * 60;
/** What promtool takes most of its time for: rules are evaluated as seldom as what is asked for allows. */
const EVALUATED_EVERY = '15m';
/** Requests between two samples. */
const REQUESTS = 1000;

const P = 'hyperdjango_';
const labels = 'job="shop",instance="a:9464"';

/** Counters by minute: healthy for three days unless told otherwise, then with this many failed or slow ones of a thousand, and healthy again for a time. */
function service(
  outageMinutes: number,
  { failed = 0, slow = 0, threshold = 0.25, recoveredMinutes = 0, healthyMinutes = HEALTHY_MINUTES },
): InputSeries {
  const minutes = healthyMinutes + outageMinutes + recoveredMinutes;
  const then = (healthy: number, ill: number): string => {
    const before = healthy * healthyMinutes;
    const outage = `${before + ill}+${ill}x${outageMinutes - 1}`;
    const after = before + ill * outageMinutes;
    return `0+${healthy}x${healthyMinutes} ${outage} ${after + healthy}+${healthy}x${recoveredMinutes}`;
  };
  const bucket = (le: string): string => `${P}http_request_duration_seconds_bucket{${labels},le="${le}"}`;
  return {
    [`up{${labels}}`]: `1x${minutes}`,
    [`${P}slo_objective_ratio{${labels},slo="availability"}`]: `0.999x${minutes}`,
    [`${P}slo_objective_ratio{${labels},slo="latency"}`]: `0.99x${minutes}`,
    [`${P}slo_latency_threshold_seconds{${labels}}`]: `${threshold}x${minutes}`,
    [`${P}http_requests_total{${labels},method="GET",status="200"}`]: then(REQUESTS, REQUESTS - failed),
    [`${P}http_requests_total{${labels},method="GET",status="500"}`]: then(0, failed),
    [bucket('0.1')]: then(0, 0),
    [bucket(String(threshold))]: then(REQUESTS, REQUESTS - slow),
    [bucket('+Inf')]: then(REQUESTS, REQUESTS),
    [`${P}http_request_duration_seconds_count{${labels}}`]: then(REQUESTS, REQUESTS),
  };
}

const at = (minutesOfOutage: number): string => `${HEALTHY_MINUTES + minutesOfOutage}m`;

const skipped = isSkipped('the rules of objectives', findMissingPrograms());
const passes = { status: 0, output: expect.stringContaining('SUCCESS') };
/** The other rules are not about objectives: they are left out. */
const application = {
  families: [
    'http_requests_total',
    'http_request_duration_seconds',
    'slo_objective_ratio',
    'slo_latency_threshold_seconds',
  ].map((name) => P + name),
};

function firesAt(
  series: InputSeries,
  expected: readonly (readonly [minutes: number, ...alerts: string[]])[],
  evaluationInterval = EVALUATED_EVERY,
) {
  return testRules({
    interval: '1m',
    evaluationInterval,
    series,
    application,
    expected: expected.map(([minutes, ...alerts]) => ({
      expr: FIRING.replace('{', '{alertname=~"ErrorBudget.*",'),
      at: at(minutes),
      samples: firing(alerts),
    })),
  });
}

describe.skipIf(skipped)('the rules of objectives', () => {
  it('record the share of requests that miss each objective, in every window, and the budget', () => {
    // Of the windows that are read here, two hours are the longest.
    const healthyMinutes = 2 * 60;
    const series = service(60, { failed: 20, slow: 100, healthyMinutes });
    const atTheEnd = `${healthyMinutes + 60}m`;
    const errors = (window: string, of: string) => ({
      expr: `round(job_slo:${P}slo_errors:ratio_rate${window}{slo="${of}"}, 0.001)`,
      at: atTheEnd,
    });
    const answer = testRules({
      interval: '1m',
      evaluationInterval: '1m',
      series,
      application,
      expected: [
        { ...errors('5m', 'availability'), samples: { '{job="shop",slo="availability"}': 0.02 } },
        // The first five minutes have rates of the time before.
        { ...errors('1h', 'availability'), samples: { '{job="shop",slo="availability"}': 0.019 } },
        { ...errors('1h', 'latency'), samples: { '{job="shop",slo="latency"}': 0.095 } },
        // An hour of two: half of the requests.
        { ...errors('2h', 'availability'), samples: { '{job="shop",slo="availability"}': 0.01 } },
        {
          expr: `round(job_slo:${P}slo_error_budget:ratio, 0.0001)`,
          at: atTheEnd,
          samples: { '{job="shop",slo="availability"}': 0.001, '{job="shop",slo="latency"}': 0.01 },
        },
      ],
    });
    expect(answer).toEqual(passes);
  });

  it('ring within minutes when everything fails, and the fast one stops within an hour after', () => {
    const series = service(30, { failed: REQUESTS, recoveredMinutes: 60 });
    expect(
      firesAt(
        series,
        [
          [0],
          [10, 'ErrorBudgetBurnsFast'],
          [30, 'ErrorBudgetBurnsFast', 'ErrorBudgetBurnsSlowly'],
          [80, 'ErrorBudgetBurnsSlowly'],
        ],
        '5m',
      ),
    ).toEqual(passes);
  });

  it('ring fast at twenty times the budget, after the hour has seen enough of it', () => {
    const series = service(60, { failed: 20 });
    expect(firesAt(series, [[30], [60, 'ErrorBudgetBurnsFast']], '5m')).toEqual(passes);
  });

  it('ring slowly at twice the budget, within two days, and never fast', () => {
    const days = 24 * 60;
    expect(firesAt(service(2 * days, { failed: 2 }), [[days], [2 * days, 'ErrorBudgetBurnsSlowly']])).toEqual(
      passes,
    );
  });

  describe('of a quiet service', () => {
    /** A request each six minutes, of which these fail, counted from 0, in a day. */
    function quiet(fails: (request: number) => boolean): InputSeries {
      const every = Array.from({ length: 240 }, (_, request) => request);
      const counter = (counts: (request: number) => boolean): string =>
        every.map((request) => `${every.slice(0, request).filter(counts).length}x5`).join(' ');
      const minutes = every.length * 6;
      return {
        [`${P}slo_objective_ratio{${labels},slo="availability"}`]: `0.999x${minutes}`,
        [`${P}http_requests_total{${labels},method="GET",status="200"}`]: counter(
          (request) => !fails(request),
        ),
        [`${P}http_requests_total{${labels},method="GET",status="500"}`]: counter(fails),
      };
    }
    const ringAt = (series: InputSeries, expected: readonly (readonly [number, ...string[]])[]) =>
      testRules({
        interval: '1m',
        series,
        application,
        expected: expected.map(([minutes, ...alerts]) => ({
          expr: FIRING.replace('{', '{alertname=~"ErrorBudget.*",'),
          at: `${minutes}m`,
          samples: firing(alerts),
        })),
      });

    it('are silent when some of its requests fail', () => {
      const everyMinute = Array.from({ length: 700 }, (_, minute) => [600 + minute] as const);
      const series = quiet((request) => [120, 121, 150].includes(request));
      expect(ringAt(series, everyMinute)).toEqual(passes);
    });

    it('ring when all of its requests fail', () => {
      const series = quiet((request) => request >= 120);
      expect(ringAt(series, [[720], [765, 'ErrorBudgetBurnsFast', 'ErrorBudgetBurnsSlowly']])).toEqual(
        passes,
      );
    });
  });

  it('are silent at half of the budget', () => {
    expect(firesAt(service(24 * 60, { failed: 0.5, slow: 5 }), [[60], [24 * 60]])).toEqual(passes);
  });

  it.each([
    [0.5, 'ErrorBudgetBurnsFast'],
    [0.9, 'ErrorBudgetBurnsFast'],
  ])('ring fast when everything fails, also with an objective of %d', (objective, alert) => {
    const series = Object.fromEntries(
      Object.entries(service(90, { failed: REQUESTS })).map(([name, values]) => [
        name,
        name.includes('_slo_objective') ? values.replace(/^[\d.]+/, String(objective)) : values,
      ]),
    );
    expect(firesAt(series, [[0], [30], [90, alert]])).toEqual(passes);
  });

  it.each([
    [0.999, [0.0144, 0.006, 0.003, 0.001]],
    [0.9, [0.91, 0.6, 0.3, 0.1]],
    [0.5, [0.95, 0.95, 0.95, 0.5]],
    [0.05, [0.995, 0.995, 0.995, 0.95]],
  ])('compare the share of errors with what an objective of %d can reach', (objective, limits) => {
    const factors = ['14_4', '6', '3', '1'];
    const answer = testRules({
      interval: '1m',
      series: { [`${P}slo_objective_ratio{${labels},slo="availability"}`]: `${objective}x5` },
      application,
      expected: factors.map((factor, index) => ({
        expr: `round(job_slo:${P}slo_errors:limit${factor}x, 0.0001)`,
        at: '5m',
        samples: { '{job="shop",slo="availability"}': limits[index] ?? Number.NaN },
      })),
    });
    expect(answer).toEqual(passes);
  });

  it.each([0.25, 1])('know the objective of latency by the bucket of its threshold, %d s', (threshold) => {
    const series = service(60, { slow: 300, threshold });
    expect(firesAt(series, [[60, 'ErrorBudgetBurnsFast']])).toEqual(passes);
    // As Prometheus 3 and OpenMetrics write whole numbers.
    const normalized = Object.fromEntries(
      Object.entries(series).map(([name, values]) => [name.replace('le="1"', 'le="1.0"'), values]),
    );
    expect(firesAt(normalized, [[60, 'ErrorBudgetBurnsFast']])).toEqual(passes);
  });

  it('say nothing of services without objectives', () => {
    const series = Object.entries(service(60, { failed: REQUESTS })).filter(
      ([name]) => !name.includes('_slo_'),
    );
    const expected = [{ expr: `{__name__=~"job_slo.*"}`, at: at(60), samples: {} }];
    const answer = testRules({
      interval: '1m',
      evaluationInterval: EVALUATED_EVERY,
      series: Object.fromEntries(series),
      application,
      expected,
    });
    expect(answer).toEqual(passes);
  });

  describe('when the threshold of latency has changed', () => {
    /** Until then the threshold is 0.25 s, which stays a bound of the buckets, and then 0.4 s. */
    const CHANGE = 120;
    const END = CHANGE + 120;

    /** An instance that starts again with the new threshold after this time, and answers this many of a thousand requests slowly. */
    function instance(name: string, restartMinutes: number, slow: number): InputSeries {
      const own = `job="shop",instance="${name}"`;
      const bucket = (le: string): string => `${P}http_request_duration_seconds_bucket{${own},le="${le}"}`;
      const counter = (before: number, after: number): string =>
        `0+${before}x${restartMinutes - 1} 0+${after}x${END - restartMinutes}`;
      return {
        [`${P}slo_objective_ratio{${own},slo="latency"}`]: `0.99x${END}`,
        [`${P}slo_latency_threshold_seconds{${own}}`]: `0.25x${restartMinutes - 1} 0.4x${END - restartMinutes}`,
        [bucket('0.25')]: counter(REQUESTS, REQUESTS - slow),
        [bucket('0.4')]: `_x${restartMinutes - 1} ${counter(0, REQUESTS - slow).split(' ')[1]}`,
        [bucket('+Inf')]: counter(REQUESTS, REQUESTS),
        [`${P}http_request_duration_seconds_count{${own}}`]: counter(REQUESTS, REQUESTS),
      };
    }

    const ringsAt = (series: InputSeries, expected: readonly (readonly [number, ...string[]])[]) =>
      testRules({
        interval: '1m',
        series,
        application,
        expected: expected.map(([minutes, ...alerts]) => ({
          expr: FIRING.replace('{', '{alertname=~"ErrorBudget.*",'),
          at: `${minutes}m`,
          samples: firing(alerts),
        })),
      });
    const EVERY_MINUTE = Array.from({ length: 118 }, (_, minute) => [CHANGE + minute] as const);

    it('are silent while requests are as fast as before', () => {
      expect(ringsAt(instance('a:9464', CHANGE, 0), EVERY_MINUTE)).toEqual(passes);
    });

    it('are silent while it is rolled out, one instance after the other', () => {
      const series = {
        ...instance('a:9464', CHANGE, 0),
        ...instance('b:9464', CHANGE + 20, 0),
        ...instance('c:9464', CHANGE + 40, 0),
      };
      expect(ringsAt(series, EVERY_MINUTE)).toEqual(passes);
    });

    it('ring when requests are slow after it', () => {
      expect(
        ringsAt(instance('a:9464', CHANGE, 500), [
          [CHANGE + 3],
          [CHANGE + 60, 'ErrorBudgetBurnsFast', 'ErrorBudgetBurnsSlowly'],
        ]),
      ).toEqual(passes);
    });
  });
});
