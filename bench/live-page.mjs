// What the live page costs an application at rest with 2,000 series: node bench/live-page.mjs [seconds]
// Each situation runs in a process of its own, which reports the processor's time that it has used.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';

const SECONDS = Number(process.argv[2] ?? 60);
const WARM_UP_MS = 10_000;
const ROUTES = 1_950;
const SITUATIONS = [
  { name: 'off', page: false, viewers: 0 },
  { name: 'on, nobody looks', page: true, viewers: 0 },
  { name: 'one viewer', page: true, viewers: 1 },
  { name: '100 viewers', page: true, viewers: 100 },
];

if (process.send === undefined) {
  for (const { name, page, viewers } of SITUATIONS) {
    const application = fork(fileURLToPath(import.meta.url), [], {
      env: { ...process.env, PAGE: String(page) },
    });
    const [{ port, series }] = await once(application, 'message');
    const clients = Array.from({ length: viewers }, () => look(port));
    await delay(WARM_UP_MS);
    application.send('usage');
    const [before] = await once(application, 'message');
    await delay(SECONDS * 1000);
    application.send('usage');
    const [after] = await once(application, 'message');
    const share = (after.cpuMs - before.cpuMs) / (SECONDS * 1000);
    console.log(
      `${name.padEnd(18)} ${(100 * share).toFixed(3)} % of a core, heap ${(after.heap / 1e6).toFixed(1)} MB (${series} series)`,
    );
    clients.forEach((client) => client.destroy());
    application.disconnect();
    await once(application, 'exit');
  }
} else {
  await serve(process.env.PAGE === 'true');
}

function look(port) {
  return get(`http://127.0.0.1:${port}/metrics/live/feed`, { agent: false }, (response) =>
    response.resume(),
  ).on('error', () => {});
}

async function serve(page) {
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { HyperMetricsModule, MetricsService } = await import('nestjs-hyper-metrics');
  class AppModule {}
  Module({ imports: [HyperMetricsModule.forRoot({ endpoint: { page } })] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const counter = app
    .get(MetricsService)
    .counter({ name: 'many_total', help: 'Many.', labelNames: ['route'] });
  for (let index = 0; index < ROUTES; index += 1) counter.inc({ route: `/route/${index}` });
  const text = await app.get(MetricsService).collect();
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send({ cpuMs: (user + system) / 1000, heap: process.memoryUsage().heapUsed });
  });
  process.once('disconnect', () => process.exit());
  process.send({ port: app.getHttpServer().address().port, series });
}
