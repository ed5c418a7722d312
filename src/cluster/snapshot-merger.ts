import type { FamilySnapshot } from '../core/family-snapshot.js';
import { layoutOf, mergeFamily } from '../registry/merge/merge-family.js';
import { RowUnion } from '../registry/merge/row-union.js';

/** The metrics of one process, or of all ended ones. */
export interface ProcessSnapshots {
  readonly families: readonly FamilySnapshot[];
  /** Ended processes do not decide the layout and are not counted as missing. */
  readonly hasEnded: boolean;
}

export interface MergedSnapshots {
  readonly families: readonly FamilySnapshot[];
  /** The number of snapshots of living processes with another type or other buckets than most. */
  readonly leftOut: number;
}

interface Candidate {
  readonly snapshot: FamilySnapshot;
  readonly hasEnded: boolean;
}

/** Merges the snapshots of several processes into one per family, by the family's `aggregation`. Caches the unions of series. */
export class SnapshotMerger {
  private unions = new Map<string, RowUnion>();

  merge(processes: readonly ProcessSnapshots[]): MergedSnapshots {
    const unions = new Map<string, RowUnion>();
    const families: FamilySnapshot[] = [];
    let leftOut = 0;
    for (const [name, candidates] of candidatesByName(processes)) {
      const filled = candidates.filter(hasSeries);
      const fitting = filled.length === 0 ? candidates.slice(0, 1) : fittingOf(filled);
      leftOut += filled.length === 0 ? 0 : living(filled) - living(fitting);
      const inputs = fitting.map(({ snapshot }) => snapshot);
      if (inputs[0]?.descriptor.aggregation !== 'omit') {
        const union = RowUnion.of(inputs, this.unions.get(name));
        unions.set(name, union);
        families.push(mergeFamily(inputs, union));
      }
    }
    this.unions = unions;
    return { families, leftOut };
  }
}

function living(candidates: readonly Candidate[]): number {
  return candidates.filter(({ hasEnded }) => !hasEnded).length;
}

function candidatesByName(processes: readonly ProcessSnapshots[]): Map<string, Candidate[]> {
  const byName = new Map<string, Candidate[]>();
  for (const { families, hasEnded } of processes) {
    for (const snapshot of families) {
      const { name } = snapshot.descriptor;
      const known = byName.get(name);
      if (known === undefined) {
        byName.set(name, [{ snapshot, hasEnded }]);
      } else {
        known.push({ snapshot, hasEnded });
      }
    }
  }
  return byName;
}

/** Foreign metrics without series have no bounds yet. */
function hasSeries({ snapshot }: Candidate): boolean {
  return snapshot.labelRows.length > 0;
}

/** Returns the snapshots with the most frequent layout; of several such layouts, the first one. */
function fittingOf(candidates: readonly Candidate[]): readonly Candidate[] {
  const votes = new Map<string, number>();
  for (const { snapshot, hasEnded } of candidates) {
    const layout = layoutOf(snapshot);
    votes.set(layout, (votes.get(layout) ?? 0) + (hasEnded ? 0 : 1));
  }
  const [chosen] = [...votes].toSorted(([, one], [, other]) => other - one)[0] as [string, number];
  return candidates.filter(({ snapshot }) => layoutOf(snapshot) === chosen);
}
