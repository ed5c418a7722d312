import type { Collector } from '../core/collector.js';
import type { FamilyDefinition } from '../core/family-definition.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import { mergeFamily } from './merge/merge-family.js';
import { RowUnion } from './merge/row-union.js';
import type { GatherDeadline } from './gather-deadline.js';
import type { SnapshotSource } from './registry-entry.js';

/** Runs one collector in isolation. */
export class CollectorRunner {
  private runs = 0;
  private lastCounters: { readonly run: number; readonly snapshots: readonly FamilySnapshot[] } = {
    run: 0,
    snapshots: [],
  };

  constructor(
    readonly collector: Collector,
    private readonly onError: (collector: string, error: unknown) => void,
  ) {}

  /**
   * Once a reading, for all of its families. Never rejects. After a failure gauges are absent and counters keep their last
   * value, so that no sum falls.
   */
  run(deadline: GatherDeadline): Promise<readonly FamilySnapshot[]> {
    return deadline.once(this, () => this.collect(deadline));
  }

  private async collect(deadline: GatherDeadline): Promise<readonly FamilySnapshot[]> {
    this.runs += 1;
    const run = this.runs;
    try {
      const snapshots = await deadline.within(this.collector.collect());
      // Readings overlap: one that began earlier may end later, with lower numbers.
      if (run > this.lastCounters.run) {
        this.lastCounters = {
          run,
          snapshots: snapshots.filter(({ descriptor }) => descriptor.type === 'counter'),
        };
      }
      return snapshots;
    } catch (error) {
      this.onError(this.collector.name, error);
      return this.lastCounters.snapshots;
    }
  }
}

/** A family whose numbers collectors read at scrape time, merged when several collectors declare it. */
export class PulledFamily implements SnapshotSource {
  private readonly runners = new Set<CollectorRunner>();
  private union: RowUnion | undefined;

  constructor(readonly definition: FamilyDefinition) {}

  add(runner: CollectorRunner): void {
    this.runners.add(runner);
  }

  /** Returns whether a collector is left. */
  remove(runner: CollectorRunner): boolean {
    this.runners.delete(runner);
    return this.runners.size > 0;
  }

  async snapshot(deadline: GatherDeadline): Promise<FamilySnapshot | undefined> {
    const runs = await Promise.all([...this.runners].map((runner) => runner.run(deadline)));
    const own = runs.flat().filter(({ descriptor }) => descriptor.name === this.definition.name);
    const { aggregation = 'sum' } = this.definition;
    if (own.length === 0 || aggregation === 'ratio') {
      // The collectors of one process share the sums of a ratio: each of them has the whole.
      return own[0];
    }
    // An average, or an omission, is one of processes.
    const isOfProcesses = aggregation === 'average' || aggregation === 'omit';
    this.union = RowUnion.of(own, this.union);
    return mergeFamily(own, this.union, isOfProcesses ? 'once' : aggregation);
  }

  /** Somebody else's state cannot be reset. */
  reset(): void {}
}
