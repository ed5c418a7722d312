import type { Collector } from '../core/collector.js';
import type { FamilyDefinition } from '../core/family-definition.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import { mergeScalarSnapshots } from './merge-snapshots.js';
import type { SnapshotSource } from './registry-entry.js';
import { settleWithin } from './settle-within.js';

/**
 * Runs one collector in isolation. Runs that are asked for while one is in progress share it, so that a
 * collector with many families runs once a scrape.
 */
export class CollectorRunner {
  private running: Promise<readonly FamilySnapshot[]> | undefined;
  private lastCounters: readonly FamilySnapshot[] = [];

  constructor(
    readonly collector: Collector,
    private readonly onError: (collector: string, error: unknown) => void,
    private readonly timeoutMs: () => number,
  ) {}

  /** Never rejects. After a failure gauges are absent and counters keep their last value, so that no sum falls. */
  run(): Promise<readonly FamilySnapshot[]> {
    this.running ??= this.collect().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async collect(): Promise<readonly FamilySnapshot[]> {
    try {
      const snapshots = await settleWithin(this.collector.collect(), this.timeoutMs());
      this.lastCounters = snapshots.filter(({ descriptor }) => descriptor.type === 'counter');
      return snapshots;
    } catch (error) {
      this.onError(this.collector.name, error);
      return this.lastCounters;
    }
  }
}

/** A family whose numbers collectors read at scrape time, merged when several collectors declare it. */
export class PulledFamily implements SnapshotSource {
  private readonly runners = new Set<CollectorRunner>();

  constructor(readonly definition: FamilyDefinition) {}

  add(runner: CollectorRunner): void {
    this.runners.add(runner);
  }

  /** Returns whether a collector is left. */
  remove(runner: CollectorRunner): boolean {
    this.runners.delete(runner);
    return this.runners.size > 0;
  }

  async snapshot(): Promise<FamilySnapshot | undefined> {
    const runs = await Promise.all([...this.runners].map((runner) => runner.run()));
    const own = runs.flat().filter(({ descriptor }) => descriptor.name === this.definition.name);
    return own.length === 0
      ? undefined
      : mergeScalarSnapshots(this.definition, this.definition.aggregation ?? 'sum', own);
  }

  /** Somebody else's state cannot be reset. */
  reset(): void {}
}
