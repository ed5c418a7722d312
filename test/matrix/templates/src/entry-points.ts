import type { setUpClusterPrimary } from 'nestjs-hyper-metrics/cluster';
import type { grafanaDashboard } from 'nestjs-hyper-metrics/monitoring';
import type { readMetric } from 'nestjs-hyper-metrics/testing';

/** Here for the compiler, which so reads the declarations of every entry point. */
export interface OtherEntryPoints {
  readonly cluster: typeof setUpClusterPrimary;
  readonly monitoring: typeof grafanaDashboard;
  readonly testing: typeof readMetric;
}
