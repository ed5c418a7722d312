// `node hub-application.mjs hub <path>` is a hub, `node hub-application.mjs member <path>` an application that asks it. They
// print a line when they are there.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { serveClusterHub } from 'nestjs-hyper-metrics/cluster';

// PM2 gives no arguments, and its workers of one port the same script.
const [, , role = process.env.ROLE, path = process.env.HUB_PATH] = process.argv;

if (role === 'hub') {
  const hub = await serveClusterHub(path);
  process.once('SIGTERM', () => void hub.close());
  console.log('Listening at the path');
} else {
  class WorkController {
    work() {
      return String(process.pid);
    }
  }
  Controller()(WorkController);
  Get('work')(
    WorkController.prototype,
    'work',
    Object.getOwnPropertyDescriptor(WorkController.prototype, 'work'),
  );
  class WorkModule {}
  Module({
    controllers: [WorkController],
    imports: [HyperMetricsModule.forRoot({ cluster: { hub: path, workerLabel: true } })],
  })(WorkModule);
  const app = await NestFactory.create(WorkModule, { logger: ['warn', 'error'] });
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 0, '127.0.0.1');
  console.log(`Listening at ${await app.getUrl()}`);
}
