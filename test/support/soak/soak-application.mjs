// The application that is soaked, as users have it, in a process of its own:
// `node --expose-gc soak-application.mjs <url of a database> <platform>`, with IPC. Answers `heap`, `rest`, `tally` and `close`.
import { watchTimers } from './watched-timers.mjs';
import 'reflect-metadata';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Controller,
  Dependencies,
  Get,
  HttpCode,
  HttpException,
  Module,
  Param,
  Post,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HyperMetricsModule, MetricsService, Timed } from 'nestjs-hyper-metrics';
import { Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { SoakDatabase } from './soak-database.mjs';
import { SoakService } from './soak-service.mjs';

const SERIES_BUDGET = 200;
/** Fewer than a connection gets texts, so that some are closed to make room. */
const NAMED_STATEMENTS = 1;
const JOB = 'soak job';
const JOB_INTERVAL_MS = 200;

const [, , url, platform] = process.argv;
const database = await SoakDatabase.open(url, process.pid);
const service = await SoakService.start();

class SoakController {
  constructor(metrics) {
    this.floods = metrics.counter({ name: 'soak_floods_total', help: 'Floods.', labelNames: ['value'] });
  }

  async read(id) {
    database.tally.timed += 1;
    await database.withRunner((send) => send('SELECT id, stock FROM soak_books WHERE id = $1', [Number(id)]));
  }

  /** The same read for each of a list. */
  repeat() {
    return database.withRunner(async (send) => {
      for (let id = 1; id <= 6; id += 1) {
        await send('SELECT stock FROM soak_books WHERE id = $1', [id]);
      }
    });
  }

  order() {
    return database.transaction(async (send) => {
      const id = 1 + Math.floor(Math.random() * 50);
      await send('UPDATE soak_books SET stock = stock + 1 WHERE id = $1', [id]);
      await send('SELECT pg_sleep(0.005)');
    });
  }

  async sleep(ms) {
    await database.withClient((send) => send('SELECT pg_sleep($1)', [Number(ms) / 1000]));
  }

  /** More than both pools have, for longer than anybody waits. */
  async crowd() {
    const one = (index) =>
      (index % 2 === 0 ? database.withClient : database.withRunner)((send) => send('SELECT pg_sleep(0.6)'));
    const ended = await Promise.allSettled(Array.from({ length: 24 }, (_, index) => one(index)));
    if (ended.some(({ status }) => status === 'rejected')) {
      throw new HttpException('Too many.', 503);
    }
  }

  fail() {
    return database.withClient((send) => send('SELECT 1 / 0'));
  }

  hang(response) {
    rawOf(response).writeProcessing();
    return new Promise(() => {});
  }

  /** Its client leaves while a query is under way. */
  async leave(response) {
    const raw = rawOf(response);
    const left = once(raw, 'close');
    raw.writeProcessing();
    const query = database.withRunner((send) => send('SELECT pg_sleep(0.1)', [], raw.destroyed));
    await Promise.allSettled([query, left]);
  }

  stream() {
    const endless = new Readable({ read() {} });
    endless.push('first');
    return new StreamableFile(endless);
  }

  flood(value) {
    database.tally.floods += 1;
    this.floods.inc({ value });
  }

  fault() {
    throw new Error('On purpose.');
  }

  call(client, behaviour) {
    return service.call(client, behaviour);
  }
}

/** Every third run fails. */
class SoakJobs {
  runs = { success: 0, error: 0 };

  async run() {
    const outcome = (this.runs.success + this.runs.error) % 3 === 2 ? 'error' : 'success';
    this.runs[outcome] += 1;
    await delay(1);
    if (outcome === 'error') throw new Error('On purpose.');
  }
}

const rawOf = (response) => response.raw ?? response;

function declare(method, decorate, ...parameters) {
  decorateMethod(SoakController, method, decorate);
  parameters.forEach((parameter, index) => parameter(SoakController.prototype, method, index));
}

function decorateMethod({ prototype }, method, decorate) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  Object.defineProperty(prototype, method, decorate(prototype, method, descriptor) ?? descriptor);
}

