import { once } from 'node:events';
import { MetricsService } from 'nestjs-hyper-metrics';
import { LOCAL_HOST } from '../common/free-port.js';
import { startEmbeddedPostgres } from '../database/embedded-postgres.js';
import { MonitoringFiles } from '../monitoring/monitoring-files.js';
import { Traffic } from '../traffic/traffic.js';
import { announce, type Announcement, describeSent } from './announcement.js';
import { createApplication } from './platform.js';
import { choosePort, readSettings, type Settings } from './settings.js';
import type { Teardown } from './teardown.js';

const TRICKLE = { requestsPerSecond: 5, durationMs: 30 * 60_000 };

/** Starts everything, in order, and returns when `stopping` is aborted; `teardown` then knows what to undo. */
export async function launch(teardown: Teardown, stopping: AbortSignal): Promise<void> {
  const settings = readSettings(process.env);
  const directory = await startDatabase(settings, teardown, stopping);
  stopping.throwIfAborted();
  const announcement = await startApplication(settings, directory, teardown);
  stopping.throwIfAborted();
  if (settings.traffic) startTraffic(announcement.baseUrl, teardown);
  console.log(announce(announcement));
  await once(stopping, 'abort');
}

/** Returns the directory of an embedded server, which is deleted with the server, also after a crash of this process. */
async function startDatabase(
  settings: Settings,
  teardown: Teardown,
  stopping: AbortSignal,
): Promise<string | undefined> {
  if (settings.databaseUrl !== undefined) return undefined;
  const postgres = await startEmbeddedPostgres({ signal: stopping });
  teardown.add('database', () => postgres.stop());
  process.env['DATABASE_URL'] = postgres.url;
  return postgres.directory;
}

async function startApplication(
  settings: Settings,
  directory: string | undefined,
  teardown: Teardown,
): Promise<Announcement> {
  const application = await createApplication(settings.platform);
  teardown.add('application', () => application.close());
  await application.listen(await choosePort(settings), LOCAL_HOST);
  const metrics = application.get(MetricsService);
  const files = await MonitoringFiles.write(metrics, directory);
  teardown.add('monitoring files', async () => files.remove());
  return {
    baseUrl: await application.getUrl(),
    metricsUrl: metrics.endpointUrl,
    monitoringPath: files.path,
  };
}

function startTraffic(baseUrl: string, teardown: Teardown): void {
  const traffic = new Traffic({ baseUrl, ...TRICKLE });
  teardown.add('traffic', async () => {
    await traffic.stop();
    console.log(describeSent(traffic.statement));
  });
}
