import { randomUUID } from 'node:crypto';
import { HyperMetricsError } from '../core/errors.js';
import type { Gatherer } from '../core/gatherer.js';
import { nowMs } from '../core/stopwatch.js';
import { EndedMembers } from './ended-members.js';
import type { Link } from './links/link.js';
import { LocalSource } from './local-source.js';
import { Member } from './member.js';
import type { MemberIdentity } from './member-identity.js';
import type { Bundle, MemberSnapshot, Message } from './messages.js';
import type { Uplink } from './uplink.js';

/** For what somebody below has told at its end. */
const PASS_ON_MS = 1000;
/** The time of those above is over by then. */
const WITHOUT_UPLINK_MS = 50;

/**
 * This process or thread among others: it has metrics of its own, others below it whose hub it is, or a hub above it, in any
 * combination. What is below it, and has ended there, it remembers; what is above, it asks.
 */
export class ClusterNode {
  /** The way to the hub above, if there is one. */
  uplink: Uplink | undefined;
  private hub = randomUUID();
  private readonly members = new Set<Member>();
  private readonly sources = new Map<string, LocalSource>();
  /** The last numbers of metrics of this process that nobody has at present: the same ones may come again. */
  private readonly retired = new Map<string, MemberSnapshot>();
  private readonly ended = new Map<string, EndedMembers>();
  /** What the hub above said last. */
  private readonly fromAbove = new Map<string, Bundle>();

  constructor(public identity: MemberIdentity) {}

  get greeting(): Message {
    return { type: 'welcome', hub: this.hub };
  }

  get groups(): Iterable<string> {
    return new Set([...this.sources.keys(), ...[...this.members].flatMap((member) => member.present)]);
  }

  /** Whether there is, or ever was, nobody else whose numbers would count. */
  isAlone(group: string): boolean {
    return this.uplink === undefined && this.members.size === 0 && !this.ended.has(group);
  }

  /** Takes another process or thread as a member. */
  accept(link: Link): void {
    const member: Member = new Member(link, {
      greeting: this.greeting,
      gather: (group, withinMs) => this.gather(group, withinMs),
      ended: (group, last) => this.endedOf(group).add(last),
      gone: () => void this.members.delete(member),
      joined: (group) => this.uplink?.join(group),
      left: (group) => void this.leaveAbove(group, nowMs(), PASS_ON_MS),
    });
    this.members.add(member);
  }

  /** @throws {@link HyperMetricsError} when another registry of this process has the group. */
  join(group: string, gatherer: Gatherer, metrics: object): void {
    if (this.sources.has(group)) {
      throw new HyperMetricsError(
        `Two applications of one process have the option cluster and the prefix "${group}": in a cluster their metrics would be one. ` +
          'Give one of them another `prefix`, or no `cluster`.',
      );
    }
    const source = new LocalSource(gatherer, this.identity, metrics);
    const retired = this.retired.get(group);
    if (retired !== undefined && retired.member !== source.member) {
      this.endedOf(group).add({ members: [retired], failures: 0 });
    }
    this.retired.delete(group);
    this.sources.set(group, source);
    this.uplink?.join(group);
  }

  /** Tells the last numbers, and resolves when they are on their way to whoever remembers them. */
  async leave(group: string, withinMs: number): Promise<void> {
    const source = this.sources.get(group);
    if (source === undefined) {
      return;
    }
    const sequence = nowMs();
    const last = await source.snapshot(withinMs);
    this.sources.delete(group);
    if (last !== undefined) {
      this.retired.set(group, { ...last, hasEnded: true });
    }
    await this.leaveAbove(group, sequence, withinMs);
  }

  /** Tells what is remembered here of a group that this process has no metrics of (any more); threads of it may go on. */
  private async leaveAbove(group: string, sequence: number, withinMs: number): Promise<void> {
    if (!this.sources.has(group)) {
      const goesOn = [...this.members].some((member) => member.isIn(group));
      await this.uplink?.leave(group, sequence, this.assemble(group, undefined, 0), withinMs, goesOn);
    }
  }

  /** The numbers of everybody, near and far. */
  async gather(group: string, withinMs: number): Promise<Bundle> {
    if (this.uplink === undefined) {
      return (await this.collect(group, withinMs)).bundle;
    }
    const bundle = await this.uplink.gather(group, withinMs);
    if (bundle === undefined) {
      return this.gatherWithoutUplink(group);
    }
    this.fromAbove.set(group, bundle);
    return bundle;
  }

  /** The numbers of this process and of what is below it. What does not answer in time is as it was when it last did. */
  async collect(
    group: string,
    withinMs: number,
  ): Promise<{ readonly sequence: number; readonly bundle: Bundle }> {
    const sequence = nowMs();
    const asked = [...this.members].filter((member) => member.isIn(group));
    const [own, ...failures] = await Promise.all([
      this.sources.get(group)?.snapshot(withinMs),
      ...asked.map((member) => member.collect(group, withinMs)),
    ]);
    return {
      sequence,
      bundle: this.assemble(
        group,
        own,
        failures.reduce((sum, count) => sum + count, 0),
      ),
    };
  }

  /** Forgets everything that is below, and of this process what nobody above knows. */
  forget(): void {
    this.hub = randomUUID();
    this.members.forEach((member) => member.close());
    this.members.clear();
    if (this.uplink === undefined) {
      this.retired.clear();
      this.ended.clear();
    }
  }

  /** In one go, from what is remembered: nothing is missed, or there twice, because it ends meanwhile. */
  private assemble(group: string, own: MemberSnapshot | undefined, failures: number): Bundle {
    const ended = this.ended.get(group);
    const otherVersions = [...this.members].filter((member) => member.isOfOtherVersion).length;
    const below = [...this.members].flatMap((member) => member.snapshotsOf(group));
    return {
      members: [
        own,
        this.sources.has(group) ? undefined : this.retired.get(group),
        ...(this.uplink === undefined ? below : below.map((one) => this.ofThisProcess(one))),
        ended?.snapshot,
      ].filter((one) => one !== undefined),
      failures: failures + otherVersions + (ended?.takeFailures() ?? 0),
    };
  }

  private ofThisProcess(snapshot: MemberSnapshot): MemberSnapshot {
    return { ...snapshot, worker: `${this.identity.worker}/${snapshot.worker}` };
  }

  /** The others are as they were when the hub was last asked. */
  private async gatherWithoutUplink(group: string): Promise<Bundle> {
    const { bundle } = await this.collect(group, WITHOUT_UPLINK_MS);
    const near = new Set(bundle.members.map(({ member }) => member));
    const far = (this.fromAbove.get(group)?.members ?? []).filter(({ member }) => !near.has(member));
    return { members: [...bundle.members, ...far], failures: bundle.failures + 1 };
  }

  private endedOf(group: string): EndedMembers {
    let ended = this.ended.get(group);
    if (ended === undefined) {
      ended = new EndedMembers(group, { ...this.identity, member: randomUUID() });
      this.ended.set(group, ended);
    }
    return ended;
  }
}
