import cluster from 'node:cluster';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { defineCounter, HyperMetricsModule, InjectMetric, type MetricOf } from 'nestjs-hyper-metrics';
import { setUpClusterPrimary } from 'nestjs-hyper-metrics/cluster';

const WORKERS = 4;

const visitsTotal = defineCounter({ name: 'visits_total', help: 'Visits of the front page.' });

/** Tells which worker has answered, and ends it in two ways. */
@Controller()
class WorkerController {
  constructor(@InjectMetric(visitsTotal) private readonly visits: MetricOf<typeof visitsTotal>) {}

  @Get()
  visit(): object {
    this.visits.inc();
    return { worker: cluster.worker?.id, visitsOfThisWorker: this.visits.labels().value };
  }

  /** As a deployment does: the worker closes, and tells its last numbers. */
  @Get('leave')
  leave(): string {
    setImmediate(() => process.kill(process.pid, 'SIGTERM'));
    return 'This worker closes.';
  }

  /** As running out of memory does: what this worker has counted since the last scrape is lost. */
  @Get('crash')
  crash(): void {
    process.kill(process.pid, 'SIGKILL');
  }
}

@Module({
  imports: [
    HyperMetricsModule.forRoot({ cluster: { workerLabel: true } }),
    HyperMetricsModule.forFeature([visitsTotal]),
  ],
  controllers: [WorkerController],
})
class WorkerModule {}

/** Starts the workers, and others for those that end, until it is told to stop. */
function startPrimary(): void {
  // The one line of the library in the primary.
  setUpClusterPrimary();
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      isStopping = true;
      Object.values(cluster.workers ?? {}).forEach((worker) => worker?.process.kill('SIGTERM'));
    });
  }
  const fork = (): void => {
    const worker = cluster.fork();
    let hasServed = false;
    worker.once('listening', () => (hasServed = true));
    worker.once('exit', (code, signal) => {
      console.log(`Worker ${worker.id} has ended (${signal ?? code}).`);
      if (isStopping) return;
      // Another one would not get a port either that is taken.
      if (hasServed) fork();
      else process.exitCode = 1;
    });
  };
  cluster.once('listening', (_worker, { port }) => {
    console.log(`${WORKERS} workers at http://127.0.0.1:${port}, each with the metrics of all at /metrics.`);
  });
  for (let worker = 0; worker < WORKERS; worker += 1) fork();
}

async function startWorker(): Promise<void> {
  // The terminal's Ctrl-C comes to the workers, too: the primary decides.
  process.on('SIGINT', () => {});
  const app = await NestFactory.create(WorkerModule, { logger: ['warn', 'error'] });
  app.enableShutdownHooks(['SIGTERM']);
  await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
}

if (cluster.isPrimary) {
  startPrimary();
} else {
  void startWorker();
}
