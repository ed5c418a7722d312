import type { Guide } from './guide.interface.js';

export const QUERY_GUIDE: Guide = {
  db_queries_in_flight: {
    unit: 'queries',
    query: '#db_queries_in_flight',
    remedy:
      '**When it is high and the rate of queries is not**: queries are slow or wait for locks (`pg_stat_activity`), or streams are read slowly.',
  },
  db_query_duration_ms_total: {
    unit: 'milliseconds',
    query: 'rate(#db_query_duration_ms_total[5m]) / 1000',
    remedy:
      '**When it comes near the connections in use**: connections work all the time. More load needs faster statements or more connections. **When it is far below**: connections are held without working.',
  },
  db_query_duration_seconds: {
    unit: 'seconds',
    query: 'histogram_quantile(0.99, sum by (le, operation) (rate(#db_query_duration_seconds_bucket[5m])))',
    remedy:
      '**When all operations are slow**: check the server (CPU, disk, locks). **`transaction` alone**: COMMIT waits for the disk or a synchronous replica. **`select` alone**: a missing index, or streams.',
  },
  db_query_errors_total: {
    unit: 'queries',
    query: 'sum by (sqlstate_class) (rate(#db_query_errors_total[5m]))',
    remedy:
      '**When it rises**: the class tells what to do, see the table in [database.md](database.md#errors).',
  },
  db_slow_query_seq_scans_total: {
    unit: 'tables',
    query: 'rate(#db_slow_query_seq_scans_total[15m])',
    remedy:
      '**When it rises**: an index is missing, or no longer fits. The plans in the slow-query log name the tables and the conditions; see [where the time goes](where-the-time-goes.md#4-why-is-the-statement-slow).',
  },
};
