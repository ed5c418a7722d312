import { describe, expect, it } from 'vitest';
import { alertGroups, prometheusRules } from '../../src/monitoring/rules/prometheus-rules.js';
import { DATABASE_OUTAGE } from '../support/database-outage.js';
import { findMissingPrograms } from '../support/prometheus-server.js';
import { FIRING, firing, type InputSeries, testRules } from '../support/rule-tests.js';
import { isSkipped } from '../support/skipped.js';

/** A sample each 15 s. */
const INTERVAL = '15s';
const SAMPLES = 160;
const P = 'hyperdjango_';

const steady = (value: number): string => `${value}x${SAMPLES}`;
/** A counter that rises by this much between two samples. */
const rising = (step: number): string => `0+${step}x${SAMPLES}`;
/** A process that has run for a day when the test begins at 0. */
const OLD_PROCESS = '-86400x160';
/** At 0 for a minute, and then as after the first failures. */
const risenTo = (value: number): string => `0x4 ${value}x${SAMPLES - 4}`;
/** Without a sample before the first failures, after a quarter of an hour: its labels could not be known. */
const bornAt = (value: number): string => `_x60 ${value}x${SAMPLES - 60}`;

/** Rises by one in two minutes. */
const STEADILY_FEW = Array.from({ length: 20 }, (_, count) => `${count}x7`).join(' ');

const labels = (own: string): string => `{job="shop",instance="a:9464"${own === '' ? '' : `,${own}`}}`;
const s = (name: string, own = ''): string => `${P}${name}${labels(own)}`;
const requests = (method: string, status: string): string =>
  s('http_requests_total', `method="${method}",status="${status}"`);
const duration = (le: string): string => s('http_request_duration_seconds_bucket', `le="${le}"`);
/** Requests that take two seconds, and quick ones. */
const slow = ({ all, quick }: { readonly all: string; readonly quick: string }): InputSeries => ({
  [duration('0.25')]: quick,
  [duration('1')]: quick,
  [duration('2.5')]: all,
  [duration('+Inf')]: all,
  [s('http_request_duration_seconds_count')]: all,
});
const acquire = (le: string): string =>
  s('db_pool_acquire_duration_seconds_bucket', `result="waited",le="${le}"`);

const runs = (outcome: string): string =>
  s('schedule_run_duration_seconds_count', `exported_job="invoices",outcome="${outcome}"`);
const LAST_SUCCESS = s('schedule_last_success_timestamp_seconds', 'exported_job="invoices"');

const outgoing = (status: string): string =>
  s('http_client_request_duration_seconds_count', `method="GET",host="api.example.com",status="${status}"`);

