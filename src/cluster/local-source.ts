import { randomUUID } from 'node:crypto';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import type { MemberIdentity } from './member-identity.js';
import { lastingFamilies } from './ended-members.js';
import type { MemberSnapshot } from './messages.js';
import { encodeSnapshots } from './wire/snapshot-codec.js';

/** By what the metrics are kept in: the same ones that come again, with their counts, are the same member. */
const members = new WeakMap<object, string>();

/** Reads what this process or thread has. */
export interface LocalMetrics extends Gatherer {
  /** Whether there is a metric of that name, be it that it cannot be read at present. */
  has(name: string): boolean;
}

/** The metrics of this process or thread in one group. */
export class LocalSource {
  readonly member: string;
  private last: MemberSnapshot | undefined;
  private runs = 0;
  /** The counters that were read last, by name. */
  private counting = new Map<string, { readonly run: number; readonly family: FamilySnapshot }>();

  /** @param metrics - stands for the metrics that `local` reads */
  constructor(
    private readonly local: LocalMetrics,
    private readonly identity: MemberIdentity,
    metrics: object,
  ) {
    this.member = members.get(metrics) ?? randomUUID();
    members.set(metrics, this.member);
  }

  /** As they are now, or were when they could last be read. */
  async snapshot(withinMs: number): Promise<MemberSnapshot | undefined> {
    this.runs += 1;
    const run = this.runs;
    try {
      const families = this.withMissed(await this.local.gather(withinMs), run);
      const payload = encodeSnapshots(families).toString('base64');
      this.last = { ...this.identity, member: this.member, hasEnded: false, payload };
    } catch {
      // A gatherer does not reject for single families: whoever asked finds this one as it was.
    }
    return this.last;
  }

  /**
   * A counter that could not be read is as it was: without it the sum of all would fall, and be counted twice. One that was removed
   * is gone, as it is from a process that stands alone.
   */
  private withMissed(families: readonly FamilySnapshot[], run: number): readonly FamilySnapshot[] {
    const present = new Set(families.map(({ descriptor }) => descriptor.name));
    for (const family of lastingFamilies(families)) {
      const { name } = family.descriptor;
      // Gathers overlap: one that began earlier may end later, with lower numbers.
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
