import { Module } from '@nestjs/common';
import { HyperMetricsModule } from 'nestjs-hyper-metrics';
import { visitsTotal } from './visits.metrics.js';
import { WorkerController } from './worker.controller.js';

@Module({
  imports: [
    HyperMetricsModule.forRoot({ cluster: { workerLabel: true } }),
    HyperMetricsModule.forFeature([visitsTotal]),
  ],
  controllers: [WorkerController],
})
export class WorkerModule {}
