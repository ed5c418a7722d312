import { startPostgres } from '../support/postgres.js';
import { testMeanings } from '../support/twins/meaning-tests.js';
import { MEANINGS, REPORTED_MEANINGS } from '../support/twins/meanings/index.js';

testMeanings(startPostgres, { ...MEANINGS, ...REPORTED_MEANINGS });
