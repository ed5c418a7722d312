// Scrapes an application of Nest with metrics of prom-client, and writes how many exceptions were thrown meanwhile, caught ones included:
// `node scrape-exceptions.mjs`. A thread watches this one as a debugger does.
import 'reflect-metadata';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Counter, Gauge, Histogram, register, Summary } from 'prom-client';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';

const WATCHER = `
  const { parentPort } = require('node:worker_threads');
  const { Session } = require('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  let thrown = [];
  session.on('Debugger.paused', ({ params }) => {
    thrown.push(params.callFrames.slice(0, 3).map(({ functionName, url }) => functionName + ' ' + url).join(' < '));
    session.post('Debugger.resume');
  });
  session.post('Debugger.enable');
  session.post('Debugger.setPauseOnExceptions', { state: 'all' }, () => parentPort.postMessage('ready'));
  parentPort.on('message', () => {
    parentPort.postMessage(thrown);
    thrown = [];
  });
`;

register.setContentType('application/openmetrics-text; version=1.0.0; charset=utf-8');
const labelNames = ['route', 'status'];
for (let index = 0; index < 50; index += 1) {
  const labels = { route: `/books/${index}`, status: '200' };
  if (index === 0) {
    new Counter({ name: 'c_total', help: 'C.', labelNames });
    new Gauge({ name: 'g', help: 'G.', labelNames });
    new Histogram({ name: 'h', help: 'H.', labelNames });
    new Summary({ name: 's', help: 'S.', labelNames });
    new Counter({ name: 'e_total', help: 'E.', labelNames, enableExemplars: true });
    new Histogram({ name: 'eh', help: 'E.', labelNames, enableExemplars: true });
  }
  register.getSingleMetric('c_total').inc(labels);
  register.getSingleMetric('g').set(labels, index);
  register.getSingleMetric('h').observe(labels, 0.1);
  register.getSingleMetric('s').observe(labels, 0.1);
  const exemplarLabels = { traceID: String(index), 'not.legal': 'x' };
  register.getSingleMetric('e_total').inc({ labels, exemplarLabels });
  register.getSingleMetric('eh').observe({ labels, value: 0.1, exemplarLabels: { traceID: 'x' } });
}

class AppModule {}
Module({ imports: [HyperMetricsModule.forRoot({ endpoint: { openMetrics: true } })] })(AppModule);
const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
const metrics = app.get(MetricsService);
const url = `${await app.getUrl()}/metrics`;
// What happens once, such as loading modules, is not of interest.
await fetch(url, { headers: { accept: 'application/openmetrics-text' } });
await metrics.collect();

const watcher = new Worker(WATCHER, { eval: true });
await once(watcher, 'message');
const thrownBy = async (work) => {
  await work();
  watcher.postMessage('next', []);
  const [thrown] = await once(watcher, 'message');
  return thrown;
};
const seen = {
  'a throw that is caught': await thrownBy(async () => {
    try {
      throw new Error('caught');
    } catch {}
  }),
  collect: await thrownBy(() => metrics.collect()),
  scrape: await thrownBy(async () => (await fetch(url)).text()),
  'scrape of OpenMetrics': await thrownBy(async () =>
    (await fetch(url, { headers: { accept: 'application/openmetrics-text' } })).text(),
  ),
};
await watcher.terminate();
await app.close();
process.stdout.write(JSON.stringify(seen));
