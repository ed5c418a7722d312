import { describe } from 'vitest';
import { findMissingMariaDb, startMariaDb } from '../support/mariadb-server.js';
import { testStreams } from '../support/stream-tests.js';
import { isSkipped } from '../support/skipped.js';

const skipped = isSkipped('streams of MariaDB', findMissingMariaDb());

describe.skipIf(skipped)('streams that are left', () => {
  testStreams({
    name: 'MariaDB',
    start: async () => {
      const { stop, host, port, username, password, database } = await startMariaDb();
      return {
        options: { type: 'mysql', host, port, username, password, database, extra: { connectionLimit: 3 } },
        stop,
      };
    },
    rows: "SELECT seq, REPEAT('x', 100) AS padding FROM seq_1_to_20000",
    failing:
      "SELECT IF(seq < 500, seq, CAST(CONCAT('x', (SELECT 1 UNION SELECT 2)) AS INT)) FROM seq_1_to_1000",
    failureClass: '21',
    invalid: 'SELECT * FROM missing',
    invalidClass: '42',
    ownConnection: 'SELECT CONNECTION_ID() AS id',
    end: (connection) => `KILL ${connection}`,
    endClasses: ['client'],
  });
});
