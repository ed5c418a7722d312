import type { Collector } from '../core/collector.js';
import type { FamilyDefinition } from '../core/family-definition.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import { mergeFamily } from './merge/merge-family.js';
import { RowUnion } from './merge/row-union.js';
import type { GatherDeadline } from './gather-deadline.js';
import type { SnapshotSource } from './registry-entry.js';

/** Runs one collector and catches its errors. */
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
   * Runs the collector once per gather, for all of its families. Never rejects. After a failure gauges are absent and counters keep
   * their last value: a lower sum would look like a counter reset.
   */
  run(deadline: GatherDeadline): Promise<readonly FamilySnapshot[]> {
    return deadline.once(this, () => this.collect(deadline));
  }

  private async collect(deadline: GatherDeadline): Promise<readonly FamilySnapshot[]> {
    this.runs += 1;
    const run = this.runs;
    try {
      const snapshots = await deadline.within(this.collector.collect());
      // Gathers overlap: an earlier one may end later, with lower numbers.
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

/** A family that collectors read at scrape time. The snapshots of several collectors are merged. */
export class PulledFamily implements SnapshotSource {
  private readonly runners = new Set<CollectorRunner>();
  private union: RowUnion | undefined;

  constructor(readonly definition: FamilyDefinition) {}

  add(runner: CollectorRunner): void {
    this.runners.add(runner);
  }

  /** Removes a collector. Returns whether any is left. */
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

  /** Does nothing: the state belongs to the collectors. */
  reset(): void {}
}
