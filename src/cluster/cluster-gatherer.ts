import { Buffer } from 'node:buffer';
import { nowMs } from '../core/tool/stopwatch.js';
import { EventLoopSlices } from '../core/tool/event-loop-slices.js';
import { nextHopMs } from './hop-deadline.js';
import { MetricsUnavailableError } from '../core/errors.js';
import type { FamilySnapshot } from '../core/family-snapshot.js';
import type { Gatherer } from '../core/gatherer.js';
import type { ClusterNode } from './cluster-node.js';
import type { LocalMetrics } from './local-source.js';
import { lastingFamilies } from './ended-members.js';
import { SnapshotMerger, type ProcessSnapshots } from './snapshot-merger.js';
import type { Bundle, MemberSnapshot } from './messages.js';
import { isProcessWideName, isRuntimeName } from './process-wide-names.js';
import { useProcessNode, type NodeUse } from './process-node.js';
import { SnapshotDecoder } from './wire/snapshot-codec.js';
import { WorkerLabels } from './worker-labels.js';

/** Why processes, or families of them, are stale or missing in a scrape. */
export type ClusterFault = 'late' | 'version' | 'unreadable' | 'room' | 'unlike' | 'unavailable' | 'alone';

/** What a {@link ClusterGatherer} needs of its application. */
export interface ClusterMember {
  /** The prefix. Applications with the same prefix are merged. */
  readonly group: string;
  /** Identifies the metrics, which may outlive their application. */
  readonly metrics: object;
  readonly local: LocalMetrics;
  /** Called at each scrape with the number of stale or missing processes. */
  onFailure(failures: number, fault: ClusterFault, reason: string): void;
  /** Called when this process gathers its own metrics for longer than the others wait. */
  onSlow?(tookMs: number, allowedMs: number): void;
}

export interface ClusterGathererOptions {
  readonly timeoutMs: number;
  readonly workerLabel: boolean;
  readonly hub: string | undefined;
}

/** Gathers the merged metrics of all processes and threads of the application. */
export class ClusterGatherer implements Gatherer {
  private use: NodeUse | undefined;
  private readonly merger = new SnapshotMerger();
  private decoders = new Map<string, SnapshotDecoder>();
  private readonly workerLabels = new WorkerLabels();
  private merged = 1;

  constructor(
    private readonly member: ClusterMember,
    private readonly options: ClusterGathererOptions,
  ) {}

  /** @throws `HyperMetricsError` when another application of this process has the same group. */
  start(): void {
    const use = useProcessNode(this.options.hub);
    try {
      use.node.join(this.member.group, this.timedLocal(), this.member.metrics);
      this.use = use;
    } catch (error) {
      use.release();
      throw error;
    }
  }

  /** Sends the last metrics to the hub. Idempotent. */
  async leave(): Promise<void> {
    const { use } = this;
    this.use = undefined;
    try {
      await use?.node.leave(this.member.group, this.options.timeoutMs);
    } finally {
      use?.release();
    }
  }

  /** Ends without waiting, when there was no time for {@link leave}. */
  stop(): void {
    void this.leave();
  }

  /** The number of processes and threads that the last gather had present metrics of. */
  get processes(): number {
    return this.merged;
  }

  /** @throws {@link MetricsUnavailableError} while the hub does not answer. */
  async gather(withinMs = Infinity): Promise<readonly FamilySnapshot[]> {
    const { group, local } = this.member;
    const node = this.use?.node;
    if (node === undefined || node.isAlone(group)) {
      this.merged = 1;
      return local.gather(withinMs);
    }
    return await this.merge(await this.ask(node, Math.min(withinMs, this.options.timeoutMs)));
  }

  /** Returns the application's own metrics; reports when gathering them takes longer than others wait. */
  private timedLocal(): LocalMetrics {
    const { local } = this.member;
    // A request has at most two hops from the scraped process.
    const allowedMs = nextHopMs(nextHopMs(this.options.timeoutMs));
    return {
      has: (name) => local.has(name),
      gather: async (withinMs) => {
        const startedAtMs = nowMs();
        const families = await local.gather(withinMs);
        const tookMs = nowMs() - startedAtMs;
        if (tookMs >= allowedMs) {
          this.member.onSlow?.(Math.round(tookMs), Math.floor(allowedMs));
        }
        return families;
      },
    };
  }

