import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetricsService } from 'nestjs-hyper-metrics';
import { createMonitoring } from './monitoring.js';

/** The dashboard and the rules in a new folder. */
export class MonitoringFiles {
  private constructor(readonly path: string) {}

  static async write(metrics: MetricsService, parent = tmpdir()): Promise<MonitoringFiles> {
    const { dashboard, rules } = await createMonitoring(metrics);
    const files = new MonitoringFiles(mkdtempSync(join(parent, 'hyper-metrics-monitoring-')));
    writeFileSync(join(files.path, 'dashboard.json'), dashboard);
    writeFileSync(join(files.path, 'rules.yml'), rules);
    return files;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
