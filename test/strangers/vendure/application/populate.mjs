import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { bootstrap, ConfigService, JobQueueService } from '@vendure/core';
import { populate } from '@vendure/core/cli/index.js';
import { INITIAL_DATA, productsAsCsv } from './catalogue.mjs';
import { printingLogger, shopConfig } from './shop.mjs';

const CSV = 'products.csv';
/** A finished job's events start further jobs a moment later. */
const QUIET = { intervals: 10, intervalMs: 50 };

writeFileSync(CSV, productsAsCsv());
const app = await populate(start, INITIAL_DATA, CSV);
await untilJobsAreDone(app.get(ConfigService).jobQueueOptions.jobQueueStrategy);
await app.close();

/** Creates the tables, and runs jobs: they fill the collections and build the search index. */
async function start() {
  const starting = await bootstrap(shopConfig({ synchronize: true, logger: printingLogger }));
  await starting.get(JobQueueService).start();
  return starting;
}

async function untilJobsAreDone(jobs) {
  for (let quiet = 0; quiet < QUIET.intervals; quiet++) {
    const { items } = await jobs.findMany();
    if (!items.every(({ isSettled }) => isSettled)) quiet = 0;
    await delay(QUIET.intervalMs);
  }
}
