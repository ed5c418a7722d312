import { ScheduleModule, Timeout } from '@nestjs/schedule';
import {
  bootstrap,
  PluginCommonModule,
  TransactionalConnection,
  Product,
  VendurePlugin,
} from '@vendure/core';
import { startBank } from './bank.mjs';
import { printingLogger, shopConfig } from './shop.mjs';

const { METRICS_OPTIONS: metricsOptions, PORT: port = '0' } = process.env;
// Without the module nothing of the library is loaded.
const library = metricsOptions === undefined ? undefined : await import('nestjs-hyper-metrics');
const plugins = library === undefined ? [] : [metricsPlugin(library, JSON.parse(metricsOptions))];
for (const event of ['unhandledRejection', 'warning']) {
  process.on(event, (error) => printingLogger.error(String(error?.stack ?? error), event));
}
const app = await bootstrap(
  shopConfig({
    port: Number(port),
    logger: printingLogger,
    plugins: [jobsPlugin(), ...plugins],
    bankUrl: await startBank(),
  }),
);
if (library !== undefined) process.prependOnceListener('SIGTERM', () => printFindings(library));
console.log(`Listening at ${await app.getUrl()}`);

/** As in TypeScript: `@VendurePlugin({ imports: [HyperMetricsModule.forRoot(options)] }) class MetricsPlugin {}`. */
function metricsPlugin({ HyperMetricsModule }, options) {
  class MetricsPlugin {}
  VendurePlugin({ imports: [HyperMetricsModule.forRoot(options)], compatibility: '^3.0.0' })(MetricsPlugin);
  return MetricsPlugin;
}

/** With a job that runs once, right after the start. */
function jobsPlugin() {
  class Jobs {
    constructor(connection) {
      this.connection = connection;
    }

    countProducts() {
      return this.connection.rawConnection.getRepository(Product).count();
    }
  }
  const job = Object.getOwnPropertyDescriptor(Jobs.prototype, 'countProducts');
  Timeout('count products', 0)(Jobs.prototype, 'countProducts', job);
  const provider = {
    provide: Jobs,
    inject: [TransactionalConnection],
    useFactory: (connection) => new Jobs(connection),
  };
  class JobsPlugin {}
  VendurePlugin({
    imports: [ScheduleModule.forRoot(), PluginCommonModule],
    providers: [provider],
    compatibility: '^3.0.0',
  })(JobsPlugin);
  return JobsPlugin;
}

/** All of them: the log has the first ones of each minute. */
function printFindings({ PerformanceTracker }) {
  const { nPlusOnePatterns } = app.get(PerformanceTracker, { strict: false }).getStats();
  console.log(JSON.stringify({ findings: nPlusOnePatterns }));
}
