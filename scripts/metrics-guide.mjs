// What docs/metrics.md adds to the catalog for each family: its unit, a first query, and what to do when the value is bad.
// It is not in the catalog, because applications do not need it at run time.
// `npm run docs` fails if a family is in one of the two only.
export const METRICS_GUIDE = {
  info: {
    unit: 'none, always 1',
    query: 'count by (version, node) (hyperdjango_info)',
    bad: '**When two versions stay for long**: a deployment is stuck, or one instance was not restarted.',
  },
  uptime_seconds: {
    unit: 'seconds',
    query: 'hyperdjango_uptime_seconds < 300',
    bad: '**When it is low repeatedly**: the process restarts. See `hyperdjango_process_start_time_seconds`.',
  },
  process_start_time_seconds: {
    unit: 'seconds since 1970 (Unix timestamp)',
    query: 'changes(hyperdjango_process_start_time_seconds[1h])',
    bad: '**When the process restarts unexpectedly**: look for lack of memory (`process_resident_memory_bytes` rises until each restart), an uncaught error (in the log), or a liveness probe that is too strict.',
  },
  http_requests_total: {
    unit: 'requests',
    query:
      'sum(rate(hyperdjango_http_requests_total{status=~"5.."}[5m])) / sum(rate(hyperdjango_http_requests_total[5m]))',
    bad: '**When the share of errors rises**: find the routes that fail (`hyperdjango_http_route_duration_seconds_count`). One route: its handler, or what it calls. All routes: what they share, such as an exhausted pool. **When 499 rises**: clients give up before the answer. Compare with the 99th percentile.',
  },
  http_request_duration_seconds: {
    unit: 'seconds',
    query:
      'histogram_quantile(0.99, sum by (le) (rate(hyperdjango_http_request_duration_seconds_bucket[5m])))',
    bad: '**When it rises**: find the slow routes. If all are slow: the event loop (`nodejs_eventloop_lag_p99_seconds`), the CPU, garbage collection, or callers that wait for connections (`hyperdjango_db_pool_waiting`).',
  },
  http_requests_in_flight: {
    unit: 'requests',
    query: 'min_over_time(hyperdjango_http_requests_in_flight[15m])',
    bad: '**When it rises and the rate of requests does not**: requests take longer, or hang. **When it does not go back at a quiet time**: a response is never ended. Look for promises that never settle. Open event streams are included.',
  },
  http_route_duration_seconds: {
    unit: 'seconds',
    query:
      'topk(5, histogram_quantile(0.99, sum by (le, method, route) (rate(hyperdjango_http_route_duration_seconds_bucket[5m]))))',
    bad: '**When one route is slow**: its queries (`hyperdjango_n_plus_one_by_route_total`), or a service that it calls. Put `@Timed()` on the methods that call it. **When `<unmatched>` rises**: a client with a wrong version, or a scanner. **When it has too many series**: use fewer `http.buckets` and `http.labels`.',
  },
  http_request_size_bytes: {
    unit: 'bytes',
    query:
      'sum by (route) (rate(hyperdjango_http_request_size_bytes_sum[5m])) / sum by (route) (rate(hyperdjango_http_request_size_bytes_count[5m]))',
    bad: '**When uploads are larger than you expect**: set a limit for bodies, in the application and in the proxy before it.',
  },
  http_response_size_bytes: {
    unit: 'bytes',
    query: 'topk(5, sum by (route) (rate(hyperdjango_http_response_size_bytes_sum[5m])))',
    bad: '**When answers are large**: lists without a limit, or no compression.',
  },
  handler_duration_seconds: {
    unit: 'seconds',
    query:
      'topk(5, histogram_quantile(0.99, sum by (le, class, handler) (rate(hyperdjango_handler_duration_seconds_bucket[5m]))))',
    bad: '**When it is much shorter than the time of its route**: the time passes before the handler (guards, body parsers, the event loop) or after it (serialising, a slow client). **When it is as long**: the handler itself is slow.',
  },
  method_duration_seconds: {
    unit: 'seconds',
    query: 'topk(5, sum by (class, method) (rate(hyperdjango_method_duration_seconds_sum[5m])))',
    bad: '**When a method takes most of the time**: put `@Timed()` on the methods that it calls, until you find the slow part.',
  },
  method_calls_total: {
    unit: 'calls',
    query:
      'sum by (class, method) (rate(hyperdjango_method_calls_total{outcome="error"}[5m])) / sum by (class, method) (rate(hyperdjango_method_calls_total[5m]))',
    bad: '**When the share of errors rises**: see the log of that method. **When calls stop**: what starts them (a queue, a schedule) has stopped.',
  },
  method_in_flight: {
    unit: 'calls',
    query: 'min_over_time(hyperdjango_method_in_flight[15m])',
    bad: '**When it never goes back to 0**: a promise that never settles, or an Observable that never completes.',
  },
  db_pool_total: {
    unit: 'connections',
    query: 'sum(hyperdjango_db_pool_total)',
    bad: '**When all processes together may open more than `max_connections` of the server**: smaller pools, fewer processes, or a pooler such as PgBouncer.',
  },
  db_pool_available: {
    unit: 'connections',
    query: 'min_over_time(hyperdjango_db_pool_available[5m])',
    bad: '**When it is 0**: further callers wait for a connection. See `hyperdjango_db_pool_in_use`.',
  },
  db_pool_in_use: {
    unit: 'connections',
    query: 'hyperdjango_db_pool_in_use / hyperdjango_db_pool_total',
    bad: '**When the share stays near 1**: look at pinned connections first (`hyperdjango_db_pool_thread_owned`). If few are pinned, statements are slow, or there are more of them than the pool can serve. A larger pool helps only if the server has room.',
  },
  db_pool_thread_owned: {
    unit: 'connections',
    query: 'min_over_time(hyperdjango_db_pool_thread_owned[15m])',
    bad: '**When it does not go back to 0 at a quiet time**: a query runner was not released, or a client of `pool.connect()`. **When it is high under load**: transactions are long. Do not wait for other services within one.',
  },
  db_pool_open: {
    unit: 'connections',
    query: 'hyperdjango_db_pool_open',
    bad: '**When it stays at the capacity while few are in use**: unused connections are kept. Lower `idleTimeoutMillis` or the size of the pool.',
  },
  db_pool_idle: {
    unit: 'connections',
    query: 'hyperdjango_db_pool_idle',
    bad: '**When it is 0 and callers wait**: the pool is exhausted. **When it is always high**: the pool is larger than needed.',
  },
  db_pool_waiting: {
    unit: 'callers',
    query: 'hyperdjango_db_pool_waiting',
    bad: '**When it is above 0 for more than a moment**: the pool is too small for the load, or its connections are kept. Set `connectionTimeoutMillis`; by default callers wait for ever.',
  },
  db_pool_acquire_duration_seconds: {
    unit: 'seconds',
    query:
      'histogram_quantile(0.99, sum by (le, result) (rate(hyperdjango_db_pool_acquire_duration_seconds_bucket[5m])))',
    bad: '**When it is long by `waited`**: the pool is exhausted. **By `created`**: opening is slow (TLS, DNS, a busy server). Keep more connections open. **When there are `timeout` and `error`**: these statements were never sent. See the health of the server.',
  },
  db_pool_use_duration_seconds: {
    unit: 'seconds',
    query:
      'histogram_quantile(0.99, sum by (le) (rate(hyperdjango_db_pool_use_duration_seconds_bucket[5m])))',
    bad: '**When it is much longer than the queries** (`hyperdjango_db_query_duration_seconds`): connections are held between statements. Look for transactions and query runners that wait for other services. **When it rises with the queries**: statements are slow. **When a use never ends**, it is not in here: see `hyperdjango_db_pool_leaks_suspected_total`.',
  },
  db_pool_leaks_suspected_total: {
    unit: 'connections',
    query: 'increase(hyperdjango_db_pool_leaks_suspected_total[1h])',
    bad: '**When it rises**: the warning in the log has the line of the code that requested the connection. Release it in a `finally` block. **When each of them comes back later** (a second line in the log says so): transactions or statements are longer than `pools.leakThresholdMs`.',
  },
  db_pool_connections_created_total: {
    unit: 'connections',
    query: 'rate(hyperdjango_db_pool_connections_created_total[5m])',
    bad: '**When it rises all the time**: connections are not reused. `idleTimeoutMillis` is shorter than the pauses between requests, `maxUses` is low, the server or a proxy closes them, or errors break them.',
  },
  db_pool_connections_closed_total: {
    unit: 'connections',
    query: 'rate(hyperdjango_db_pool_connections_closed_total[5m])',
    bad: '**When it rises as fast as `hyperdjango_db_pool_connections_created_total`**: connections are not reused, see there.',
  },
  db_pool_capacity_by_pool: {
    unit: 'connections',
    query:
      'sum by (data_source, pool) (hyperdjango_db_pool_connections_by_pool{state!="idle"}) / on (data_source, pool) hyperdjango_db_pool_capacity_by_pool',
    bad: '**When one pool is near 1 and others are not**: give it more of the connections that the server allows.',
  },
  db_pool_connections_by_pool: {
    unit: 'connections',
    query: 'sum by (data_source, pool, state) (hyperdjango_db_pool_connections_by_pool)',
    bad: '**When `pinned` stays high in one pool**: that data source has a query runner that is not released, or long transactions.',
  },
  db_pool_waiting_by_pool: {
    unit: 'callers',
    query: 'sum by (data_source, pool) (hyperdjango_db_pool_waiting_by_pool)',
    bad: '**When callers wait for one pool**: that pool is exhausted, see `hyperdjango_db_pool_waiting`.',
  },
  db_queries_total: {
    unit: 'queries',
    query: 'rate(hyperdjango_db_queries_total[5m])',
    bad: '**When it rises and the requests do not**: each request sends more queries. See `hyperdjango_db_queries_per_request`.',
  },
  db_slow_queries_total: {
    unit: 'queries',
    query: 'rate(hyperdjango_db_slow_queries_total[5m]) / rate(hyperdjango_db_queries_total[5m])',
    bad: '**When the share rises**: `PerformanceTracker.getStats()` has the latest slow queries, `queryTimer.slowQueryLog` keeps them. If all kinds are slow, check the server (CPU, disk, locks).',
  },
  n_plus_one_total: {
    unit: 'patterns',
    query: 'increase(hyperdjango_n_plus_one_total[1h])',
    bad: '**When it rises**: the log names the route and the line of code. Read all rows at once, with a join or a list of keys.',
  },
  db_avg_queries_per_request: {
    unit: 'queries',
    query: 'hyperdjango_db_avg_queries_per_request',
    bad: '**When it is higher after a release**: a page reads more, or there is a new N+1. For recent requests, query `hyperdjango_db_queries_per_request`.',
  },
  db_queries_per_request: {
    unit: 'queries',
    query:
      'rate(hyperdjango_db_queries_per_request_sum[5m]) / rate(hyperdjango_db_queries_per_request_count[5m])',
    bad: '**When it rises without more N+1 patterns**: a page reads more, or a cache no longer answers.',
  },
  n_plus_one_by_route_total: {
    unit: 'patterns',
    query:
      'topk(5,\n  increase(hyperdjango_n_plus_one_by_route_total[1h]) > 0\n  or (hyperdjango_n_plus_one_by_route_total unless hyperdjango_n_plus_one_by_route_total offset 1h)\n)',
    bad: '**When a route is in the list**: repair its queries, as [queries-per-request.md](queries-per-request.md#repairing-it) shows.',
  },
  db_route_queries_total: {
    unit: 'queries',
    query: 'topk(5, sum by (route) (rate(hyperdjango_db_route_queries_total[5m])))',
    bad: '**When one route sends most queries**: compare with its requests (`hyperdjango_http_route_duration_seconds_count`). Many for each request: an N+1, or reads that a cache could answer. **When `<background>` is high**: timers, start-up work, or handlers that go on after their response. Give jobs a name with `unitOfWork()`.',
  },
  db_route_query_seconds_total: {
    unit: 'seconds',
    query:
      'topk(5, sum by (route) (rate(hyperdjango_db_route_query_seconds_total[5m]))) / scalar(sum(rate(hyperdjango_db_route_query_seconds_total[5m])))',
    bad: '**When one route has most of the time**: its statements are in `PerformanceTracker.getStats()`, with `performance.statements`. Begin with those.',
  },
  db_route_acquire_seconds_total: {
    unit: 'seconds',
    query: 'topk(5, sum by (route) (rate(hyperdjango_db_route_acquire_seconds_total[5m])))',
    bad: '**When all routes wait**: the pool is exhausted; the routes with the most query time use it. **When one route waits alone**: it asks for several connections at once, as `Promise.all()` does.',
  },
  db_statement_calls_total: {
    unit: 'queries',
    query: 'topk(5, sum by (statement) (rate(hyperdjango_db_statement_calls_total[5m])))',
    bad: '**When one statement is sent much more often than others**: read its rows at once, or cache them. **When `other` is high**: raise `performance.statements.limit`.',
  },
  db_statement_seconds_total: {
    unit: 'seconds',
    query:
      'topk(5, sum by (statement) (rate(hyperdjango_db_statement_seconds_total[5m])) / sum by (statement) (rate(hyperdjango_db_statement_calls_total[5m])))',
    bad: '**When a statement is slow**: `PerformanceTracker.getStats()` has its fingerprint and the routes that send it. Look at its plan with `EXPLAIN`.',
  },
  db_queries_in_flight: {
    unit: 'queries',
    query: 'hyperdjango_db_queries_in_flight',
    bad: '**When it is high and the rate of queries is not**: queries are slow or wait for locks (`pg_stat_activity`), or streams are read slowly.',
  },
  db_query_duration_ms_total: {
    unit: 'milliseconds',
    query: 'rate(hyperdjango_db_query_duration_ms_total[5m]) / 1000',
    bad: '**When it comes near the connections in use**: connections work all the time. More load needs faster statements or more connections. **When it is far below**: connections are held without working.',
  },
  db_query_duration_seconds: {
    unit: 'seconds',
    query:
      'histogram_quantile(0.99, sum by (le, operation) (rate(hyperdjango_db_query_duration_seconds_bucket[5m])))',
    bad: '**When all operations are slow**: check the server (CPU, disk, locks). **`transaction` alone**: COMMIT waits for the disk or a synchronous replica. **`select` alone**: a missing index, or streams.',
  },
  db_query_errors_total: {
    unit: 'queries',
    query: 'sum by (sqlstate_class) (rate(hyperdjango_db_query_errors_total[5m]))',
    bad: '**When it rises**: the class tells what to do, see the table in [database.md](database.md#errors).',
  },
  db_slow_query_seq_scans_total: {
    unit: 'tables',
    query: 'rate(hyperdjango_db_slow_query_seq_scans_total[15m])',
    bad: '**When it rises**: an index is missing, or no longer fits. The plans in the slow-query log name the tables and the conditions; see [where the time goes](where-the-time-goes.md#4-why-is-the-statement-slow).',
  },
  stmt_cache_hits_total: {
    unit: 'statements',
    query: 'rate(hyperdjango_stmt_cache_hits_total[5m]) / rate(hyperdjango_db_queries_total[5m])',
    bad: '**When few of all queries are hits**: the others have no values, or have them in their text. Use parameters.',
  },
  stmt_cache_misses_total: {
    unit: 'statements',
    query: 'rate(hyperdjango_stmt_cache_misses_total[5m])',
    bad: '**When it stays high**: with evictions, raise `statementCache.maxEntries`. Without evictions, connections do not live long.',
  },
  stmt_cache_evictions_total: {
    unit: 'statements',
    query: 'rate(hyperdjango_stmt_cache_evictions_total[5m])',
    bad: '**When it rises steadily**: more texts are in use than `statementCache.maxEntries`. Raise it if the server has the memory, or deny texts with values in them.',
  },
  stmt_cache_entries: {
    unit: 'statements',
    query: 'sum(hyperdjango_stmt_cache_entries)',
    bad: '**When the server is short of memory**: each entry costs it 16 to 150 kB. Lower `statementCache.maxEntries`, or use fewer connections.',
  },
  stmt_cache_hit_rate: {
    unit: 'a share, from 0 to 1',
    query: 'hyperdjango_stmt_cache_hit_rate',
    bad: '**When it is low**: see evictions, and how long connections live. **When it is 0 with the cache on**: the cache has switched itself off, and a warning in the log says why.',
  },
  stmt_cache_plan_regressions_total: {
    unit: 'texts',
    query: 'increase(hyperdjango_stmt_cache_plan_regressions_total[1d])',
    bad: '**When it rises**: the log has the text and both medians. The text has no name any more, so there is no hurry. Deny it (`statementCache.deny`), so that the next process need not find out again.',
  },
  stmt_cache_bypasses_total: {
    unit: 'statements',
    query: 'rate(hyperdjango_stmt_cache_bypasses_total[5m])',
    bad: '**When it rises**: transactions begin with `SET LOCAL`, with a function that is `VOLATILE`, or with a temporary table. The log has the first of these statements. Answers are right, but the server plans the statements after it each time. See [statement-cache.md](statement-cache.md#what-a-statement-means).',
  },
  db_pool_healthy: {
    unit: '1 or 0',
    query: 'min(hyperdjango_db_pool_healthy)',
    bad: '**When it is 0**: `PoolHealthChecker.getStats().lastFailure` has the reason, such as `ECONNREFUSED` or `timeout`. See [database.md](database.md#health).',
  },
  db_pool_health_checks_total: {
    unit: 'checks',
    query: 'rate(hyperdjango_db_pool_health_checks_total[5m])',
    bad: '**When it stands still**: the checker was stopped, or the event loop is blocked.',
  },
  db_pool_health_failures_total: {
    unit: 'checks',
    query:
      'sum(rate(hyperdjango_db_pool_health_failures_total[5m])) / sum(rate(hyperdjango_db_pool_health_checks_total[5m]))',
    bad: '**When some checks fail and others do not**: the network loses packets, or the server restarts or has no connection left.',
  },
  db_pool_health_check_duration_seconds: {
    unit: 'seconds',
    query:
      'hyperdjango_db_pool_health_check_duration_seconds_sum / hyperdjango_db_pool_health_check_duration_seconds_count',
    bad: '**When it comes near `healthChecker.timeoutMs`**: the server or the network is slow, and checks will fail soon.',
  },
  metrics_scrape_duration_seconds: {
    unit: 'seconds',
    query:
      'histogram_quantile(0.99, sum by (le) (rate(hyperdjango_metrics_scrape_duration_seconds_bucket[1h])))',
    bad: '**When scrapes are slow**: a collector waits (repair it, or lower `endpoint.collectorTimeoutMs`), or the event loop is blocked. Rendering alone takes [milliseconds](sizing.md#scrapes).',
  },
  metrics_scrapes_refused_total: {
    unit: 'scrapes',
    query: 'sum by (reason) (increase(hyperdjango_metrics_scrapes_refused_total[10m])) > 0',
    bad: '**When it rises**: `reason` says why. `guard`: exempt the endpoint from [rate limits](endpoint.md#rate-limits). `busy`: raise `endpoint.maxConcurrentScrapes` or scrape less often. `credentials` and `address`: a wrong configuration of Prometheus, or another client.',
  },
  metrics_collector_errors_total: {
    unit: 'failures',
    query: 'sum by (collector) (increase(hyperdjango_metrics_collector_errors_total[10m])) > 0',
    bad: '**When it rises**: `collector` names what could not be read. The log has the first failure with its reason.',
  },
  metrics_series_dropped_total: {
    unit: 'samples',
    query: 'sum by (family) (increase(hyperdjango_metrics_series_dropped_total[10m])) > 0',
    bad: '**When it rises**: a label of that family has too many values. Reduce them, or raise `seriesBudget`.',
  },
};
