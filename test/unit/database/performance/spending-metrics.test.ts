import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { SpendingMetrics } from '../../../../src/database/performance/spending-metrics.js';
import type {
  ObservedAcquire,
  ObservedQuery,
  QuerySource,
} from '../../../../src/database/source/query-source.interface.js';
import { normalizeQuery } from '../../../../src/database/sql/query-fingerprint.js';
import { DEFAULT_PERFORMANCE_OPTIONS } from '../../../../src/options/default-options.js';
import type { ResolvedPerformanceOptions } from '../../../../src/options/resolved-options.js';
import { MetricsRegistry } from '../../../../src/registry/metrics-registry.js';
import { RegistryLease } from '../../../../src/registry/registry-lease.js';
import { RequestScope } from '../../../../src/request-scope/request-scope.js';
import { exposeAsText } from '../../../../src/service/expose-as-text.js';
import { parseExposition } from '../../../support/parse-exposition.js';

function setUp(
  options: Partial<ResolvedPerformanceOptions> = {},
  limits = { perFamily: 2000, total: 50_000 },
) {
  const registry = new MetricsRegistry(new Registry(), 'app_');
  const lease = new RegistryLease(registry);
  lease.configure({ seriesBudget: limits });
  const onFault = vi.fn();
  const spending = new SpendingMetrics(lease, onFault);
  spending.enable({ ...DEFAULT_PERFORMANCE_OPTIONS, ...options });

  const open = (outer?: RequestScope): RequestScope => new RequestScope({}, 'request', [spending], outer);
  const query = (scope?: RequestScope, durationMs = 1, text = 'SELECT * FROM books') => {
    const started = {
      text,
      scope,
      fingerprint: normalizeQuery(text),
      startedAtMs: performance.now(),
    } as ObservedQuery;
    return { end: () => spending.queryEnded(started, durationMs) };
  };
  const acquire = (seconds: number, scope?: RequestScope) => {
    const started: ObservedAcquire = { scope, startedAtMs: performance.now() };
    return { end: () => spending.acquired('idle', seconds, started) };
  };
  const values = async (family: string, label = 'route') => {
    const { samples } = parseExposition(await exposeAsText(registry));
    const own = samples.filter(({ name }) => name === `app_${family}`);
    return Object.fromEntries(own.map(({ labels, value }) => [labels[label], value]));
  };
  return { spending, registry, onFault, open, query, acquire, values };
}

const POOLS = { hasPools: true, observePools: () => () => {} } as Partial<QuerySource> as QuerySource;

describe('the queries of a unit of work', () => {
  it('are counted for its route at its end', async () => {
    const { open, query, values } = setUp();
    const scope = open();
    query(scope, 250).end();
    query(scope, 500).end();
    expect(await values('db_route_queries_total')).toEqual({ '<background>': 0 });
    scope.end('/books');
    expect(await values('db_route_queries_total')).toEqual({ '<background>': 0, '/books': 2 });
    expect(await values('db_route_query_seconds_total')).toEqual({ '<background>': 0, '/books': 0.75 });
  });

  it('that end after it are counted for its route, and those sent after it for none', async () => {
    const { open, query, values } = setUp();
    const [first, second] = [open(), open()];
    const late = query(first);
    query(second).end();
    const lateOfSecond = query(second);
    first.end('/first');
    second.end('/second');
    await new Promise((resolve) => setTimeout(resolve, 2));
    const sentAfter = query(first);
    late.end();
    lateOfSecond.end();
    sentAfter.end();
    query(open()).end();
    expect(await values('db_route_queries_total')).toEqual({ '<background>': 1, '/first': 1, '/second': 2 });
  });

  it('are counted for the innermost one that takes part', async () => {
    const { open, query, values } = setUp();
    const outer = open();
    const inner = open(outer);
    const innermost = new RequestScope({}, 'request', [], inner);
    query(outer).end();
    query(inner).end();
    query(innermost).end();
    const late = query(innermost);
    innermost.end('/innermost');
    inner.end('/inner');
    late.end();
    outer.end('/outer');
    expect(await values('db_route_queries_total')).toEqual({ '<background>': 0, '/inner': 3, '/outer': 1 });
  });

  it('are counted as background when its name is not a string', async () => {
    const { open, query, values, onFault } = setUp();
    const scope = open();
    query(scope).end();
    scope.end({ id: 5 } as never);
    expect(await values('db_route_queries_total')).toEqual({ '<background>': 1 });
    expect(onFault).not.toHaveBeenCalled();
  });

  it('are counted as background when its request is not counted', async () => {
    const { open, query, values } = setUp();
    const [scrape, ignored] = [open(), open()];
    ignored.discard();
    query(ignored).end();
    query(scrape).end();
    const late = query(scrape);
    scrape.discard();
    late.end();
    expect(await values('db_route_queries_total')).toEqual({ '<background>': 3 });
  });

  it('have no series when there are none', async () => {
    const { open, values } = setUp();
    open().end('/health');
    expect(await values('db_route_queries_total')).toEqual({ '<background>': 0 });
  });
});

