import { INFO, PROCESS_START_TIME_SECONDS, UPTIME_SECONDS } from '../catalog/process.catalog.js';
import type { Collector } from '../core/collector.js';
import { scalarSnapshot, type FamilySnapshot } from '../core/family-snapshot.js';

/** `info`, `uptime_seconds` and `process_start_time_seconds`. */
export class ProcessCollector implements Collector {
  readonly name = 'process';
  readonly families = [INFO, UPTIME_SECONDS, PROCESS_START_TIME_SECONDS];

  /** @param version - the application's version, a label of `info` */
  constructor(private readonly version: string) {}

  collect(): readonly FamilySnapshot[] {
    const nodeVersion = process.version.replace(/^v/, '');
    return [
      scalarSnapshot(INFO, [{ labelRow: [this.version, nodeVersion], value: 1 }]),
      scalarSnapshot(UPTIME_SECONDS, [{ labelRow: [], value: process.uptime() }]),
      scalarSnapshot(PROCESS_START_TIME_SECONDS, [{ labelRow: [], value: performance.timeOrigin / 1000 }]),
    ];
  }
}
