// A cluster of workers as users have it: `node cluster-application.mjs <workers> <options of the module's cluster, as JSON> <metrics, as
// JSON>`, with IPC. Metrics: `{ series }` of a counter of prom-client, `{ page: true }` for the live page, and `{ slow: { worker, gatherMs, blockMs } }`, a gauge of prom-client
// whose `collect()` takes a while in that worker (in all without `worker`). Tells who comes and goes; takes `{ fork: true }`, `{ signal, worker }` and `{ listen: true }`, which
// is answered by what the properties of messages between its processes are called.
import 'reflect-metadata';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Dependencies, Get, Module, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Counter, Gauge } from 'prom-client';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
import { setUpClusterPrimary } from 'nestjs-hyper-metrics/cluster';

const [, , workers, options, foreign = '{}'] = process.argv;
const { series = 0, slow, page = false } = JSON.parse(foreign);

/** Keeps the event loop from turning. */
function block(ms) {
  const until = performance.now() + Number(ms);
  while (performance.now() < until);
}

/** What a host sees that has messages of its own. */
const heard = new Set();
const listen = (message) => Object.keys(message).forEach((name) => heard.add(name));

if (cluster.isPrimary) {
  setUpClusterPrimary();
  cluster.on('message', (worker, message) => {
    if (message.listening) {
      process.send({ ready: worker.id, pid: worker.process.pid, ...message.listening });
    }
  });
  cluster.on('exit', (worker, code, signal) => process.send({ exited: worker.id, code, signal }));
  cluster.on('message', (worker, message) => listen(message));
  process.on('message', ({ fork, worker, signal, listen: asked }) => {
    if (fork) {
      cluster.fork();
    } else if (asked) {
      process.send({ heard: [...heard] });
    } else {
      process.kill(cluster.workers[worker].process.pid, signal);
    }
  });
  process.once('disconnect', () => {
    Object.values(cluster.workers).forEach((worker) => worker.process.kill('SIGKILL'));
    process.exit();
  });
  for (let worker = 0; worker < Number(workers); worker += 1) {
    cluster.fork();
  }
} else {
  process.on('message', listen);
  // Metrics that are not ours.
  for (const aggregator of ['sum', 'min', 'max', 'average', 'first', 'omit']) {
    new Gauge({ name: `foreign_${aggregator}_gauge`, help: 'Foreign.', aggregator }).set(cluster.worker.id);
  }
  new Counter({ name: 'foreign_total', help: 'Foreign.', labelNames: ['x'] }).inc({ x: 'a' }, 0.5);

  const many = new Counter({ name: 'many_total', help: 'Many.', labelNames: ['route', 'status'] });
  for (let index = 0; index < series; index += 1) {
    many.inc({ route: `/books/${index}`, status: '200' });
  }
  if (slow !== undefined && (slow.worker ?? cluster.worker.id) === cluster.worker.id) {
    new Gauge({
      name: 'slow_gauge',
      help: 'Slow.',
      async collect() {
        block(slow.blockMs ?? 0);
        await delay(slow.gatherMs ?? 0);
        this.set(1);
      },
    });
  }

  class WorkController {
    constructor(metrics) {
      this.depth = metrics.gauge({ name: 'queue_depth', help: 'Depth.' });
      this.depth.set(10);
    }

    work() {
      return String(cluster.worker.id);
    }

    block(ms) {
      block(ms);
      return 'blocked';
    }

    heard() {
      return [...heard];
    }
  }
  Controller()(WorkController);
  Dependencies(MetricsService)(WorkController);
  const method = (name) => [
    WorkController.prototype,
    name,
    Object.getOwnPropertyDescriptor(WorkController.prototype, name),
  ];
  Get('work')(...method('work'));
  Get('block')(...method('block'));
  Get('heard')(...method('heard'));
  Query('ms')(WorkController.prototype, 'block', 0);
  class WorkModule {}
  Module({
    controllers: [WorkController],
    imports: [HyperMetricsModule.forRoot({ cluster: JSON.parse(options), endpoint: { page } })],
  })(WorkModule);

  const app = await NestFactory.create(WorkModule, { logger: ['warn', 'error'] });
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  // Scrapes go to one worker each, whoever takes the connections of the shared port.
  const own = createServer(app.getHttpAdapter().getInstance());
  own.listen({ port: 0, host: '127.0.0.1', exclusive: true });
  await once(own, 'listening');
  process.once('SIGTERM', () => own.close());
  process.send({
    listening: { url: await app.getUrl(), scrapeUrl: `http://127.0.0.1:${own.address().port}/metrics` },
  });
}