  private async ask(node: ClusterNode, withinMs: number): Promise<readonly MemberSnapshot[]> {
    const bundle = await node.gather(this.member.group, withinMs);
    const problem = node.uplink?.problem;
    if (bundle === undefined) {
      const reason = problem ?? `${node.uplink?.target.name ?? 'the primary'} does not answer in time`;
      this.count(1, 'unavailable', reason);
      throw new MetricsUnavailableError(`The metrics of all processes are not available: ${reason}.`);
    }
    this.countMissing(bundle, problem, withinMs);
    return bundle.members;
  }

  private countMissing(
    { failures, late, otherVersions = 0 }: Bundle,
    problem: string | undefined,
    withinMs: number,
  ): void {
    if (problem !== undefined) {
      this.count(failures, 'alone', problem);
      return;
    }
    if (late !== undefined) {
      const others = late.count - late.names.length;
      const names = [...late.names, ...(others > 0 ? [`${others} more`] : [])].join(', ');
      this.count(
        late.count,
        'late',
        `${names} did not answer within ${withinMs} ms; their last answer is used`,
      );
    }
    this.count(otherVersions, 'version', `${otherVersions} processes have another version of this library`);
    const rest = failures - (late?.count ?? 0) - otherVersions;
    this.count(rest, 'room', `the last metrics of ${rest} ended processes could not be kept`);
  }

  private async merge(members: readonly MemberSnapshot[]): Promise<readonly FamilySnapshot[]> {
    const slices = new EventLoopSlices();
    const decoders = new Map<string, SnapshotDecoder>();
    const processes: ProcessSnapshots[] = [];
    const speakers = speakersOf(members);
    for (const one of members) {
      if (slices.isOver) {
        await slices.next();
      }
      const decoder = this.decoders.get(one.member) ?? new SnapshotDecoder();
      decoders.set(one.member, decoder);
      try {
        const families = decoder.decode(Buffer.from(one.payload, 'base64'));
        processes.push({
          families: this.select(families, one, speaks(one, speakers)),
          hasEnded: one.hasEnded,
        });
      } catch (error) {
        this.count(1, 'unreadable', `worker ${one.worker}: ${(error as Error).message}`);
      }
    }
    this.decoders = decoders;
    this.merged = members.filter(({ hasEnded }) => !hasEnded).length;
    const { families, leftOut } = this.merger.merge(processes);
    this.count(leftOut, 'unlike', `${leftOut} of their metrics have another type or other buckets`);
    return families;
  }

  private select(
    families: readonly FamilySnapshot[],
    { worker, hasEnded }: MemberSnapshot,
    speaksForProcess: boolean,
  ): readonly FamilySnapshot[] {
    const { group } = this.member;
    const { workerLabel } = this.options;
    const counting = hasEnded ? lastingFamilies(families) : families;
    const own = counting.filter(
      ({ descriptor }) => speaksForProcess || !isProcessWideName(descriptor.name, group),
    );
    if (!workerLabel) {
      return own;
    }
    return own.flatMap((family) => {
      if (!isRuntimeName(family.descriptor.name, group)) {
        return [family];
      }
      return hasEnded ? [] : [this.workerLabels.add(family, worker)];
    });
  }

  private count(failures: number, fault: ClusterFault, reason: string): void {
    if (failures > 0) {
      this.member.onFailure(failures, fault, reason);
    }
  }
}

/** Returns by process the one thread whose process-wide metrics are used: those of all its threads are equal. */
function speakersOf(members: readonly MemberSnapshot[]): ReadonlyMap<number, number> {
  const speakers = new Map<number, number>();
  for (const { pid, thread, hasEnded } of members) {
    if (!hasEnded) {
      speakers.set(pid, Math.min(thread, speakers.get(pid) ?? Infinity));
    }
  }
  return speakers;
}

function speaks({ pid, thread, hasEnded }: MemberSnapshot, speakers: ReadonlyMap<number, number>): boolean {
  const speaker = speakers.get(pid);
  return speaker === undefined ? thread === 0 : speaker === thread && !hasEnded;
}
