import { HEALTH_GUIDE } from './health.guide.js';
import type { Guide } from './guide.interface.js';
import { HTTP_CLIENT_GUIDE } from './http-client.guide.js';
import { HTTP_GUIDE } from './http.guide.js';
import { METHODS_GUIDE } from './methods.guide.js';
import { PERFORMANCE_GUIDE } from './performance.guide.js';
import { POOL_GUIDE } from './pool.guide.js';
import { PROCESS_GUIDE } from './process.guide.js';
import { QUERY_GUIDE } from './query.guide.js';
import { SCHEDULE_GUIDE } from './schedule.guide.js';
import { SCRAPE_GUIDE } from './scrape.guide.js';
import { SLO_GUIDE } from './slo.guide.js';
import { STATEMENT_CACHE_GUIDE } from './statement-cache.guide.js';

/** Every family of the catalog with its unit, a first query and a remedy. */
export const GUIDE: Guide = {
  ...PROCESS_GUIDE,
  ...HTTP_GUIDE,
  ...SLO_GUIDE,
  ...HTTP_CLIENT_GUIDE,
  ...METHODS_GUIDE,
  ...SCHEDULE_GUIDE,
  ...POOL_GUIDE,
  ...PERFORMANCE_GUIDE,
  ...QUERY_GUIDE,
  ...STATEMENT_CACHE_GUIDE,
  ...HEALTH_GUIDE,
  ...SCRAPE_GUIDE,
};
