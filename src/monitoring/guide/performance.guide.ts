import type { Guide } from './guide.interface.js';

export const PERFORMANCE_GUIDE: Guide = {
  db_queries_total: {
    unit: 'queries',
    query: 'rate(#db_queries_total[5m])',
    remedy:
      '**When it rises and the requests do not**: each request sends more queries. See `#db_queries_per_request`.',
  },
  db_slow_queries_total: {
    unit: 'queries',
    query: 'rate(#db_slow_queries_total[5m]) / rate(#db_queries_total[5m])',
    remedy:
      '**When the share rises**: `PerformanceTracker.getStats()` has the latest slow queries, `queryTimer.slowQueryLog` keeps them. If all kinds are slow, check the server (CPU, disk, locks).',
  },
  n_plus_one_total: {
    unit: 'patterns',
    query: 'increase(#n_plus_one_total[1h])',
    remedy:
      '**When it rises**: the log names the route and the line of code. Read all rows at once, with a join or a list of keys.',
  },
  db_avg_queries_per_request: {
    unit: 'queries',
    query: '#db_avg_queries_per_request',
    remedy:
      '**When it is higher after a release**: a page reads more, or there is a new N+1. For recent requests, query `#db_queries_per_request`.',
  },
  db_queries_per_request: {
    unit: 'queries',
    query: 'rate(#db_queries_per_request_sum[5m]) / rate(#db_queries_per_request_count[5m])',
    remedy: '**When it rises without more N+1 patterns**: a page reads more, or a cache no longer answers.',
  },
  n_plus_one_by_route_total: {
    unit: 'patterns',
    query:
      'topk(5,\n  increase(#n_plus_one_by_route_total[1h]) > 0\n  or (#n_plus_one_by_route_total unless #n_plus_one_by_route_total offset 1h)\n)',
    remedy:
      '**When a route is in the list**: repair its queries, as [n-plus-one.md](n-plus-one.md#repairing-it) shows.',
  },
  db_route_queries_total: {
    unit: 'queries',
    query: 'topk(5, sum by (route) (rate(#db_route_queries_total[5m])))',
    remedy:
      '**When one route sends most queries**: compare with its requests (`#http_route_duration_seconds_count`). Many for each request: an N+1, or reads that a cache could answer. **When `<background>` is high**: timers, start-up work, or handlers that go on after their response. Give such work a name with `unitOfWork()`; jobs of `@nestjs/schedule` have one, `job:<name>`.',
  },
  db_route_query_seconds_total: {
    unit: 'seconds',
    query:
      'topk(5, sum by (route) (rate(#db_route_query_seconds_total[5m]))) / scalar(sum(rate(#db_route_query_seconds_total[5m])))',
    remedy:
      '**When one route has most of the time**: its statements are in `PerformanceTracker.getStats()`, with `performance.statements`. Begin with those.',
  },
  db_route_acquire_seconds_total: {
    unit: 'seconds',
    query: 'topk(5, sum by (route) (rate(#db_route_acquire_seconds_total[5m])))',
    remedy:
      '**When all routes wait**: the pool is exhausted; the routes with the most query time use it. **When one route waits alone**: it asks for several connections at once, as `Promise.all()` does.',
  },
  db_statement_calls_total: {
    unit: 'queries',
    query: 'topk(5, sum by (statement) (rate(#db_statement_calls_total[5m])))',
    remedy:
      '**When one statement is sent much more often than others**: read its rows at once, or cache them. **When `other` is high**: raise `performance.statements.limit`.',
  },
  db_statement_seconds_total: {
    unit: 'seconds',
    query:
      'topk(5, sum by (statement) (rate(#db_statement_seconds_total[5m])) / sum by (statement) (rate(#db_statement_calls_total[5m])))',
    remedy:
      '**When a statement is slow**: `PerformanceTracker.getStats()` has its fingerprint and the routes that send it. Look at its plan with `EXPLAIN`.',
  },
};
