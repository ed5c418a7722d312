import cluster from 'node:cluster';
import { Controller, Get } from '@nestjs/common';
import { InjectMetric, type MetricOf } from 'nestjs-hyper-metrics';
import { visitsTotal } from './visits.metrics.js';

/** Tells which worker has answered, and ends it in two ways. */
@Controller()
export class WorkerController {
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