/** What a service exports in normal use. */
const HEALTHY: InputSeries = {
  [`up${labels('')}`]: steady(1),
  [requests('GET', '200')]: rising(30),
  [requests('GET', '500')]: steady(0),
  [requests('POST', '201')]: rising(3),
  [requests('POST', '500')]: steady(0),
  [duration('0.25')]: rising(30),
  [duration('1')]: rising(33),
  [duration('2.5')]: rising(33),
  [duration('+Inf')]: rising(33),
  [s('http_request_duration_seconds_count')]: rising(33),
  [s('http_request_duration_seconds_sum')]: rising(3),
  [s('http_requests_in_flight')]: steady(3),
  [s('process_start_time_seconds')]: OLD_PROCESS,
  [s('uptime_seconds')]: `86400+15x${SAMPLES}`,
  [s('cluster_starts_total')]: steady(4),
  [`nodejs_eventloop_lag_p99_seconds${labels('')}`]: steady(0.02),
  [outgoing('200')]: rising(10),
  [outgoing('error')]: steady(0),
  [`process_resident_memory_bytes${labels('')}`]: steady(200_000_000),
  [s('process_memory_limit_bytes')]: steady(512_000_000),
  [s('db_pool_healthy')]: steady(1),
  [s('db_pool_health_checks_total')]: rising(1),
  [s('db_pool_health_failures_total')]: steady(0),
  [s('db_pool_total')]: steady(10),
  [s('db_pool_in_use')]: steady(4),
  [s('db_pool_thread_owned')]: steady(1),
  [s('db_pool_waiting')]: steady(0),
  [s('db_pool_acquire_duration_seconds_count', 'result="idle"')]: rising(30),
  [s('db_pool_acquire_duration_seconds_count', 'result="timeout"')]: steady(0),
  [acquire('0.25')]: rising(30),
  [acquire('0.5')]: rising(30),
  [acquire('+Inf')]: rising(30),
  [s('db_pool_leaks_suspected_total')]: steady(0),
  [s('db_pool_connections_created_total')]: steady(5),
  [s('db_query_duration_seconds_count', 'operation="select"')]: rising(60),
  [s('db_query_errors_total', 'sqlstate_class="23"')]: rising(2),
  [s('db_query_errors_total', 'sqlstate_class="40"')]: steady(0),
  [s('db_queries_total')]: rising(60),
  [s('db_slow_queries_total')]: rising(1),
  [s('stmt_cache_plan_regressions_total')]: steady(0),
  [runs('success')]: rising(1),
  [runs('error')]: steady(0),
  [LAST_SUCCESS]: '0+15x160',
  [s('n_plus_one_by_route_total', 'route="/books"')]: '3x160',
  [s('metrics_collector_errors_total', 'collector="process"')]: steady(0),
};

interface Outage {
  /** The series that differ from a healthy service's. */
  readonly series: InputSeries;
  /** After this time exactly these alerts fire. */
  readonly at: string;
  readonly fires: readonly string[];
}

