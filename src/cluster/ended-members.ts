import { Buffer } from 'node:buffer';
import { type FamilySnapshot, widthOf } from '../core/family-snapshot.js';
import { firstNativeRows } from '../core/native-columns.js';
import { layoutOf, mergeFamily, mergeRoundedOff } from '../registry/merge/merge-family.js';
import { RowUnion } from '../registry/merge/row-union.js';
import type { Bundle, MemberSnapshot } from './messages.js';
import { isProcessWideName } from './process-wide-names.js';
import { encodeSnapshots, SnapshotDecoder } from './wire/snapshot-codec.js';

/** The default series budget of one process: series with labels that name a process would accumulate. */
const MAX_SERIES = 50_000;

/** The sums of one family, and their rounding errors. */
interface Sums {
  readonly rounded: FamilySnapshot;
  readonly roundedOff: FamilySnapshot;
}

/** The lasting metrics of ended processes: the sums of their counters and histograms. */
export class EndedProcesses {
  private readonly byLayout = new Map<string, Sums>();
  private series = 0;

  constructor(private readonly maxSeries = MAX_SERIES) {}

  /** Two snapshots of each family, sums and rounding errors: no digit is lost, however many processes end. */
  get families(): readonly FamilySnapshot[] {
    return [...this.byLayout.values()].flatMap(({ rounded, roundedOff }) => [rounded, roundedOff]);
  }

  /** Adds the last metrics of a process. Returns the number of series over the limit. */
  add(families: readonly FamilySnapshot[]): number {
    let dropped = 0;
    for (const family of lastingFamilies(families)) {
      dropped += this.addFamily(family);
    }
    return dropped;
  }

  private addFamily(family: FamilySnapshot): number {
    const key = `${family.descriptor.name} ${layoutOf(family)}`;
    const known = this.byLayout.get(key);
    const inputs = known === undefined ? [family] : [known.rounded, known.roundedOff, family];
    const union = RowUnion.of(inputs);
    const rows = union.labelRows.length;
    const before = known?.rounded.labelRows.length ?? 0;
    const kept = Math.min(rows, before + this.maxSeries - this.series);
    if (kept > 0) {
      this.byLayout.set(key, {
        rounded: firstRows(mergeFamily(inputs, union), kept),
        roundedOff: firstRows(mergeRoundedOff(inputs, union), kept),
      });
    }
    this.series += kept - before;
    return rows - kept;
  }
}

/** Returns the families of a process that still count after its end. */
export function lastingFamilies(families: readonly FamilySnapshot[]): readonly FamilySnapshot[] {
  return families.filter(keepsCounting).map(withoutMoments);
}

/** Gauges are left out: an ended process has no current state. */
function keepsCounting({ descriptor, labelRows }: FamilySnapshot): boolean {
  const { type, aggregation = 'sum' } = descriptor;
  return type !== 'gauge' && type !== 'untyped' && labelRows.length > 0 && aggregation === 'sum';
}

/** Removes quantiles and exemplars, which describe recent events. */
function withoutMoments(family: FamilySnapshot): FamilySnapshot {
  const { descriptor, values } = family;
  return {
    ...family,
    exemplars: undefined,
    ...(descriptor.type === 'summary' && { values: new Float64Array(values.length).fill(Number.NaN) }),
  };
}

function firstRows(family: FamilySnapshot, rows: number): FamilySnapshot {
  const { labelRows, values, sums, counts, created, native } = family;
  if (labelRows.length <= rows) {
    return family;
  }
  return {
    ...family,
    labelRows: labelRows.slice(0, rows),
    values: values.slice(0, rows * widthOf(family)),
    ...(sums && { sums: sums.slice(0, rows) }),
    ...(counts && { counts: counts.slice(0, rows) }),
    ...(created && { created: created.slice(0, rows) }),
    ...(native && { native: firstNativeRows(native, rows) }),
  };
}

const NO_PROCESS = 0;

/** The lasting metrics of all ended members of one group, in one snapshot. */
export class EndedMembers {
  private readonly processes = new EndedProcesses();
  private encoded: string | undefined;
  private failures = 0;

  /** @param identity - the identity of the hub, under which the snapshot is sent */
  constructor(
    private readonly group: string,
    private readonly identity: Pick<MemberSnapshot, 'member' | 'worker' | 'thread'>,
  ) {}

  add({ members }: Bundle): void {
    for (const { payload, thread } of members) {
      try {
        const families = new SnapshotDecoder().decode(Buffer.from(payload, 'base64'));
        // Process-wide metrics of a thread continue with its process.
        const own = families.filter(
          ({ descriptor }) => thread === 0 || !isProcessWideName(descriptor.name, this.group),
        );
        this.failures += this.processes.add(own) > 0 ? 1 : 0;
      } catch {
        this.failures += 1;
      }
    }
    this.encoded = undefined;
  }

  get snapshot(): MemberSnapshot | undefined {
    const { families } = this.processes;
    if (families.length === 0) {
      return undefined;
    }
    this.encoded ??= encodeSnapshots(families).toString('base64');
    return { ...this.identity, pid: NO_PROCESS, hasEnded: true, payload: this.encoded };
  }

  /** Returns the number of members that could not be kept since the last call. */
  takeFailures(): number {
    const { failures } = this;
    this.failures = 0;
    return failures;
  }
}
