import { startPostgres } from '../support/postgres.js';
import { testMeanings } from '../support/twins/meaning-tests.js';

testMeanings(startPostgres, { reportsPath: true });
