// A program without servers and connections of its own: `node short-program.mjs <collect|push|close> [hub]`. A metric of prom-client never
// answers. Prints what it has reached.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Gauge, Registry } from 'prom-client';
import { collectMetrics, HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';

const [, , what, hub] = process.argv;
const registry = new Registry();
const hanging = { name: 'hanging', help: 'Hangs.', collect: () => new Promise(() => {}) };
class ProgramModule {}
Module({
  imports: [
    HyperMetricsModule.forRoot({
      ...(what !== 'functional' && { registry }),
      endpoint: { collectorTimeoutMs: 200 },
      cluster: hub === undefined ? false : { hub, timeoutMs: 200 },
    }),
  ],
})(ProgramModule);
const app = await NestFactory.createApplicationContext(ProgramModule, { logger: false });
const metrics = app.get(MetricsService);
new Gauge({ ...hanging, registers: [metrics.registry] });
const programs = {
  collect: () => metrics.collect(),
  functional: () => collectMetrics(),
  getValue: () => metrics.getValue('hyperdjango_uptime_seconds'),
  push: () => metrics.push({ url: 'http://127.0.0.1:1', jobName: 'short', retries: 0 }),
  close: () => {},
};
try {
  await programs[what]();
  console.log('did it');
} catch (error) {
  console.log(error.name);
}
await app.close();
console.log('closed');
