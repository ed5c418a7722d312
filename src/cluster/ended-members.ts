import { Buffer } from 'node:buffer';
import { EndedProcesses } from './ended-processes.js';
import type { Bundle, MemberSnapshot } from './messages.js';
import { isProcessWideName } from './process-wide-names.js';
import { encodeSnapshots, SnapshotDecoder } from './wire/snapshot-codec.js';

const NO_PROCESS = 0;

/** What still counts of the members of one group that have ended: as many as ever were, in one snapshot. */
export class EndedMembers {
  private readonly processes = new EndedProcesses();
  private encoded: string | undefined;
  private failures = 0;

  /** @param identity - of the hub, under which the snapshot travels */
  constructor(
    private readonly group: string,
    private readonly identity: Pick<MemberSnapshot, 'member' | 'worker' | 'thread'>,
  ) {}

  add({ members }: Bundle): void {
    for (const { payload, thread } of members) {
      try {
        const families = new SnapshotDecoder().decode(Buffer.from(payload, 'base64'));
        // What a thread says of its process goes on with the process.
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

  /** How many could not be kept since this was asked for. */
  takeFailures(): number {
    const { failures } = this;
    this.failures = 0;
    return failures;
  }
}
