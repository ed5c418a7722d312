import type { FamilySnapshot } from '../core/family-snapshot.js';
import { layoutOf, mergeFamily } from '../registry/merge/merge-family.js';
import { RowUnion } from '../registry/merge/row-union.js';

/** Everything that one process has, or what is left of those that have ended. */
export interface ProcessSnapshots {
  readonly families: readonly FamilySnapshot[];
  /** What has ended decides nothing, and is not missed. */
  readonly hasEnded: boolean;
}

export interface MergedSnapshots {
  readonly families: readonly FamilySnapshot[];
  /** How many snapshots of living processes did not fit the others: another type, other buckets. */
  readonly leftOut: number;
}

interface Candidate {
  readonly snapshot: FamilySnapshot;
  readonly hasEnded: boolean;
}

/**
 * Makes one snapshot of each family from those of several processes, by the family's `aggregation`. Depends on nothing but its
 * input; what was worked out about the series is kept for the next merge.
 */
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

/** Metrics of other clients have no bounds while they have no series. */
function hasSeries({ snapshot }: Candidate): boolean {
  return snapshot.labelRows.length > 0;
}

/** Those of the layout that most processes have; of as many the first, which is the same whoever asks. */
function fittingOf(candidates: readonly Candidate[]): readonly Candidate[] {
  const votes = new Map<string, number>();
  for (const { snapshot, hasEnded } of candidates) {
    const layout = layoutOf(snapshot);
    votes.set(layout, (votes.get(layout) ?? 0) + (hasEnded ? 0 : 1));
  }
  const [chosen] = [...votes].toSorted(([, one], [, other]) => other - one)[0] as [string, number];
  return candidates.filter(({ snapshot }) => layoutOf(snapshot) === chosen);
}
