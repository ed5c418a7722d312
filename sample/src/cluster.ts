import cluster from 'node:cluster';
import { NestFactory } from '@nestjs/core';
import { runPrimary } from './cluster/primary.js';
import { WorkerModule } from './cluster/worker.module.js';
import { LOCAL_HOST } from './common/free-port.js';

const port = Number(process.env['PORT'] ?? 3000);

if (cluster.isPrimary) {
  runPrimary(port);
} else {
  // The terminal's Ctrl-C comes to the workers, too: the primary decides.
  process.on('SIGINT', () => {});
  const application = await NestFactory.create(WorkerModule, { logger: ['warn', 'error'] });
  application.enableShutdownHooks(['SIGTERM']);
  await application.listen(port, LOCAL_HOST);
}
