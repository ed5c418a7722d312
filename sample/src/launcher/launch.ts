import { once } from 'node:events';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { LOCAL_HOST } from '../common/free-port.js';
import { startEmbeddedPostgres } from '../database/embedded-postgres.js';
import { Traffic, type TrafficOptions } from '../traffic/traffic.js';
import { announce } from './announcement.js';
import { choosePort, readSettings, type Settings } from './settings.js';
import type { Teardown } from './teardown.js';

const TRAFFIC_REQUESTS_PER_SECOND = 5;
const TRAFFIC_DURATION_MS = 30 * 60_000;

/** Starts everything, in order, and returns when `stopping` is aborted; `teardown` then knows what to undo. */
export async function launch(teardown: Teardown, stopping: AbortSignal): Promise<void> {
  const settings = readSettings(process.env);
  const database = await startDatabase(settings, teardown, stopping);
  stopping.throwIfAborted();
  const baseUrl = await startApplication(settings, teardown);
  stopping.throwIfAborted();
  const traffic = settings.traffic ? startTraffic(baseUrl, teardown) : undefined;
  console.log(announce({ baseUrl, database, traffic }));
  await once(stopping, 'abort');
}

async function startDatabase(settings: Settings, teardown: Teardown, stopping: AbortSignal): Promise<string> {
  if (settings.databaseUrl !== undefined) return 'the one that DATABASE_URL names';
  console.log('Starting an embedded PostgreSQL server');
  const postgres = await startEmbeddedPostgres({ signal: stopping });
  teardown.add('database', () => postgres.stop());
  process.env['DATABASE_URL'] = postgres.url;
  return `embedded PostgreSQL on ${new URL(postgres.url).host}, deleted at the end`;
}

async function startApplication(settings: Settings, teardown: Teardown): Promise<string> {
  const application = await NestFactory.create(AppModule, {
    abortOnError: false,
    // Open event streams would keep it from closing.
    forceCloseConnections: true,
  });
  teardown.add('application', () => application.close());
  await application.listen(await choosePort(settings), LOCAL_HOST);
  return application.getUrl();
}

function startTraffic(baseUrl: string, teardown: Teardown): TrafficOptions {
  const options = {
    baseUrl,
    requestsPerSecond: TRAFFIC_REQUESTS_PER_SECOND,
    durationMs: TRAFFIC_DURATION_MS,
  };
  const traffic = new Traffic(options);
  teardown.add('traffic', async () => {
    await traffic.stop();
    const counts = [...traffic.counts].map(([outcome, count]) => `${outcome}: ${count}`);
    console.log(`Traffic that was sent: ${counts.join(', ') || 'none'}`);
  });
  return options;
}
