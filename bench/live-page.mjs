// What the live page costs an application with 2,000 series: node bench/live-page.mjs [samples]
// The share of a core is too small to be seen beside what a process does at rest. So samples are taken one after the other, without the
// seconds between them, and their processor's time is divided among those seconds. Viewers are in a process of their own.
import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
import { LIVE_PAGE } from '../dist/esm/options/tokens.js';

const SAMPLES = Number(process.argv[2] ?? 500);
const ROUTES = 1_950;
const IDLE_SECONDS = 5;
const VIEW_SECONDS = 1;

if (process.send === undefined) {
  await measure();
} else {
  process.on('message', ({ port, viewers }) => {
    for (let index = 0; index < viewers; index += 1) look(port);
  });
  process.once('disconnect', () => process.exit());
}

function look(port) {
  const address = `http://127.0.0.1:${port}/metrics/live/feed`;
  get(address, { agent: false }, (response) => response.resume()).on('error', () => {});
}

async function measure() {
  class AppModule {}
  Module({ imports: [HyperMetricsModule.forRoot({ endpoint: { page: true } })] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const counter = app
    .get(MetricsService)
    .counter({ name: 'many_total', help: 'Many.', labelNames: ['route'] });
  for (let index = 0; index < ROUTES; index += 1) counter.inc({ route: `/route/${index}` });
  const text = await app.get(MetricsService).collect();
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  console.log(`${series} series, ${SAMPLES} samples`);

  const { sampler } = app.get(LIVE_PAGE);
  await take(sampler, SAMPLES);
  report('nobody looks', await take(sampler, SAMPLES), IDLE_SECONDS);
  for (const viewers of [1, 100]) {
    const clients = fork(fileURLToPath(import.meta.url));
    clients.send({ port: app.getHttpServer().address().port, viewers });
    await delay(3000);
    report(`${viewers} ${viewers === 1 ? 'viewer' : 'viewers'}`, await take(sampler, SAMPLES), VIEW_SECONDS);
    clients.disconnect();
    await once(clients, 'exit');
  }
  await app.close();
}

/** Returns the processor's time of one sample in milliseconds. */
async function take(sampler, samples) {
  const before = process.cpuUsage();
  for (let sample = 0; sample < samples; sample += 1) {
    await sampler.sample();
    await nextTurn();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / samples;
}

function report(situation, cpuMs, everySeconds) {
  const percent = (cpuMs / (everySeconds * 1000)) * 100;
  console.log(
    `${situation.padEnd(14)} ${cpuMs.toFixed(2)} ms each, every ${everySeconds} s: ${percent.toFixed(3)} % of a core`,
  );
}
