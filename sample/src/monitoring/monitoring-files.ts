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
  private constructor(readonly path: string) {}

  /** Writes them into a new folder. */
  static async write(
    metrics: MetricsService,
    prefix: string | undefined,
    parent = tmpdir(),
  ): Promise<MonitoringFiles> {
    const application = describeApplication(await metrics.collect(), { prefix, nativeHistograms: true });
    const files = new MonitoringFiles(mkdtempSync(join(parent, 'hyper-metrics-monitoring-')));
    writeFileSync(join(files.path, 'dashboard.json'), JSON.stringify(grafanaDashboard(application), null, 2));
    writeFileSync(join(files.path, 'rules.yml'), toYaml(prometheusRules(application)));
    return files;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