Controller()(SoakController);
Dependencies(MetricsService)(SoakController);
declare('read', Timed());
declare('read', Get('books/:id'), Param('id'));
declare('repeat', Get('repeated'));
declare('order', Post('orders'));
declare('order', HttpCode(201));
declare('sleep', Get('sleep/:ms'), Param('ms'));
declare('crowd', Get('crowd'));
declare('fail', Get('failing-query'));
declare('hang', Get('hanging'), Res({ passthrough: true }));
declare('leave', Get('leaving'), Res({ passthrough: true }));
declare('stream', Get('stream'));
declare('flood', Get('floods/:value'), Param('value'));
declare('fault', Get('fault'));
declare('call', Get('calls/:client/:behaviour'), Param('client'), Param('behaviour'));
decorateMethod(SoakJobs, 'run', Interval(JOB, JOB_INTERVAL_MS));

class SoakModule {}
Module({
  controllers: [SoakController],
  providers: [SoakJobs],
  imports: [
    ScheduleModule.forRoot(),
    HyperMetricsModule.forRoot({
      dataSources: [database.dataSource, database.pool],
      pools: { perPool: true, leakThresholdMs: 300 },
      performance: { statements: true },
      exemplars: true,
      nativeHistograms: true,
      httpClient: true,
      slo: { availability: 0.9, latency: { thresholdSeconds: 0.5, objective: 0.9 } },
      seriesBudget: { perFamily: SERIES_BUDGET },
      http: {
        sizes: true,
        handlers: true,
        serverTiming: true,
        exceptions: true,
        labels: { tenant: ({ request }) => request.headers['x-tenant'] ?? 'none' },
      },
      endpoint: { page: true, bearerToken: 'soak', ...(platform === 'fastify' && { port: 0 }) },
      healthChecker: { intervalSeconds: 1, timeoutMs: 500 },
      statementCache: { maxEntries: NAMED_STATEMENTS },
      queryTimer: {
        thresholdMs: 100,
        drainTimeoutMs: 1_000,
        slowQueryLog: { table: `soak_slow_${process.pid}`, flushIntervalSeconds: 1, explain: true },
      },
    }),
  ],
})(SoakModule);

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
// What goes wrong with the database is logged by the hundred, on purpose.
const app = await NestFactory.create(SoakModule, adapter, {
  logger: false,
  abortOnError: false,
  forceCloseConnections: true,
});
if (process.env.SOAK_LEAK !== undefined) {
  // The proof that the suite finds a leak: every request is kept.
  const kept = [];
  app.getHttpServer().on('request', (...exchange) => kept.push(exchange));
}
await app.listen(0, '127.0.0.1');
// From here on: a start that fails ends the process.
const fatal = [];
for (const event of ['unhandledRejection', 'uncaughtException', 'warning']) {
  process.on(event, (error) => fatal.push(`${event}: ${error?.stack ?? error}`));
}

/** What is in use when nothing else is to be collected. */
async function readHeap() {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await delay(20);
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { heapBytes: heapUsed, externalBytes: external + arrayBuffers };
}

/** Whoever started it is gone. */
const leave = () => process.exit(1);
process.on('disconnect', leave);

async function close() {
  process.off('disconnect', leave);
  await app.close();
  await database.close();
  await service.close();
  // Sockets tell of their end in a later turn.
  await delay(200);
  const kept = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap');
  return { kept, timers: watchTimers.alive() };
}

/** The jobs end, so that their number stays. */
async function rest() {
  clearInterval(app.get(SchedulerRegistry).getInterval(JOB));
  await delay(JOB_INTERVAL_MS);
}

const ANSWERS = {
  rest,
  heap: readHeap,
  tally: () => ({
    ...database.tally,
    outgoing: service.tally,
    jobs: app.get(SoakJobs).runs,
    fatal,
    cpuMs: Object.values(process.cpuUsage()).reduce((a, b) => a + b) / 1000,
  }),
  close,
};

async function reply({ number, ask }) {
  const answer = await ANSWERS[ask]();
  process.send({ number, answer }, () => {
    if (ask === 'close') process.disconnect();
  });
}

process.on('message', (message) => void reply(message));
const soakedUrl = await app.getUrl();
process.send({ url: soakedUrl, metricsUrl: app.get(MetricsService).endpointUrl ?? `${soakedUrl}/metrics` });
