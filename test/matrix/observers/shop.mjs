// A shop with other observers beside the library: WITH names them, FIRST says whether they come before it.
import 'reflect-metadata';

const { WITH = '', FIRST = '', OBSERVE_ENDPOINT, DATABASE_URL } = process.env;
const withOpenTelemetry = WITH.includes('opentelemetry');
const withObserve = WITH.includes('observe');

if (FIRST !== 'others') await import('nestjs-hyper-metrics');
let spans;
if (withOpenTelemetry) {
  const telemetry = await import('./open-telemetry.mjs');
  telemetry.startOpenTelemetry();
  spans = telemetry.spans;
}

const { Controller, Get, Inject, Injectable, Module } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { Cron, ScheduleModule, SchedulerRegistry } = await import('@nestjs/schedule');
const { HyperMetricsModule } = await import('nestjs-hyper-metrics');
const { Registry } = await import('prom-client');
const { default: pg } = await import('pg');

const observe = withObserve
  ? (await import('@nestjs/observe')).createObserveModule({
      // Otherwise queries of a pool that is a provider fail, with and without the library (Observe 0.3.3).
      skipInstrumentation: (instance) => instance instanceof pg.Pool,
    })
  : undefined;

/** Applies decorators to a method. */
function decorate(target, method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(target.prototype, method);
  for (const decorator of decorators) decorator(target.prototype, method, descriptor);
}

class Jobs {
  constructor(pool) {
    this.pool = pool;
  }

  async count() {
    await this.pool.query('SELECT count(*) FROM book');
  }

  async fail() {
    throw new Error('on purpose');
  }
}
decorate(Jobs, 'count', Cron('0 0 0 1 1 *', { name: 'count books' }));
decorate(Jobs, 'fail', Cron('0 0 0 1 1 *'));
Inject('POOL')(Jobs, undefined, 0);
Injectable()(Jobs);

class BooksController {
  constructor(pool, registry) {
    this.pool = pool;
    this.registry = registry;
  }

  async list() {
    return { books: (await this.pool.query('SELECT id FROM book')).rows.length };
  }

  async oneByOne() {
    for (let id = 1; id <= 7; id += 1) await this.pool.query('SELECT title FROM book WHERE id = $1', [id]);
    return { read: 7 };
  }

  async fail() {
    await this.pool.query('SELECT no_column FROM book');
  }

  /** Runs each job once. */
  async jobs() {
    for (const job of this.registry.getCronJobs().values()) await job.fireOnTick();
    return { ran: 2 };
  }

  spans() {
    return (spans?.getFinishedSpans() ?? []).map(({ name }) => name);
  }
}
decorate(BooksController, 'list', Get('books'));
decorate(BooksController, 'oneByOne', Get('one-by-one'));
decorate(BooksController, 'fail', Get('fail'));
decorate(BooksController, 'jobs', Get('jobs'));
decorate(BooksController, 'spans', Get('spans'));
Inject('POOL')(BooksController, undefined, 0);
Inject(SchedulerRegistry)(BooksController, undefined, 1);
Controller()(BooksController);

const metrics = HyperMetricsModule.forRoot({ registry: new Registry(), runtimeMetrics: false });
const others = [
  ScheduleModule.forRoot(),
  ...(observe === undefined
    ? []
    : [
        observe.ObserveModule.forRoot({
          appKey: 'key',
          appSecret: 'secret',
          serviceId: 'shop',
          endpoint: OBSERVE_ENDPOINT,
          flushInterval: 200,
        }),
      ]),
];

class ShopModule {}
Module({
  imports: FIRST === 'others' ? [...others, metrics] : [metrics, ...others],
  controllers: [BooksController],
  providers: [
    {
      provide: 'POOL',
      useFactory: () => {
        const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 5 });
        return Object.assign(pool, { onApplicationShutdown: () => pool.end() });
      },
    },
    Jobs,
  ],
})(ShopModule);

const app = await NestFactory.create(ShopModule, {
  logger: false,
  ...(observe && { instrument: observe.ObserveInstrument }),
});
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`Listening at ${await app.getUrl()}`);
