import { nextHopMs } from './hop-deadline.js';
import type { Link } from './links/link.js';
import { type Bundle, MAX_GROUPS, type MemberSnapshot, type Message } from './messages.js';
import { PendingAnswers } from './pending-answers.js';

type Collected = Extract<Message, { readonly type: 'collected' }>;

/** The numbers that a member told of one group. */
export interface Told {
  readonly sequence: number;
  readonly bundle: Bundle;
  /** The patience of the question: with less of it an answer lacks what is slow. */
  readonly withinMs: number;
}

/** The last that a member has said of one group. */
interface Remembered extends Told {
  /** Whether nothing more is to come of it, unless the same process joins again. */
  readonly hasLeft: boolean;
}

const NOTHING: Remembered = {
  sequence: -1,
  bundle: { members: [], failures: 0 },
  withinMs: 0,
  hasLeft: false,
};

/** What became of a question for the present numbers. */
export interface MemberAnswer {
  /** `undefined` when there was none in time. */
  readonly told: Told | undefined;
  /** Whether it was expected: not of a member that has left meanwhile, and told its last numbers. */
  readonly isLate: boolean;
}

/** What a member needs of its hub. */
export interface MemberContext {
  readonly greeting: Message;
  /** Answers a question for the numbers of everybody; `undefined` when whoever has them does not answer. */
  gather(group: string, withinMs: number): Promise<Bundle | undefined>;
  /** The member is gone: the last that it has said of each group. */
  ended(group: string, last: Bundle): void;
  gone(): void;
  /** It has metrics of a group from now on. */
  joined(group: string): void;
  /** It has told its last numbers of a group. */
  left(group: string): void;
  /** It has a group for which there is no room. */
  dropped(): void;
}

/** A process or thread below a hub, with the last numbers that it has told. */
export class Member {
  /** It speaks another version's language. */
  isOfOtherVersion = false;
  /** What logs call it. */
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

  /** The groups that it has metrics of to be asked for. */
  get present(): readonly string[] {
    return [...this.groups.keys()].filter((group) => this.isIn(group));
  }

  /** Whether it has metrics of a group to be asked for. */
  isIn(group: string): boolean {
    return this.groups.get(group)?.hasLeft === false;
  }

  /**
   * The numbers of a group: those that answered a question, unless newer ones are as complete; the last ones when there was no
   * answer, and when the member has left.
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

  /** Asks for the present numbers. */
  async collect(group: string, withinMs: number): Promise<MemberAnswer> {
    const told = await this.answers.ask(withinMs, (id) => {
      void this.link.send({ type: 'collect', id, group, withinMs: nextHopMs(withinMs) });
    });
    return { told, isLate: told === undefined && this.isIn(group) };
  }

  /** Lets go of the other side without a word. */
  close(): void {
    this.answers.abandon();
    this.link.close();
  }

  private receive(message: Message): void {
    switch (message.type) {
      case 'hello':
        // What it was asked before it listened, it has not heard.
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

  /** Answers overtake each other when collectors are slow; after the last numbers none count. */
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
