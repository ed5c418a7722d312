/** One thing to open or to send. */
export interface RouteLink {
  /** GET without it. */
  readonly method?: 'POST' | 'PUT';
  /** `{metrics}` and `{prefix}` in it are the address of the metrics and the prefix of their names. */
  readonly path: string;
  /** What to look for on the live page, in the metrics or in the log. */
  readonly look: string;
  /** Families that move, without the prefix of the metrics. */
  readonly families?: readonly string[];
  /** Arguments of `curl`, for what a click in a browser cannot send. */
  readonly curl?: string;
}

export interface LinkGroup {
  readonly title: string;
  readonly links: Readonly<Record<string, RouteLink>>;
}

const JSON_BODY = "-H 'content-type: application/json' -d";

/** What the shop has to show, by what it shows. The start page and its JSON are made of this. */
export const LINK_GROUPS: readonly LinkGroup[] = [
  {
    title: 'Requests',
    links: {
      fastList: {
        path: '/books?page=1&pageSize=20',
        look: 'A fast list. Its row in the table of routes has its rate and its quantiles.',
        families: ['http_requests_total', 'http_route_duration_seconds'],
      },
      nested: {
        path: '/books/1/reviews',
        look: 'Whatever the id, the route is /books/:bookId/reviews.',
        families: ['http_route_duration_seconds'],
      },
      authorsBooks: {
        path: '/authors/1/books',
        look: 'Two queries: the share of the database’s time in the table of routes.',
        families: ['db_route_queries_total', 'db_route_query_seconds_total'],
      },
      order: {
        path: '/orders/1',
        look: 'An order with its book and author: one query with joins.',
        families: ['db_route_queries_total'],
      },
      fileStream: {
        path: '/books.csv',
        look: 'A file that is streamed. Its duration ends with its last byte.',
        families: ['http_request_duration_seconds'],
      },
      eventStream: {
        path: '/events',
        look: 'In flight for 30 s. The durations of event streams are not recorded.',
        families: ['http_requests_in_flight'],
      },
      slowReport: {
        path: '/reports/sales',
        look: 'Takes 0.25 s: p99 rises. Stop loading before it answers, and it counts as 499.',
        families: ['http_request_duration_seconds'],
      },
      addBook: {
        method: 'POST',
        path: '/books',
        look: 'Status 201. With an empty title it is 400.',
        families: ['http_requests_total'],
        curl: `${JSON_BODY} '{"title":"A New Book","authorId":1,"priceCents":1295,"publishedYear":2026}'`,
      },
      placeOrder: {
        method: 'POST',
        path: '/orders',
        look: 'A transaction. With a quantity of 10000 the stock is too small: 409.',
        families: ['http_requests_total', 'bookshop_checkout_seconds', 'bookshop_copies_sold_total'],
        curl: `${JSON_BODY} '{"bookId":1,"quantity":1}'`,
      },
      uploadCover: {
        method: 'PUT',
        path: '/books/1/cover',
        look: 'A streamed upload. Any other type than an image is 415.',
        families: ['method_calls_total'],
        curl: "-H 'content-type: image/png' --data-binary 'no real image'",
      },
    },
  },
  {
    title: 'Database and N+1',
    links: {
      nPlusOne: {
        path: '/reviews/n-plus-one',
        look: '41 queries for 20 reviews. The live page and the log name the line of code that repeats them.',
        families: ['n_plus_one_by_route_total', 'db_queries_per_request'],
      },
      fixedTwin: {
        path: '/reviews',
        look: 'The same list by three queries. Compare the header Server-Timing.',
        families: ['db_queries_per_request'],
      },
      join: {
        path: '/books/1',
        look: 'A book with its author: one query, with a join.',
        families: ['db_query_duration_seconds'],
      },
      slowQuery: {
        path: '/database/slow-query?ms=500',
        look: 'A row of slow queries on the live page, as a fingerprint without values.',
        families: ['db_slow_queries_total', 'db_query_duration_ms_total'],
      },
      rowStream: {
        path: '/database/stream?rows=1000',
        look: 'A query is in flight until its last row was read.',
        families: ['db_queries_in_flight'],
      },
      failingQuery: {
        path: '/database/failing-query',
        look: 'An id that exists already: an error of the class 23.',
        families: ['db_query_errors_total'],
      },
      queriesPerRequest: {
        path: '/database/queries-per-request',
        look: 'N+1 findings with their lines, and the slowest queries from their table.',
        families: ['db_avg_queries_per_request', 'n_plus_one_total'],
      },
      database: {
        path: '/database',
        look: 'Statistics of timer, health check and cache, and all lines of a scrape about the database.',
        families: ['db_pool_healthy'],
      },
      health: {
        path: '/health',
        look: 'A health check of @nestjs/terminus: 503 while the database does not answer.',
        families: ['db_pool_health_checks_total'],
      },
    },
  },
  {
    title: 'Pools and leaks',
    links: {
      transaction: {
        path: '/database/transaction?ms=500',
        look: 'A connection is in use for half a second while no query runs on it.',
        families: ['db_pool_in_use', 'db_pool_thread_owned'],
      },
      queryRunner: {
        path: '/database/query-runner?statements=3',
        look: 'The same for a query runner that is released late.',
        families: ['db_pool_thread_owned'],
      },
      burst: {
        path: '/database/burst?callers=20&ms=50',
        look: '20 queries, 5 connections: 15 wait. See the chart of the pool.',
        families: ['db_pool_waiting', 'db_pool_acquire_duration_seconds'],
      },
      leak: {
        path: '/database/leak?ms=10000',
        look: 'A connection that is not released. After 6 s the live page and the log name the line that took it.',
        families: ['db_pool_leaks_suspected_total'],
      },
      heldConnections: {
        path: '/database/held',
        look: 'Who holds a connection now: open it after the leak.',
        families: ['db_pool_in_use', 'db_pool_connections_by_pool'],
      },
    },
  },
  {
    title: 'Statement cache',
    links: {
      preparedStatements: {
        path: '/database/statements?times=4',
        look: 'Four hits, if the connection has prepared the statement before. See the chart of the statement cache.',
        families: ['stmt_cache_hits_total', 'stmt_cache_misses_total', 'stmt_cache_hit_rate'],
      },
    },
  },
  {
    title: 'Decorators',
    links: {
      timed: {
        path: '/instruments/timed',
        look: '@Timed() on methods that return, resolve, reject, emit and yield.',
        families: ['method_duration_seconds', 'bookshop_parcel_packing_seconds'],
      },
      counted: {
        path: '/instruments/counted',
        look: '@Counted(), of all calls and of failures only.',
        families: ['method_calls_total'],
      },
      inFlight: {
        path: '/instruments/in-flight',
        look: '@InFlight(): the gauge before, during and after two calls.',
        families: ['method_in_flight'],
      },
      injectMetric: {
        path: '/instruments/inject-metric',
        look: '@InjectMetric(): a counter and a histogram of the shop’s own.',
        families: ['bookshop_gifts_wrapped_total', 'bookshop_books_per_gift'],
      },
    },
  },
  {
    title: 'Outgoing call',
    links: {
      delivery: {
        path: '/orders/1/delivery',
        look: 'A request to another service, and its share of this route’s time.',
        families: ['http_client_request_duration_seconds', 'http_route_outgoing_seconds_total'],
      },
      slowDelivery: {
        path: '/orders/7/delivery',
        look: 'The other service takes 0.2 s.',
        families: ['http_client_request_duration_seconds'],
      },
      lostDelivery: {
        path: '/orders/9/delivery',
        look: 'The other service does not answer: aborted after 0.3 s, and the shop answers 200 nevertheless.',
        families: ['http_client_errors_total'],
      },
    },
  },
  {
    title: 'Scheduled job',
    links: {
      nightlySales: {
        method: 'POST',
        path: '/reports/nightly-sales',
        look: 'Runs the job of 3 o’clock now. Its queries are those of the route “job:nightly sales”.',
        families: ['schedule_run_duration_seconds', 'schedule_last_success_timestamp_seconds'],
      },
    },
  },
  {
    title: 'Exemplars',
    links: {
      traced: {
        path: '/books/2',
        look: 'A request of a trace, as a gateway with a tracer sends it. The traffic’s requests have traces, too.',
        families: ['http_route_duration_seconds'],
        curl: "-H 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'",
      },
      exemplars: {
        path: '{metrics}?name[]={prefix}http_route_duration_seconds',
        look: 'The buckets in OpenMetrics: “# {trace_id=…}” leads from a latency to its trace.',
        curl: "-gH 'accept: application/openmetrics-text'",
      },
    },
  },
  {
    title: 'Native histograms',
    links: {
      nativeHistograms: {
        path: '{metrics}?name[]={prefix}http_request_duration_seconds',
        look: 'Prometheus reads them as protobuf: this says the type and the size of what it gets.',
        curl: "-gso /dev/null -w '%{content_type}: %{size_download} bytes\\n' -H 'accept: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'",
      },
    },
  },
  {
    title: 'Objectives (SLO), dashboards and alerts',
    links: {
      dashboard: {
        path: '/monitoring/dashboard.json',
        look: 'A dashboard for Grafana, made for the families that this shop exports. Import it there.',
      },
      rules: {
        path: '/monitoring/rules.yml',
        look: 'Recording rules and alerts for Prometheus. Those of the error budget read the shop’s objectives.',
        families: ['slo_objective_ratio', 'slo_latency_threshold_seconds'],
      },
    },
  },
  {
    title: 'Faults',
    links: {
      failing: {
        path: '/faults/error',
        look: 'A 500 on purpose: the share of errors rises, and the class of the exception is counted.',
        families: ['http_requests_total', 'http_exceptions_total'],
      },
      notFound: {
        path: '/books/999999',
        look: '404 of a route that exists: its row in the table of routes, not <unmatched>.',
        families: ['http_route_duration_seconds'],
      },
      forbidden: {
        path: '/admin/stats',
        look: '403 of a guard, before any handler.',
        families: ['http_requests_total'],
      },
    },
  },
];
