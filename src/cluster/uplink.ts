import { Deadline } from '../core/tool/deadline.js';
import { nextHopMs } from './hop-deadline.js';
import type { Link } from './links/link.js';
import type { Bundle, Message } from './messages.js';
import { PendingAnswers } from './pending-answers.js';

const RETRY_MS = 1000;
/** For the way there and back, and for whoever is asked to put its answer together. */
const GRACE_MS = 150;

/** What an uplink leads to, for messages. */
export interface UplinkTarget {
  /** As in "… does not answer". */
  readonly name: string;
  /** What to do when it is missing: a sentence without its full stop. */
  readonly advice: string;
}

const ANY_TARGET: UplinkTarget = {
  name: 'the primary, main thread or hub',
  advice: 'Call setUpClusterPrimary() there; under PM2, name a hub in the option cluster',
};

/** What an uplink needs of this process. */
export interface UplinkContext {
  /** What logs call this process. */
  readonly name: string;
  readonly groups: Iterable<string>;
  collect(group: string, withinMs: number): Promise<{ readonly sequence: number; readonly bundle: Bundle }>;
}

/** The way to the hub above this process or thread: the primary, the main thread, or a process of its own. */
export class Uplink {
  private link: Link | undefined;
  private hub: string | undefined;
  private isWelcome = false;
  /** Whether nobody here has metrics at present. */
  private isResting = true;
  /** The same hub again, which has counted this process among the ended already. */
  private isShutOut = false;
  /** The hub speaks another version's language. */
  private isOfOtherVersion = false;
  private retry: NodeJS.Timeout | undefined;
  private readonly answers = new PendingAnswers<Bundle>();
  private readonly welcomes: (() => void)[] = [];
  /** Whether a hub was waited for in vain: it is not worth waiting again until it shows up. */
  private wasMissing = false;

  /** @param connect - rejects while there is nobody to connect to */
  constructor(
    private readonly connect: () => Promise<Link>,
    private readonly context: UplinkContext,
    readonly target = ANY_TARGET,
  ) {}

  /** Begins, also after {@link rest}: the hub still knows this process then, if it is the same. */
  wake(): void {
    this.isResting = false;
    if (this.link === undefined) {
      void this.open();
    } else {
      this.listen(this.link);
    }
  }

  /** Leaves nothing behind in this process but a way that nobody waits at. */
  rest(): void {
    this.isResting = true;
    clearTimeout(this.retry);
    // Answers are not heard any more.
    this.answers.abandon();
    this.link?.rest();
  }

  /** Whether there is, or was, a hub that has the numbers of the others. Without one this process stands for itself. */
  get hasHub(): boolean {
    return this.hub !== undefined;
  }

  /** Why nobody above can be asked, when it is not only for the moment. */
  get problem(): string | undefined {
    const { name, advice } = this.target;
    if (this.isShutOut) {
      return `${name} has lost this process, and counts it among those that have ended. Restart this process`;
    }
    if (this.isOfOtherVersion && !this.isWelcome) {
      return `${name} has another version of this library`;
    }
    return this.wasMissing ? `${name} does not answer. ${advice}` : undefined;
  }

  /** The numbers of everybody; `undefined` when the hub does not answer in time. */
  async gather(group: string, withinMs: number): Promise<Bundle | undefined> {
    if (!(await this.isWelcomed(withinMs))) {
      return undefined;
    }
    return this.answers.ask(withinMs + GRACE_MS, (id) => {
      void this.link?.send({ type: 'gather', id, group, withinMs: nextHopMs(withinMs) });
    });
  }

  join(group: string): void {
    if (this.isWelcome) {
      void this.link?.send({ type: 'join', group });
    }
  }

  /**
   * Resolves when the last numbers are on their way, or nobody takes them in time.
   *
   * @param goesOn - whether others below this process have metrics of the group still
   */
  async leave(
    group: string,
    sequence: number,
    bundle: Bundle,
    withinMs: number,
    goesOn: boolean,
  ): Promise<void> {
    if (this.isWelcome) {
      // Numbers that nobody asked for are remembered as an answer is. No question has the number 0.
      const sent = this.link?.send(
        goesOn
          ? { type: 'collected', id: 0, group, sequence, bundle }
          : { type: 'leave', group, sequence, bundle },
      );
      await new Deadline(withinMs).within(sent).catch(ignore);
    }
  }

  private async open(): Promise<void> {
    try {
      const link = await this.connect();
      if (this.isResting || this.link !== undefined) {
        link.close();
        return;
      }
      this.link = link;
      this.listen(link);
    } catch {
      this.reopen();
    }
  }

  private listen(link: Link): void {
    link.listen({
      message: (message) => this.receive(message),
      otherVersion: () => {
        this.isOfOtherVersion = true;
      },
      closed: () => this.reopen(),
    });
    void link.send({ type: 'hello', name: this.context.name });
  }

  private reopen(): void {
    this.lose();
    if (!this.isResting && !this.isShutOut) {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => void this.open(), RETRY_MS).unref();
    }
  }

  private lose(): void {
    this.isWelcome = false;
    this.answers.abandon();
    this.link?.close();
    this.link = undefined;
  }

  private receive(message: Message): void {
    switch (message.type) {
      case 'welcome':
        this.welcome(message.hub);
        break;
      case 'collect':
        void this.answerCollect(message.id, message.group, message.withinMs);
        break;
      case 'gathered':
        this.answers.settle(message.id, message.bundle);
        break;
      case 'unavailable':
        this.answers.settle(message.id, undefined);
        break;
      default:
        break;
    }
  }

  /** A hub that was lost and is the same again has counted this process among the ended: it must not be counted twice. */
  private welcome(hub: string): void {
    if (hub === this.hub && !this.isWelcome) {
      this.isShutOut = true;
      this.lose();
      return;
    }
    if (!this.isWelcome || hub !== this.hub) {
      // Another hub knows nothing of what the one before was asked.
      this.answers.abandon();
    }
    this.hub = hub;
    this.isWelcome = true;
    this.wasMissing = false;
    for (const group of this.context.groups) {
      this.join(group);
    }
    this.welcomes.splice(0).forEach((welcomed) => welcomed());
  }

  private async answerCollect(id: number, group: string, withinMs: number): Promise<void> {
    const { sequence, bundle } = await this.context.collect(group, withinMs);
    await this.link?.send({ type: 'collected', id, group, sequence, bundle });
  }

  private async isWelcomed(withinMs: number): Promise<boolean> {
    if (this.isWelcome || this.wasMissing || this.isShutOut) {
      return this.isWelcome;
    }
    const welcomed = new Promise<void>((resolve) => this.welcomes.push(resolve));
    await new Deadline(withinMs).within(welcomed).catch(ignore);
    this.wasMissing = !this.isWelcome;
    return this.isWelcome;
  }
}

function ignore(): void {}
