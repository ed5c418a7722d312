import { withinNext } from './budget.js';
import type { Link } from './links/link.js';
import type { Bundle, MemberSnapshot, Message } from './messages.js';
import { PendingAnswers } from './pending-answers.js';

/** The last that a member has said of one group. */
interface Remembered {
  readonly sequence: number;
  readonly bundle: Bundle;
  /** Whether nothing more is to come of it, unless the same process joins again. */
  readonly hasLeft: boolean;
}

const NOTHING: Remembered = { sequence: -1, bundle: { members: [], failures: 0 }, hasLeft: false };

/** What a member needs of its hub. */
export interface MemberSurroundings {
  readonly greeting: Message;
  /** Answers a question for the numbers of everybody. */
  gather(group: string, withinMs: number): Promise<Bundle>;
  /** The member is gone: the last that it has said of each group. */
  ended(group: string, last: Bundle): void;
  gone(): void;
  /** It has metrics of a group from now on. */
  joined(group: string): void;
  /** It has told its last numbers of a group. */
  left(group: string): void;
}

/** A process has as many as it has applications with different prefixes. */
const MAX_GROUPS = 100;

/** A process or thread below a hub, with the last numbers that it has told. */
export class Member {
  /** It speaks another version's language. */
  isOfOtherVersion = false;
  private readonly groups = new Map<string, Remembered>();
  private readonly answers = new PendingAnswers<Bundle>();

  constructor(
    private readonly link: Link,
    private readonly hub: MemberSurroundings,
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

  /** The last numbers of a group. */
  snapshotsOf(group: string): readonly MemberSnapshot[] {
    const { bundle, hasLeft } = this.groups.get(group) ?? NOTHING;
    return hasLeft ? bundle.members.map((one) => ({ ...one, hasEnded: true })) : bundle.members;
  }

  /** Asks for the present numbers, which {@link snapshotsOf} has then. Resolves to how many are not the present ones. */
  async collect(group: string, withinMs: number): Promise<number> {
    const bundle = await this.answers.ask(withinMs, (id) => {
      void this.link.send({ type: 'collect', id, group, withinMs: withinNext(withinMs) });
    });
    // Whoever has left meanwhile has told its last numbers.
    return bundle?.failures ?? (this.isIn(group) ? 1 : 0);
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
        void this.link.send(this.hub.greeting);
        break;
      case 'join':
        this.join(message.group);
        break;
      case 'collected':
        this.remember(message.group, message.sequence, message.bundle, false);
        this.answers.settle(message.id, message.bundle);
        break;
      case 'leave':
        this.remember(message.group, message.sequence, message.bundle, true);
        this.hub.left(message.group);
        break;
      case 'gather':
        void this.answerGather(message.id, message.group, message.withinMs);
        break;
      default:
        break;
    }
  }

  private join(group: string): void {
    const known = this.groups.get(group);
    if (known !== undefined || this.groups.size < MAX_GROUPS) {
      this.groups.set(group, { ...(known ?? NOTHING), hasLeft: false });
      this.hub.joined(group);
    }
  }

  /** Answers overtake each other when collectors are slow; after the last numbers none count. */
  private remember(group: string, sequence: number, bundle: Bundle, hasLeft: boolean): void {
    const known = this.groups.get(group);
    if (known !== undefined && !known.hasLeft && sequence >= known.sequence) {
      this.groups.set(group, { sequence, bundle, hasLeft });
    }
  }

  private async answerGather(id: number, group: string, withinMs: number): Promise<void> {
    await this.link.send({ type: 'gathered', id, bundle: await this.hub.gather(group, withinMs) });
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
