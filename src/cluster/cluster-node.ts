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

/** The time to pass on the last metrics of a member. */
const PASS_ON_MS = 1000;
/** The time without an answer from the uplink: the request's own time is over by then. */
const WITHOUT_UPLINK_MS = 50;

/**
 * This process or thread in the cluster. It can have own metrics, members below it (it is their hub) and an uplink to a hub above it.
 * It keeps the last metrics of ended members, and requests the metrics of all others from the uplink.
 */
export class ClusterNode {
  /** The connection to the hub above, if any. */
  uplink: Uplink | undefined;
  private hub = randomUUID();
  private readonly members = new Set<Member>();
  private readonly sources = new Map<string, LocalSource>();
  /** The last metrics of closed applications of this process. An application may start again with the same metrics. */
  private readonly retired = new Map<string, MemberSnapshot>();
  private readonly ended = new Map<string, EndedMembers>();
  /** The number of groups over the limit since the last report. */
  private dropped = 0;

  constructor(public identity: MemberIdentity) {}

  get greeting(): Message {
    return { type: 'welcome', hub: this.hub };
  }

  /** The name of this process or thread in logs. */
  get name(): string {
    return nameForLogs(this.identity);
  }

  get groups(): Iterable<string> {
    return new Set([...this.sources.keys(), ...[...this.members].flatMap((member) => member.present)]);
  }

  /** Whether no other process or thread has, or had, metrics of the group. */
  isAlone(group: string): boolean {
    return this.uplink === undefined && this.members.size === 0 && !this.ended.has(group);
  }

  /** Adds another process or thread as a member. */
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
        `Two applications of one process have the option \`cluster\` and the prefix "${group}": their metrics would be merged. ` +
          'Set another `prefix`, or `cluster: false`, for one of them.',
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

  /** Sends the last metrics to the hub. Resolves when they are sent. */
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

  /** Sends what this node keeps of a group that this process has left. Its threads may still be in the group. */
  private async leaveAbove(group: string, sequence: number, withinMs: number): Promise<void> {
    if (!this.sources.has(group)) {
      const goesOn = [...this.members].some((member) => member.isIn(group));
      const bundle = { members: this.assemble(group, undefined), failures: 0 };
      await this.uplink?.leave(group, sequence, bundle, withinMs, goesOn);
    }
  }

  /**
   * Returns the metrics of all processes and threads; `undefined` while the hub above does not answer: a partial sum would look like
   * a counter reset.
   */
  async gather(group: string, withinMs: number): Promise<Bundle | undefined> {
    const { uplink } = this;
    if (uplink === undefined) {
      return (await this.collect(group, withinMs)).bundle;
    }
    const bundle = await uplink.gather(group, withinMs);
    return bundle !== undefined || uplink.hasHub ? bundle : this.gatherWithoutUplink(group);
  }

  /** Returns the metrics of this process and its members. A member that does not answer in time has its last answer. */
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

  /** Forgets all members, and without an uplink also all ended ones. */
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
   * Combines the answers, and the last metrics of members without an answer, synchronously: a member that ends meanwhile is neither
   * missing nor counted twice.
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

  /** Adds the failures of members that were not asked. */
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

  /** Keeps the lasting metrics of ended members. */
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

  /** Keeps the last metrics of a closed application; drops the oldest ones over the limit. */
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