it('the waits of a unit of work are counted for its route, where there are pools', async () => {
  const { spending, open, query, acquire, values } = setUp();
  query().end();
  expect(await values('db_route_acquire_seconds_total')).toEqual({});
  spending.watchPools(POOLS);
  const scope = open();
  acquire(0.5, scope).end();
  const late = acquire(0.25, scope);
  acquire(2).end();
  scope.end('/books');
  late.end();
  await new Promise((resolve) => setTimeout(resolve, 2));
  acquire(4, scope).end();
  expect(await values('db_route_acquire_seconds_total')).toEqual({ '<background>': 6, '/books': 0.75 });
  expect(await values('db_route_queries_total')).toEqual({ '<background>': 1, '/books': 0 });
});

it('names of units of work without end share a series past the budget, and the sum stays whole', async () => {
  const { open, query, values } = setUp({}, { perFamily: 10, total: 50_000 });
  for (let number = 0; number < 3000; number += 1) {
    const scope = open();
    query(scope).end();
    scope.end(`job ${number}`);
  }
  const counts = await values('db_route_queries_total');
  expect(Object.keys(counts)).toHaveLength(11);
  expect(counts['other']).toBe(3000 - 9);
});

it('without the option no series of routes exist', async () => {
  const { open, query, acquire, spending, values } = setUp({ routes: false, statements: { limit: 5 } });
  spending.watchPools(POOLS);
  const scope = open();
  query(scope).end();
  acquire(1, scope).end();
  scope.end('/books');
  expect(await values('db_route_queries_total')).toEqual({});
  expect(await values('db_route_acquire_seconds_total')).toEqual({});
  expect(spending.topStatements[0]?.routes).toEqual([{ route: '/books', calls: 1 }]);
});

describe('statements', () => {
  it('are counted by summary when they end, up to the limit', async () => {
    const { query, values } = setUp({ statements: { limit: 2 } });
    query(undefined, 250, 'SELECT * FROM a WHERE id = 1').end();
    query(undefined, 250, 'SELECT name FROM a').end();
    query(undefined, 500, 'BEGIN').end();
    query(undefined, 1000, 'SELECT * FROM c').end();
    query(undefined, 1000, 'secret').end();
    expect(await values('db_statement_calls_total', 'statement')).toEqual({
      'SELECT a': 2,
      BEGIN: 1,
      other: 2,
    });
    expect(await values('db_statement_seconds_total', 'statement')).toEqual({
      'SELECT a': 0.5,
      BEGIN: 0.5,
      other: 2,
    });
  });

  it('have statistics by fingerprint, those with the longest total duration first', () => {
    const { spending, open, query } = setUp({ statements: { limit: 2 } });
    const [one, other] = [open(), open()];
    query(one, 1, 'SELECT * FROM a WHERE id = 1').end();
    query(one, 3, "SELECT * FROM a WHERE id = 'x'").end();
    query(other, 2, 'SELECT * FROM a WHERE id = $1').end();
    query(undefined, 2, 'SELECT * FROM a WHERE id = $1').end();
    query(other, 100, 'SELECT * FROM b').end();
    query(other, 5, 'SELECT * FROM c').end();
    one.end('/one');
    other.end('/other');
    expect(spending.topStatements).toEqual([
      {
        fingerprint: 'SELECT * FROM b',
        summary: 'SELECT b',
        calls: 1,
        totalDurationMs: 100,
        averageDurationMs: 100,
        maxDurationMs: 100,
        routes: [{ route: '/other', calls: 1 }],
      },
      {
        fingerprint: 'SELECT * FROM a WHERE id = ?',
        summary: 'SELECT a',
        calls: 4,
        totalDurationMs: 8,
        averageDurationMs: 2,
        maxDurationMs: 3,
        routes: [
          { route: '/one', calls: 2 },
          { route: '<background>', calls: 1 },
          { route: '/other', calls: 1 },
        ],
      },
    ]);
  });

  it('are remembered in a limited number: the longest ones stay, whenever they came', () => {
    const { spending, query } = setUp({ statements: { limit: 2 } });
    query(undefined, 5000, 'SELECT first FROM a').end();
    for (let number = 0; number < 5000; number += 1) {
      query(undefined, 1, `SELECT c_${number} FROM a`).end();
    }
    query(undefined, 9000, 'SELECT last FROM a').end();
    const statements = (spending as unknown as { statements: { statements: Map<string, unknown> } })
      .statements;
    expect(statements.statements.size).toBeLessThanOrEqual(1000);
    expect(spending.topStatements.map(({ fingerprint }) => fingerprint)).toEqual([
      'SELECT last FROM a',
      'SELECT first FROM a',
    ]);
  });

  it('of a unit of work without end are remembered in a limited number', () => {
    const { spending, open, query } = setUp({ statements: { limit: 5000 } });
    const scope = open();
    for (let number = 0; number < 3000; number += 1) {
      query(scope, 1, `SELECT c_${number} FROM a`).end();
    }
    query(scope, 1, 'SELECT c_1 FROM a').end();
    scope.end('job');
    const fromJob = spending.topStatements.filter(({ routes }) => routes.length > 0);
    expect(fromJob).toHaveLength(1000);
    expect(fromJob.find(({ calls }) => calls === 2)?.routes).toEqual([{ route: 'job', calls: 2 }]);
  });

  it('have a limited number of routes', () => {
    const { spending, open, query } = setUp({ statements: { limit: 2 } });
    for (let number = 0; number < 100; number += 1) {
      const scope = open();
      query(scope).end();
      scope.end(`job ${number}`);
    }
    const routes = spending.topStatements[0]?.routes ?? [];
    expect(routes).toHaveLength(21);
    expect(routes[0]).toEqual({ route: 'other', calls: 80 });
  });
});
