// An application as users have it, compiled and without source maps: `node repeating-application.mjs <url of a database>`.
// It prints its address once it listens.
import 'reflect-metadata';
import { Controller, Dependencies, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
import { DataSource } from 'typeorm';

const [, , url, mode] = process.argv;
const dataSource = await new DataSource({ type: 'postgres', url }).initialize();
await dataSource.query('CREATE TABLE IF NOT EXISTS repeated (id int)');

async function readTimes(times) {
  for (let id = 0; id < times; id += 1) {
    await dataSource.query('SELECT id FROM repeated WHERE id = $1', [id]); // the place
  }
}

class ReadingController {
  constructor(metrics) {
    this.metrics = metrics;
  }

  async read() {
    await readTimes(6);
    return 'read';
  }

  few() {
    return readTimes(4);
  }

  async unit() {
    const failure = await this.metrics.unitOfWork('job', () => readTimes(5)).catch((error) => error);
    return `${failure?.name}: ${failure?.message}`;
  }
}
Controller()(ReadingController);
Dependencies(MetricsService)(ReadingController);
for (const [name, path] of Object.entries({ read: 'read/:id', few: 'few', unit: 'unit' })) {
  Get(path)(
    ReadingController.prototype,
    name,
    Object.getOwnPropertyDescriptor(ReadingController.prototype, name),
  );
}

class RepeatingModule {}
Module({
  controllers: [ReadingController],
  imports: [
    HyperMetricsModule.forRoot({
      dataSources: [dataSource],
      performance: { failOnNPlusOne: mode === 'fail' },
      queryTimer: { thresholdMs: 0, slowQueryLog: mode === 'log' },
    }),
  ],
})(RepeatingModule);

const app = await NestFactory.create(RepeatingModule, { logger: ['warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`Listening at ${await app.getUrl()}`);
