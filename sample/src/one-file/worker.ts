import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Interval, ScheduleModule, Timeout } from '@nestjs/schedule';
import { defineCounter, HyperMetricsModule, InjectMetric, type MetricOf } from 'nestjs-hyper-metrics';

const pricesTotal = defineCounter({ name: 'prices_imported_total', help: 'Imported prices.' });

/** Each run is recorded by its name: how long it took, how it ended, when it last succeeded. */
@Injectable()
class PriceJobs {
  constructor(@InjectMetric(pricesTotal) private readonly prices: MetricOf<typeof pricesTotal>) {}

  @Timeout('first import', 0)
  async importPrices(): Promise<void> {
    for (const _price of [995, 1295, 1995]) this.prices.inc();
  }

  @Interval('sweep', 60_000)
  async sweep(): Promise<void> {}
}

const { PUSHGATEWAY_URL } = process.env;

@Module({
  imports: [
    HyperMetricsModule.forRoot({
      // There is no HTTP application: the metrics have a port of their own.
      endpoint: { port: Number(process.env['METRICS_PORT'] ?? 9464), host: '127.0.0.1' },
      http: false,
      // What happened after the last scrape is not lost when the worker ends.
      ...(PUSHGATEWAY_URL && { pushOnShutdown: { url: PUSHGATEWAY_URL, jobName: 'prices' } }),
    }),
    HyperMetricsModule.forFeature([pricesTotal]),
    ScheduleModule.forRoot(),
  ],
  providers: [PriceJobs],
})
class WorkerModule {}

async function start(): Promise<void> {
  const app = await NestFactory.createApplicationContext(WorkerModule);
  // A signal closes the application, and that pushes.
  app.enableShutdownHooks();
}

void start();
