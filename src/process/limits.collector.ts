import { PROCESS_CPU_LIMIT_CORES, PROCESS_MEMORY_LIMIT_BYTES } from '../catalog/process.catalog.js';
import type { Collector } from '../core/collector.js';
import { scalarSnapshot, type FamilySnapshot } from '../core/family-snapshot.js';
import { nowMs } from '../core/tool/stopwatch.js';
import { type ProcessLimits, readControlGroups } from './control-groups.js';

/** Kubernetes can change the limits of a running container. */
const REFRESH_MS = 30_000;

/**
 * `process_memory_limit_bytes` and `process_cpu_limit_cores`. They are read at the start and then in the background of scrapes: no scrape waits
 * for files, whose reads queue behind other work of Node's thread pool.
 */
export class LimitsCollector implements Collector {
  readonly name = 'process_limits';
  readonly families = [PROCESS_MEMORY_LIMIT_BYTES, PROCESS_CPU_LIMIT_CORES];
  private limits: ProcessLimits = { memoryBytes: undefined, cpuCores: undefined };
  private readAtMs = -Infinity;
  private isReading = false;

  constructor(
    private readonly read: () => Promise<ProcessLimits> = readLimits,
    private readonly now: () => number = nowMs,
  ) {
    void this.refresh();
  }

  collect(): readonly FamilySnapshot[] {
    if (!this.isReading && this.now() - this.readAtMs >= REFRESH_MS) {
      void this.refresh();
    }
    const { memoryBytes, cpuCores } = this.limits;
    return [
      scalarSnapshot(PROCESS_MEMORY_LIMIT_BYTES, seriesOf(memoryBytes)),
      scalarSnapshot(PROCESS_CPU_LIMIT_CORES, seriesOf(cpuCores)),
    ];
  }

  /** Limits that cannot be read are unknown from then on. */
  private async refresh(): Promise<void> {
    this.isReading = true;
    try {
      this.limits = await this.read();
    } catch {
      this.limits = { memoryBytes: undefined, cpuCores: undefined };
    }
    this.readAtMs = this.now();
    this.isReading = false;
  }
}

function seriesOf(limit: number | undefined): { readonly labelRow: string[]; readonly value: number }[] {
  return limit === undefined ? [] : [{ labelRow: [], value: limit }];
}

async function readLimits(): Promise<ProcessLimits> {
  if (process.platform === 'linux') {
    return readControlGroups();
  }
  const memoryBytes = process.constrainedMemory();
  return {
    memoryBytes: memoryBytes > 0 && memoryBytes < 2 ** 53 ? memoryBytes : undefined,
    cpuCores: undefined,
  };
}