const OUTAGES: Readonly<Record<string, Outage>> = {
  'one in fifty requests fails': {
    series: { [requests('GET', '500')]: rising(1), [requests('GET', '200')]: rising(45) },
    at: '10m',
    fires: ['ServiceErrors'],
  },
  'of the first 25 requests of a process, 15 fail': {
    series: {
      [requests('GET', '200')]: risenTo(10),
      [requests('GET', '500')]: risenTo(15),
      [requests('POST', '201')]: steady(0),
    },
    at: '4m',
    fires: ['ServiceErrors'],
  },
  'each of the few requests of a quiet service fails': {
    series: {
      [requests('GET', '200')]: steady(0),
      [requests('POST', '201')]: steady(0),
      [requests('GET', '500')]: STEADILY_FEW,
    },
    at: '20m',
    fires: ['ServiceErrors'],
  },
  'one in ten requests takes two seconds': {
    series: { [duration('1')]: rising(30) },
    at: '20m',
    fires: ['ServiceSlow'],
  },
  'each of the few requests of a quiet service takes two seconds': {
    series: {
      ...slow({ all: STEADILY_FEW, quick: steady(0) }),
      [requests('GET', '200')]: STEADILY_FEW,
      [requests('POST', '201')]: steady(0),
    },
    at: '25m',
    fires: ['ServiceSlow'],
  },
  'responses are never ended': {
    series: { [s('http_requests_in_flight')]: '3x4 150x160' },
    at: '20m',
    fires: ['ServiceRequestsHang'],
  },
  'the process crashes every five minutes': {
    series: {
      [s('process_start_time_seconds')]: '1x20 2x20 3x20 4x20 5x20 6x20',
      [s('uptime_seconds')]: Array.from({ length: 6 }, () => '1+15x20').join(' '),
    },
    at: '26m',
    fires: ['ServiceRestarts'],
  },
  'one worker of a cluster crashes every two minutes': {
    series: {
      [s('cluster_starts_total')]: Array.from({ length: 20 }, (_, count) => `${4 + count}x7`).join(' '),
    },
    at: '32m',
    fires: ['ServiceWorkersRestart'],
  },
  'one in five requests to another service gets no answer': {
    series: { [outgoing('error')]: rising(2), [outgoing('200')]: rising(8) },
    at: '10m',
    fires: ['OutgoingRequestsFail'],
  },
  'another service answers with 503': {
    series: { [outgoing('503')]: rising(5) },
    at: '10m',
    fires: ['OutgoingRequestsFail'],
  },
  'the process uses nearly all the memory that it may': {
    series: { [`process_resident_memory_bytes${labels('')}`]: steady(490_000_000) },
    at: '20m',
    fires: ['ServiceMemoryNearLimit'],
  },
  'the event loop is blocked': {
    series: { [`nodejs_eventloop_lag_p99_seconds${labels('')}`]: steady(0.8) },
    at: '10m',
    fires: ['ServiceEventLoopBlocked'],
  },
  'the server of the database does not answer': {
    series: { [s('db_pool_healthy')]: '1x4 0x156' },
    at: '5m',
    fires: ['DatabaseUnhealthy'],
  },
  'one in four health checks fails': {
    series: { [s('db_pool_health_failures_total')]: `0+0.25x${SAMPLES}` },
    at: '20m',
    fires: ['DatabaseHealthChecksFail'],
  },
  'callers wait for connections': {
    series: { [s('db_pool_waiting')]: '0x4 2x156' },
    at: '5m',
    fires: ['DatabasePoolExhausted'],
  },
  'the pool is nearly full': {
    series: { [s('db_pool_in_use')]: steady(9.5) },
    at: '20m',
    fires: ['DatabasePoolSaturated'],
  },
  'callers give up waiting for a connection': {
    series: { [s('db_pool_acquire_duration_seconds_count', 'result="timeout"')]: risenTo(6) },
    at: '3m',
    fires: ['DatabaseConnectionsFailing'],
  },
  'one in ten callers waits for 0.4 s': {
    series: { [acquire('0.25')]: rising(27) },
    at: '16m',
    fires: ['DatabaseConnectionsSlow'],
  },
  'query runners are not released': {
    series: { [s('db_pool_thread_owned')]: steady(6), [s('db_pool_in_use')]: steady(7) },
    at: '20m',
    fires: ['DatabaseConnectionsPinned'],
  },
  'a connection is held for too long': {
    series: { [s('db_pool_leaks_suspected_total')]: risenTo(1) },
    at: '5m',
    fires: ['DatabaseConnectionLeak'],
  },
  'each query opens a connection': {
    series: { [s('db_pool_connections_created_total')]: rising(60) },
    at: '25m',
    fires: ['DatabaseConnectionChurn'],
  },
  'the first statements of a class fail, in a process with few queries': {
    series: {
      [s('db_query_duration_seconds_count', 'operation="select"')]: risenTo(20),
      [s('db_query_errors_total', 'sqlstate_class="40"')]: risenTo(6),
      [s('db_query_errors_total', 'sqlstate_class="23"')]: steady(0),
    },
    at: '4m',
    fires: ['DatabaseErrors'],
  },
  'one in ten queries is slow': {
    series: { [s('db_slow_queries_total')]: rising(6) },
    at: '25m',
    fires: ['DatabaseSlowQueries'],
  },
  'a route sends N+1 queries': {
    series: { [s('n_plus_one_by_route_total', 'route="/books"')]: rising(1) },
    at: '20m',
    fires: ['DatabaseNPlusOne'],
  },
  'a route of a new process sends N+1 queries before the first scrape': {
    series: {
      [s('n_plus_one_by_route_total', 'route="/reviews"')]: steady(40),
      [s('process_start_time_seconds')]: steady(-10),
      [s('uptime_seconds')]: rising(15),
    },
    at: '10m',
    fires: ['DatabaseNPlusOne'],
  },
  'a prepared statement becomes slow': {
    series: { [s('stmt_cache_plan_regressions_total')]: risenTo(1) },
    at: '5m',
    fires: ['DatabasePlanRegressions'],
  },
  'a scheduled job fails for the first time': {
    series: { [runs('error')]: risenTo(1) },
    at: '5m',
    fires: ['ScheduledJobFails'],
  },
  'a job that succeeds every minute has hung since minute 10': {
    series: {
      [LAST_SUCCESS]: `${Array.from({ length: 10 }, (_, minute) => `${minute * 60}x3`).join(' ')} 600x120`,
      [runs('success')]: '0+1x40 40x120',
    },
    at: '20m',
    fires: ['ScheduledJobOverdue'],
  },
  'a target does not answer': {
    series: { [`up${labels('')}`]: '1x4 0x156' },
    at: '5m',
    fires: ['MetricsTargetDown'],
  },
  'a collector fails': {
    series: { [s('metrics_collector_errors_total', 'collector="db_pool"')]: risenTo(4) },
    at: '8m',
    fires: ['MetricsMissing'],
  },
  'a metric of the host fails, whose name was not known': {
    series: { [s('metrics_collector_errors_total', 'collector="queue_size"')]: bornAt(3) },
    at: '22m',
    fires: ['MetricsMissing'],
  },
  'a family is over its budget': {
    series: { [s('metrics_series_dropped_total', 'family="orders_total"')]: bornAt(1) },
    at: '22m',
    fires: ['MetricsTooManySeries'],
  },
  'a family of a process that was replaced during a gap in the scrapes is over its budget': {
    series: {
      ...[`up${labels('')}`, s('process_start_time_seconds')].reduce(
        (all, name) => ({
          ...all,
          [name]: `${HEALTHY[name]?.replace('160', '20')} _x40 ${name.startsWith('up') ? 1 : 900}x100`,
        }),
        {},
      ),
      [s('metrics_series_dropped_total', 'family="orders_total"')]: '_x61 7x100',
    },
    at: '22m',
    fires: ['MetricsTooManySeries'],
  },
};

