// One variant of the measured class: `node bench/decorated-class.mjs <variant> <method>` sends its parent what a call
// costs, in nanoseconds of CPU time.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HyperMetricsModule, MetricsService } from 'nestjs-hyper-metrics';
import { Histogram } from 'prom-client';

const CLASSES = 8;
const WARM_UP_ROUNDS = 40;
const CALLS_PER_WARM_UP = 2_500;
const CALLS = { sync: 2_000_000, async: 1_000_000, promise: 1_000_000 };
const CALLS_PER_LOOP = 100_000;

const HISTOGRAM = {
  name: 'hand_written_duration_seconds',
  help: 'Duration of calls in seconds.',
  labelNames: ['class', 'method', 'outcome'],
  // Those of @Timed().
  buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
};

const ours = (app) => app.get(MetricsService).histogram(HISTOGRAM);
let promClientHistogram;
const promClient = () => (promClientHistogram ??= new Histogram(HISTOGRAM));
const seriesOf = (copy) => ({ class: `Class${copy}`, method, outcome: 'success' });

/** Which class, the options of its application (`null`: there is none), and what it is constructed with. */
const VARIANTS = {
  undecorated: { className: 'Undecorated' },
  timed: { className: 'WithTimed' },
  'timed, enabled: false': { className: 'WithTimed', options: { enabled: false } },
  'timed, no application': { className: 'WithTimed', options: null },
  counted: { className: 'WithCounted' },
  'in flight': { className: 'WithInFlight' },
  'all three': { className: 'WithAll' },
  'all three, enabled: false': { className: 'WithAll', options: { enabled: false } },
  'kept child': { className: 'WithKeptChild', argument: (app, copy) => ours(app).labels(seriesOf(copy)) },
  'kept child, around': {
    className: 'AroundKeptChild',
    argument: (app, copy) => ours(app).labels(seriesOf(copy)),
  },
  'prom-client': { className: 'WithLabels', argument: promClient },
  'prom-client, kept child': {
    className: 'WithKeptChild',
    argument: (_, copy) => promClient().labels(seriesOf(copy)),
  },
};

const [, , variant, method] = process.argv;
const { className, options = { runtimeMetrics: false }, argument } = VARIANTS[variant];

async function createInstances() {
  const classes = [];
  for (let copy = 0; copy < CLASSES; copy += 1) {
    const variants = await import(`./decorated-variants.mjs?copy=${copy}`);
    classes.push(variants[className]);
  }
  if (options === null) {
    return classes.map((type) => new type());
  }
  class ApplicationModule {}
  const isProvided = argument === undefined;
  const imports = [HyperMetricsModule.forRoot(options)];
  Module({ imports, providers: isProvided ? classes : [] })(ApplicationModule);
  const app = await NestFactory.createApplicationContext(ApplicationModule, { logger: false });
  return classes.map((type, copy) => (isProvided ? app.get(type) : new type(argument(app, copy))));
}

// That all classes go through these loops keeps V8 from compiling a loop for one class, and so the call away.
const loops = {
  sync(instance, calls) {
    let done = 0;
    for (let call = 0; call < calls; call += 1) {
      if (instance.sync() === undefined) {
        done += 1;
      }
    }
    return done;
  },
  async async(instance, calls) {
    let done = 0;
    for (let call = 0; call < calls; call += 1) {
      if ((await instance.async()) === undefined) {
        done += 1;
      }
    }
    return done;
  },
  async promise(instance, calls) {
    let done = 0;
    for (let call = 0; call < calls; call += 1) {
      if ((await instance.promise()) === undefined) {
        done += 1;
      }
    }
    return done;
  },
};

const instances = await createInstances();
for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
  for (const instance of instances) {
    for (const loop of Object.values(loops)) {
      await loop(instance, CALLS_PER_WARM_UP);
    }
  }
}

const [instance] = instances;
const calls = CALLS[method];
const before = process.cpuUsage();
let done = 0;
while (done < calls) {
  done += await loops[method](instance, CALLS_PER_LOOP);
}
const { user, system } = process.cpuUsage(before);
assert.equal(done, calls);
process.send({ nanoseconds: ((user + system) * 1_000) / calls });
process.disconnect();
