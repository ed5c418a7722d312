import { nextHopMs } from './hop-deadline.js';
import type { Link } from './links/link.js';
import { type Bundle, MAX_GROUPS, type MemberSnapshot, type Message } from './messages.js';
import { PendingAnswers } from './pending-answers.js';

type Collected = Extract<Message, { readonly type: 'collected' }>;

/** A member's answer for one group. */
export interface Told {
  readonly sequence: number;
  readonly bundle: Bundle;
  /** The timeout of the request: with a shorter one, slow families are missing. */
  readonly withinMs: number;
}

/** A member's last answer for one group. */
interface Remembered extends Told {
  /** Whether the member has left the group. It may join again. */
  readonly hasLeft: boolean;
}

const NOTHING: Remembered = {
  sequence: -1,
  bundle: { members: [], failures: 0 },
  withinMs: 0,
  hasLeft: false,
};

/** The result of a request for a member's metrics. */
export interface MemberAnswer {
  /** `undefined` when there was no answer in time. */
  readonly told: Told | undefined;
  /** Whether an answer is missing: false for a member that has left meanwhile and sent its last metrics. */
  readonly isLate: boolean;
}

/** What a member needs of its hub. */
export interface MemberContext {
  readonly greeting: Message;
  /** Returns the metrics of all members; `undefined` when the hub above does not answer. */
  gather(group: string, withinMs: number): Promise<Bundle | undefined>;
  /** Called for each group of a member that is gone, with its last answer. */
  ended(group: string, last: Bundle): void;
  gone(): void;
  /** The member has joined a group. */
  joined(group: string): void;
  /** The member has left a group and sent its last metrics. */
  left(group: string): void;
  /** The member has a group over the limit. */
  dropped(): void;
}

/** A process or thread below a hub, with its last answers. */
export class Member {
  /** Whether its version of the protocol is incompatible. */
  isOfOtherVersion = false;
  /** Its name in logs. */
  name = 'a process that has not introduced itself';
  private readonly groups = new Map<string, Remembered>();
  private readonly answers = new PendingAnswers<Told>();

  constructor(
    private readonly link: Link,
    private readonly hub: MemberContext,
  ) {
    link.listen({
      message: (message) => this.receive(message),
      otherVersion: () => {
        this.isOfOtherVersion = true;
      },
      closed: () => this.end(),
    });
  }

  /** The groups that it is in. */
  get present(): readonly string[] {
    return [...this.groups.keys()].filter((group) => this.isIn(group));
  }

  /** Whether it is in a group and can be asked for its metrics. */
  isIn(group: string): boolean {
    return this.groups.get(group)?.hasLeft === false;
  }

  /**
   * Returns the metrics of a group: those of `answer`, unless newer ones are as complete. Without an answer, and after the member
   * has left, returns the last ones.
   */
  snapshotsOf(group: string, answer?: Told): readonly MemberSnapshot[] {
    const last = this.groups.get(group) ?? NOTHING;
    if (last.hasLeft) {
      return last.bundle.members.map((one) => ({ ...one, hasEnded: true }));
    }
    const isLastBetter =
      answer === undefined || (last.sequence > answer.sequence && last.withinMs >= answer.withinMs);
    return (isLastBetter ? last : answer).bundle.members;
  }

  /** Requests the present metrics of a group. */
  async collect(group: string, withinMs: number): Promise<MemberAnswer> {
    const told = await this.answers.ask(withinMs, (id) => {
      void this.link.send({ type: 'collect', id, group, withinMs: nextHopMs(withinMs) });
    });
    return { told, isLate: told === undefined && this.isIn(group) };
  }

  /** Closes the link without a message. */
  close(): void {
    this.answers.abandon();
    this.link.close();
  }

  private receive(message: Message): void {
    switch (message.type) {
      case 'hello':
        // Requests sent before its `hello` are lost: stop waiting for answers.
        this.answers.abandon();
        this.name = message.name ?? this.name;
        void this.link.send(this.hub.greeting);
        break;
      case 'join':
        this.join(message.group);
        break;
      case 'collected':
        this.collected(message);
        break;
      case 'leave':
        this.remember(message.group, { ...message, withinMs: Infinity }, true);
        this.hub.left(message.group);
        break;
      case 'gather':
        void this.answerGather(message.id, message.group, message.withinMs);
        break;
      default:
        break;
    }
  }

  private collected({ id, group, sequence, bundle }: Collected): void {
    const told = { sequence, bundle, withinMs: this.answers.patienceOf(id) ?? 0 };
    this.remember(group, told, false);
    this.answers.settle(id, told);
  }

  private join(group: string): void {
    const known = this.groups.get(group);
    if (known !== undefined || this.groups.size < MAX_GROUPS) {
      this.groups.set(group, { ...(known ?? NOTHING), hasLeft: false });
      this.hub.joined(group);
    } else {
      this.hub.dropped();
    }
  }

  /** Keeps an answer, unless a newer one came first or the member has left. */
  private remember(group: string, { sequence, bundle, withinMs }: Told, hasLeft: boolean): void {
    const known = this.groups.get(group);
    if (known !== undefined && !known.hasLeft && sequence >= known.sequence) {
      this.groups.set(group, { sequence, bundle, withinMs, hasLeft });
    }
  }

  private async answerGather(id: number, group: string, withinMs: number): Promise<void> {
    const bundle = await this.hub.gather(group, withinMs);
    await this.link.send(
      bundle === undefined ? { type: 'unavailable', id } : { type: 'gathered', id, bundle },
    );
  }

  private end(): void {
    for (const [group, { bundle }] of this.groups) {
      if (bundle.members.length > 0) {
        this.hub.ended(group, bundle);
      }
    }
    this.groups.clear();
    this.answers.abandon();
    this.link.close();
    this.hub.gone();
  }
}
