import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetricsService } from 'nestjs-hyper-metrics';
import {
  describeApplication,
  grafanaDashboard,
  prometheusRules,
  toYaml,
} from 'nestjs-hyper-metrics/monitoring';

/** A dashboard for Grafana and rules for Prometheus, made for what the shop exports. */
export class MonitoringFiles {
  readonly path = mkdtempSync(join(tmpdir(), 'hyper-metrics-monitoring-'));

  /** Writes them into a new folder of the system's temp directory. */
  static async write(metrics: MetricsService, prefix: string | undefined): Promise<MonitoringFiles> {
    const application = describeApplication(await metrics.collect(), { prefix });
    const files = new MonitoringFiles();
    writeFileSync(join(files.path, 'dashboard.json'), JSON.stringify(grafanaDashboard(application), null, 2));
    writeFileSync(join(files.path, 'rules.yml'), toYaml(prometheusRules(application)));
    return files;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