/** What goes wrong now and then in every service, and what only looks as if it had. */
const HARMLESS: Readonly<Record<string, InputSeries>> = {
  'one request of a quiet service fails': {
    [requests('GET', '200')]: Array.from({ length: 20 }, (_, count) => `${2 * count}x7`).join(' '),
    [requests('POST', '201')]: steady(0),
    [requests('GET', '500')]: risenTo(1),
  },
  'the only request of a process fails': {
    [requests('GET', '200')]: steady(0),
    [requests('POST', '201')]: steady(0),
    [requests('POST', '500')]: risenTo(1),
  },
  'three requests of a quiet service are slow, one every four minutes': slow({
    all: '0x4 1x15 2x15 3x123',
    quick: steady(0),
  }),
  'a connection of a quiet pool is slow to open, every four minutes for a while': {
    [s('db_pool_acquire_duration_seconds_count', 'result="idle"')]: '0x4 1x15 2x15 3x123',
    [acquire('0.25')]: steady(0),
    [acquire('0.5')]: '0x4 1x15 2x15 3x123',
    [acquire('+Inf')]: '0x4 1x15 2x15 3x123',
  },
  'one query of a quiet service fails': {
    [s('db_query_duration_seconds_count', 'operation="select"')]: risenTo(20),
    [s('db_query_errors_total', 'sqlstate_class="40"')]: risenTo(1),
  },
  'a few queries of a quiet service are slow': {
    [s('db_queries_total')]: Array.from({ length: 20 }, (_, count) => `${2 * count}x7`).join(' '),
    [s('db_slow_queries_total')]: Array.from({ length: 10 }, (_, count) => `${count}x15`).join(' '),
  },
  'one caller gives up waiting for a connection': {
    [s('db_pool_acquire_duration_seconds_count', 'result="timeout"')]: risenTo(1),
  },
  'a connection is slow to open, twice': {
    [acquire('0.25')]: '0x4 1x30 1x125',
    [acquire('0.5')]: '0x4 2x30 3x125',
    [acquire('+Inf')]: '0x4 2x30 3x125',
  },
  'one of few health checks fails': {
    [s('db_pool_health_checks_total')]: Array.from({ length: 8 }, (_, count) => `${count}x19`).join(' '),
    [s('db_pool_health_failures_total')]: risenTo(1),
  },
  'a collector fails once': {
    [s('metrics_collector_errors_total', 'collector="db_pool"')]: risenTo(1),
  },
  // 1,000 requests a second that take 0.2 s each.
  'many requests are in flight because many arrive, and all of them end': {
    [requests('GET', '200')]: rising(15_000),
    [s('http_request_duration_seconds_sum')]: rising(3000),
    [s('http_requests_in_flight')]: steady(200),
  },
  'a process is busy in its first minute': {
    [s('http_requests_in_flight')]: '150x4 3x156',
    [s('db_pool_in_use')]: '10x4 4x156',
    [s('db_pool_thread_owned')]: '8x4 1x156',
    [s('db_pool_waiting')]: '5x4 0x156',
  },
  // The oldest of four workers, which had started one minute after the other, then the first of the new ones.
  'a cluster is reloaded worker by worker': {
    [s('process_start_time_seconds')]: '-86400x20 -86340x1 -86280x1 -86220x1 330x134',
    [s('uptime_seconds')]: '86400+15x20 86670+15x1 86640+15x1 86610+15x1 60+15x134',
    [s('cluster_starts_total')]: '4x20 5x1 6x1 7x1 8x134',
  },
  // Each is deployed while a person looks at it.
  'a cluster is deployed twice in half an hour': {
    [s('cluster_starts_total')]: '4x20 6x2 8x40 10x2 12x94',
  },
  'Prometheus is new, and the process has counted for days': {
    [s('n_plus_one_by_route_total', 'route="/books"')]: steady(40),
    [s('metrics_collector_errors_total', 'collector="queue_size"')]: steady(9),
    [s('metrics_series_dropped_total', 'family="orders_total"')]: steady(7),
  },
  'scrapes fail for eight minutes of a process that has counted for days': {
    [`up${labels('')}`]: '1x20 _x32 1x108',
    [s('n_plus_one_by_route_total', 'route="/books"')]: '40x20 _x32 40x108',
    [s('metrics_collector_errors_total', 'collector="queue_size"')]: '9x20 _x32 9x108',
    [s('metrics_series_dropped_total', 'family="orders_total"')]: '7x20 _x32 7x108',
  },
};

