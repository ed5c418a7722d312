// Applications in threads: `node thread-application.mjs <threads> <main: 'application' or 'hub'> <options of the module's
// cluster, as JSON>`, with IPC. Takes `{ terminate: <thread> }` and `{ close: <thread> }`.
import 'reflect-metadata';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
import { setUpClusterPrimary } from 'nestjs-hyper-metrics/cluster';

class WorkController {
  work() {
    return 'done';
  }
}
Controller()(WorkController);
Get('work')(
  WorkController.prototype,
  'work',
  Object.getOwnPropertyDescriptor(WorkController.prototype, 'work'),
);

async function startApplication(options) {
  class WorkModule {}
  Module({ controllers: [WorkController], imports: [HyperMetricsModule.forRoot({ cluster: options })] })(
    WorkModule,
  );
  const app = await NestFactory.create(WorkModule, { logger: ['warn', 'error'] });
  await app.listen(0, '127.0.0.1');
  app.get(MetricsService).gauge({ name: 'queue_depth', help: 'Depth.' }).set(10);
  return app;
}

if (isMainThread) {
  const [, , threads, main, json] = process.argv;
  const options = JSON.parse(json);
  const workers = new Map();
  if (main === 'hub') {
    setUpClusterPrimary();
  } else {
    const app = await startApplication(options);
    process.send({ ready: 0, url: await app.getUrl() });
  }
  for (let thread = 1; thread <= Number(threads); thread += 1) {
    const worker = new Worker(new URL(import.meta.url), { workerData: options });
    const number = thread;
    workers.set(number, worker);
    worker.on('message', (message) => process.send({ [message.event]: number, ...message }));
    worker.on('exit', () => process.send({ exited: number }));
  }
  process.on('message', ({ terminate, close }) => {
    workers.get(terminate)?.terminate();
    workers.get(close)?.postMessage('close');
  });
  process.once('disconnect', () => process.exit());
} else {
  const app = await startApplication(workerData);
  const close = async (message) => {
    // Only what the test has sent: nothing of the library's comes this way.
    parentPort.postMessage({ event: 'heard', message }, []);
    await app.close();
    parentPort.close();
  };
  parentPort.on('message', (message) => void close(message));
  parentPort.postMessage({ event: 'ready', url: await app.getUrl() }, []);
}
