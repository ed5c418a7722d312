import { randomUUID } from 'node:crypto';
import { HyperMetricsError } from '../core/errors.js';
import { nowMs } from '../core/tool/stopwatch.js';
import { EndedMembers } from './ended-members.js';
import type { Link } from './links/link.js';
import { type LocalMetrics, LocalSource } from './local-source.js';
import { Member, type Told } from './member.js';
import { type MemberIdentity, nameForLogs } from './member-identity.js';
import {
  type Bundle,
  FailureTally,
  MAX_FAILURES,
  MAX_GROUPS,
  type MemberSnapshot,
  type Message,
} from './messages.js';
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
  /** How many groups there was no room for since that was told. */
  private dropped = 0;

  constructor(public identity: MemberIdentity) {}

  get greeting(): Message {
    return { type: 'welcome', hub: this.hub };
  }

  /** What logs call this process or thread. */
  get name(): string {
    return nameForLogs(this.identity);
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
      ended: (group, last) => this.remember(group, last),
      gone: () => void this.members.delete(member),
      joined: (group) => this.uplink?.join(group),
      left: (group) => void this.leaveAbove(group, nowMs(), PASS_ON_MS),
      dropped: () => this.drop(),
    });
    this.members.add(member);
  }

  /** @throws {@link HyperMetricsError} when another registry of this process has the group. */
  join(group: string, local: LocalMetrics, metrics: object): void {
    if (this.sources.has(group)) {
      throw new HyperMetricsError(
        `Two applications of one process have the option cluster and the prefix "${group}": in a cluster their metrics would be one. ` +
          'Give one of them another `prefix`, or no `cluster`.',
      );
    }
    const source = new LocalSource(local, this.identity, metrics);
    const retired = this.retired.get(group);
    if (retired !== undefined && retired.member !== source.member) {
      this.remember(group, { members: [retired], failures: 0 });
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
      this.retire(group, { ...last, hasEnded: true });
    }
    await this.leaveAbove(group, sequence, withinMs);
  }

  /** Tells what is remembered here of a group that this process has no metrics of (any more); threads of it may go on. */
  private async leaveAbove(group: string, sequence: number, withinMs: number): Promise<void> {
    if (!this.sources.has(group)) {
      const goesOn = [...this.members].some((member) => member.isIn(group));
      const bundle = { members: this.assemble(group, undefined), failures: 0 };
      await this.uplink?.leave(group, sequence, bundle, withinMs, goesOn);
    }
  }

  /**
   * The numbers of everybody, near and far. `undefined` while the hub above does not answer: without the others as they are now,
   * sums would be lower than those that the next one asked gives.
   */
  async gather(group: string, withinMs: number): Promise<Bundle | undefined> {
    const { uplink } = this;
    if (uplink === undefined) {
      return (await this.collect(group, withinMs)).bundle;
    }
    const bundle = await uplink.gather(group, withinMs);
    return bundle !== undefined || uplink.hasHub ? bundle : this.gatherWithoutUplink(group);
  }

  /** The numbers of this process and of what is below it. What does not answer in time is as it was when it last did. */
  async collect(
    group: string,
    withinMs: number,
  ): Promise<{ readonly sequence: number; readonly bundle: Bundle }> {
    const sequence = nowMs();
    const asked = [...this.members].filter((member) => member.isIn(group));
    const answers = new Map<Member, Told>();
    const tally = new FailureTally();
    const ask = async (member: Member): Promise<void> => {
      const { told, isLate } = await member.collect(group, withinMs);
      if (told !== undefined) {
        answers.set(member, told);
        tally.add(told.bundle);
      } else if (isLate) {
        tally.addLate(member.name);
      }
    };
    const [own] = await Promise.all([this.sources.get(group)?.snapshot(withinMs), ...asked.map(ask)]);
    this.takeFailures(group, tally);
    return { sequence, bundle: { members: this.assemble(group, own, answers), ...tally.failures } };
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

  /**
   * In one go, from the answers and, of members without one, from what is remembered: nothing is missed, or there twice, because it
   * ends meanwhile.
   */
  private assemble(
    group: string,
    own: MemberSnapshot | undefined,
    answers: ReadonlyMap<Member, Told> = new Map(),
  ): readonly MemberSnapshot[] {
    const below = [...this.members].flatMap((member) => member.snapshotsOf(group, answers.get(member)));
    return [
      own,
      this.sources.has(group) ? undefined : this.retired.get(group),
      ...(this.uplink === undefined ? below : below.map((one) => this.ofThisProcess(one))),
      this.ended.get(group)?.snapshot,
    ].filter((one) => one !== undefined);
  }

  /** Counts the members that are missing without having been asked. */
  private takeFailures(group: string, tally: FailureTally): void {
    const otherVersions = [...this.members].filter((member) => member.isOfOtherVersion).length;
    tally.add({ failures: otherVersions, otherVersions });
    tally.add({ failures: this.dropped + (this.ended.get(group)?.takeFailures() ?? 0) });
    this.dropped = 0;
  }

  private ofThisProcess(snapshot: MemberSnapshot): MemberSnapshot {
    return { ...snapshot, worker: `${this.identity.worker}/${snapshot.worker}` };
  }

  private async gatherWithoutUplink(group: string): Promise<Bundle> {
    const { bundle } = await this.collect(group, WITHOUT_UPLINK_MS);
    return { ...bundle, failures: Math.min(bundle.failures + 1, MAX_FAILURES) };
  }

  /** Keeps what still counts of members that have ended. */
  private remember(group: string, last: Bundle): void {
    let ended = this.ended.get(group);
    if (ended === undefined) {
      if (this.ended.size >= MAX_GROUPS) {
        this.drop();
        return;
      }
      ended = new EndedMembers(group, { ...this.identity, member: randomUUID() });
      this.ended.set(group, ended);
    }
    ended.add(last);
  }

  /** In the place of what has been retired for longest, where there are too many. */
  private retire(group: string, last: MemberSnapshot): void {
    const [longest] = this.retired.keys();
    if (longest !== undefined && this.retired.size >= MAX_GROUPS) {
      this.retired.delete(longest);
      this.drop();
    }
    this.retired.set(group, last);
  }

  private drop(): void {
    this.dropped = Math.min(this.dropped + 1, MAX_FAILURES);
  }
}
