import { describe } from 'vitest';
import {
  DEBIAN_VERSION,
  findMissingDebianPostgres,
  startDebianPostgres,
} from '../support/debian-postgres.js';
import { testMeanings } from '../support/twins/meaning-tests.js';

const missing = process.env['CI'] === 'true' ? undefined : findMissingDebianPostgres();
if (missing !== undefined) console.warn(`Skipped: an older release of PostgreSQL: ${missing}.`);

describe.skipIf(missing !== undefined)(`on PostgreSQL ${DEBIAN_VERSION} of Debian`, () => {
  testMeanings(startDebianPostgres, { reportsPath: false });
});
