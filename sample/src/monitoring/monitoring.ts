import type { MetricsService } from 'nestjs-hyper-metrics';
import {
  describeApplication,
  grafanaDashboard,
  prometheusRules,
  toYaml,
} from 'nestjs-hyper-metrics/monitoring';
import { metricsPrefix } from '../metrics-endpoint.js';

export interface Monitoring {
  /** For Grafana, as JSON. */
  readonly dashboard: string;
  /** For Prometheus, as YAML. */
  readonly rules: string;
}

/** A dashboard, recording rules and alerts, made for what the shop exports. */
export async function createMonitoring(metrics: MetricsService): Promise<Monitoring> {
  const application = describeApplication(await metrics.collect(), {
    prefix: metricsPrefix(process.env),
    nativeHistograms: true,
  });
  return {
    dashboard: JSON.stringify(grafanaDashboard(application), null, 2),
    rules: toYaml(prometheusRules(application)),
  };
}
