import { describe } from 'vitest';
import {
  DEBIAN_VERSION,
  findMissingDebianPostgres,
  startDebianPostgres,
} from '../support/debian-postgres.js';
import { testMeanings } from '../support/twins/meaning-tests.js';
import { isSkipped } from '../support/skipped.js';

const skipped = isSkipped('an older release of PostgreSQL', findMissingDebianPostgres());

describe.skipIf(skipped)(`on PostgreSQL ${DEBIAN_VERSION} of Debian`, () => {
  testMeanings(startDebianPostgres, { reportsPath: false });
});