const skipped = isSkipped('the alerts', findMissingPrograms());

describe.skipIf(skipped)('the alerts', () => {
  const passes = { status: 0, output: expect.stringContaining('SUCCESS') };

  it.each(Object.entries(OUTAGES))('that fire when %s are the right ones, and no others', (_, outage) => {
    const { series, at, fires } = outage;
    const expected = [{ expr: FIRING, at, samples: firing(fires) }];

    expect(testRules({ interval: INTERVAL, series: { ...HEALTHY, ...series }, expected })).toEqual(passes);
  });

  it('are these, with these labels, when the database is gone', () => {
    const gone = {
      [s('db_pool_healthy')]: '1x4 0x156',
      [s('db_pool_waiting')]: '0x4 6x156',
      [s('db_pool_acquire_duration_seconds_count', 'result="timeout"')]: `0x4 ${rising(5)}`,
      [s('db_query_errors_total', 'sqlstate_class="57"')]: `0x4 ${rising(2)}`,
      [requests('GET', '500')]: `0x4 ${rising(10)}`,
    };
    const expr = 'group by (alertname, job, instance) (ALERTS{alertstate="firing"})';
    const samples = Object.fromEntries(
      DATABASE_OUTAGE.map((alert) => [
        `{${Object.entries(alert)
          .map(([name, value]) => `${name}="${value}"`)
          .join(',')}}`,
        1,
      ]),
    );
    const series = { ...HEALTHY, ...gone };

    expect(testRules({ interval: INTERVAL, series, expected: [{ expr, at: '6m', samples }] })).toEqual(
      passes,
    );
  });

  it('are silent while a service is healthy, from its first scrape on', () => {
    const expected = ['30s', '5m', '10m', '20m', '40m'].map((at) => ({ expr: FIRING, at, samples: {} }));

    expect(testRules({ interval: INTERVAL, series: HEALTHY, expected })).toEqual(passes);
  });

  it.each(Object.entries(HARMLESS))('are silent when %s', (_, series) => {
    const times = ['30s', '1m', ...Array.from({ length: 20 }, (_minute, index) => `${2 * (index + 1)}m`)];
    const expected = times.map((at) => ({ expr: FIRING, at, samples: {} }));

    expect(testRules({ interval: INTERVAL, series: { ...HEALTHY, ...series }, expected })).toEqual(passes);
  });

  it('are silent before the failures that have no series yet', () => {
    const quiet = Object.fromEntries(Object.keys(HEALTHY).map((name) => [name, steady(0)]));
    const series = {
      ...quiet,
      [`up${labels('')}`]: steady(1),
      [s('db_pool_healthy')]: steady(1),
      [s('process_start_time_seconds')]: OLD_PROCESS,
    };
    const expected = [{ expr: FIRING, at: '20m', samples: {} }];

    expect(testRules({ interval: INTERVAL, series, expected })).toEqual(passes);
  });

  it('have an outage in this file, each of them; those of objectives have a file of their own', () => {
    const tested = new Set(Object.values(OUTAGES).flatMap(({ fires }) => fires));
    const alerts = alertGroups()
      .filter(({ name }) => name !== 'slo-alerts')
      .flatMap(({ rules }) => rules.filter(({ needsJob }) => needsJob !== true).map(({ alert }) => alert));

    expect(new Set(alerts)).toEqual(tested);
  });

  it('are compared with what is expected: one too many or too few is a failure', () => {
    for (const alerts of [['ServiceSlow'], ['ServiceErrors', 'ServiceSlow'], []]) {
      const series = { ...HEALTHY, ...OUTAGES['one in fifty requests fails']?.series };
      const expected = [{ expr: FIRING, at: '10m', samples: firing(alerts) }];
      expect(testRules({ interval: INTERVAL, series, expected }).status).toBe(1);
    }
  });

  it('would not see failures of a service without a sample before them', () => {
    const series = { ...HEALTHY, [requests('GET', '500')]: bornAt(15) };
    const expected = [{ expr: FIRING, at: '4m', samples: {} }];

    expect(testRules({ interval: INTERVAL, series, expected })).toEqual(passes);
  });

  it('fire when Prometheus has no target of the job, which they have to know by name', () => {
    const series = { 'up{job="another",instance="b:9464"}': steady(1) };
    const expected = [
      { expr: FIRING, at: '4m', samples: {} },
      { expr: FIRING, at: '6m', samples: firing(['MetricsTargetsGone']) },
    ];
    const application = { job: 'shop' };

    expect(testRules({ interval: INTERVAL, series, expected, application })).toEqual(passes);
    const present = { ...HEALTHY, ...series };
    const silent = ['4m', '20m'].map((at) => ({ expr: FIRING, at, samples: {} }));
    expect(testRules({ interval: INTERVAL, series: present, expected: silent, application })).toEqual(passes);
    const alerts = prometheusRules().groups.flatMap(({ rules }) => rules.map((rule) => JSON.stringify(rule)));
    expect(alerts.filter((rule) => rule.includes('absent('))).toEqual([]);
  });

  it('see slow requests of a service whose buckets end below a second', () => {
    const series = {
      ...HEALTHY,
      [duration('1')]: steady(0),
      [duration('2.5')]: steady(0),
      [duration('0.25')]: rising(30),
    };
    const application = { httpBuckets: [0.1, 0.25] };
    const kept = Object.fromEntries(
      Object.entries(series).filter(([name]) => !name.includes('le="1"') && !name.includes('le="2.5"')),
    );
    const expected = [{ expr: FIRING, at: '20m', samples: firing(['ServiceSlow']) }];

    expect(testRules({ interval: INTERVAL, series: kept, expected, application })).toEqual(passes);
  });
});
