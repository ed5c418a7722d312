import { randomUUID } from 'node:crypto';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import type { MemberIdentity } from './member-identity.js';
import { whatCounts } from './merge/ended-processes.js';
import type { MemberSnapshot } from './messages.js';
import { encodeSnapshots } from './wire/snapshot-codec.js';

/** By what the metrics are kept in: the same ones that come again, with their counts, are the same member. */
const members = new WeakMap<object, string>();

/** The metrics of this process or thread in one group. */
export class LocalSource {
  readonly member: string;
  private last: MemberSnapshot | undefined;
  private families: readonly FamilySnapshot[] = [];

  /** @param metrics - stands for the metrics that `gatherer` reads */
  constructor(
    private readonly gatherer: Gatherer,
    private readonly identity: MemberIdentity,
    metrics: object,
  ) {
    this.member = members.get(metrics) ?? randomUUID();
    members.set(metrics, this.member);
  }

  /** As they are now, or were when they could last be read. */
  async snapshot(withinMs: number): Promise<MemberSnapshot | undefined> {
    try {
      const families = this.withMissed(await this.gatherer.gather(withinMs));
      this.families = families;
      const payload = encodeSnapshots(families).toString('base64');
      this.last = { ...this.identity, member: this.member, hasEnded: false, payload };
    } catch {
      // A gatherer does not reject for single families: whoever asked finds this one as it was.
    }
    return this.last;
  }

  /** A counter that could not be read is as it was: without it the sum of all would fall, and be counted twice. */
  private withMissed(families: readonly FamilySnapshot[]): readonly FamilySnapshot[] {
    const present = new Set(families.map(({ descriptor }) => descriptor.name));
    const missed = this.families.filter(({ descriptor }) => !present.has(descriptor.name));
    return [...families, ...whatCounts(missed)];
  }
}
