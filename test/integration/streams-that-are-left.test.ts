import { startPostgres } from '../support/postgres.js';
import { testStreams } from '../support/stream-tests.js';

testStreams({
  name: 'PostgreSQL',
  start: async () => {
    const { url, stop } = await startPostgres();
    return { options: { type: 'postgres', url, extra: { max: 3 } }, stop };
  },
  rows: "SELECT i, repeat('x', 100) AS padding FROM generate_series(1, 20000) i",
  failing: 'SELECT 1 / (500 - i) AS quotient FROM generate_series(1, 1000) i',
  failureClass: '22',
  invalid: 'SELECT * FROM missing',
  invalidClass: '42',
  ownConnection: 'SELECT pg_backend_pid() AS id',
  end: (connection) => `SELECT pg_terminate_backend(${connection})`,
  endClasses: ['57', 'client'],
});
