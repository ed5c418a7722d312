import { randomUUID } from 'node:crypto';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import type { MemberIdentity } from './member-identity.js';
import { lastingFamilies } from './ended-members.js';
import type { MemberSnapshot } from './messages.js';
import { encodeSnapshots } from './wire/snapshot-codec.js';

/** Member ids by metrics: metrics that join again, with their counts, are the same member. */
const members = new WeakMap<object, string>();

/** The metrics of this process or thread. */
export interface LocalMetrics extends Gatherer {
  /** Whether a metric of that name is registered, readable or not. */
  has(name: string): boolean;
}

/** Takes snapshots of this process' (or thread's) metrics with one prefix. Keeps the last one for gathers that fail. */
export class LocalSource {
  readonly member: string;
  private last: MemberSnapshot | undefined;
  private runs = 0;
  /** The lasting families of the last gathers, by name. */
  private counting = new Map<string, { readonly run: number; readonly family: FamilySnapshot }>();

  /** @param metrics - identifies the metrics that `local` reads */
  constructor(
    private readonly local: LocalMetrics,
    private readonly identity: MemberIdentity,
    metrics: object,
  ) {
    this.member = members.get(metrics) ?? randomUUID();
    members.set(metrics, this.member);
  }

  /** Returns the present metrics, or those of the last successful gather. */
  async snapshot(withinMs: number): Promise<MemberSnapshot | undefined> {
    this.runs += 1;
    const run = this.runs;
    try {
      const families = this.withMissed(await this.local.gather(withinMs), run);
      const payload = encodeSnapshots(families).toString('base64');
      this.last = { ...this.identity, member: this.member, hasEnded: false, payload };
    } catch {
      // A gatherer does not reject for single families. The last snapshot is returned.
    }
    return this.last;
  }

  /**
   * Adds the last value of each counter that could not be read: a lower sum would look like a counter reset. Removed counters are
   * dropped.
   */
  private withMissed(families: readonly FamilySnapshot[], run: number): readonly FamilySnapshot[] {
    const present = new Set(families.map(({ descriptor }) => descriptor.name));
    for (const family of lastingFamilies(families)) {
      const { name } = family.descriptor;
      // Gathers overlap: an earlier one may end later, with lower numbers.
      if (run >= (this.counting.get(name)?.run ?? 0)) {
        this.counting.set(name, { run, family });
      }
    }
    const missed: FamilySnapshot[] = [];
    for (const [name, { family }] of this.counting) {
      if (!present.has(name)) {
        if (this.local.has(name)) {
          missed.push(family);
        } else {
          this.counting.delete(name);
        }
      }
    }
    return [...families, ...missed];
  }
}
