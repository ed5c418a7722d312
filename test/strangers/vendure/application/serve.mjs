import { bootstrap, VendurePlugin } from '@vendure/core';
import { printingLogger, shopConfig } from './shop.mjs';

const { METRICS_OPTIONS: metricsOptions } = process.env;
// Without the module nothing of the library is loaded.
const library = metricsOptions === undefined ? undefined : await import('nestjs-hyper-metrics');
const plugins = library === undefined ? [] : [metricsPlugin(library, JSON.parse(metricsOptions))];
const app = await bootstrap(shopConfig({ logger: printingLogger, plugins }));
if (library !== undefined) process.prependListener('SIGTERM', () => printFindings(library));
console.log(`Listening at ${await app.getUrl()}`);

/** As in TypeScript: `@VendurePlugin({ imports: [HyperMetricsModule.forRoot(options)] }) class MetricsPlugin {}`. */
function metricsPlugin({ HyperMetricsModule }, options) {
  class MetricsPlugin {}
  VendurePlugin({ imports: [HyperMetricsModule.forRoot(options)], compatibility: '^3.0.0' })(MetricsPlugin);
  return MetricsPlugin;
}

/** All of them: the log has the first ones of each minute. */
function printFindings({ PerformanceTracker }) {
  const { nPlusOnePatterns } = app.get(PerformanceTracker, { strict: false }).getStats();
  console.log(JSON.stringify({ findings: nPlusOnePatterns }));
}
