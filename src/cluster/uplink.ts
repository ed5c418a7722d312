import { Deadline } from '../core/tool/deadline.js';
import { nowMs } from '../core/tool/stopwatch.js';
import { nextHopMs } from './hop-deadline.js';
import type { Link } from './links/link.js';
import type { Bundle, Message } from './messages.js';
import { PendingAnswers } from './pending-answers.js';

const RETRY_MS = 1000;
/**
 * How long a process that starts waits for its hub, however short the timeout is: on a busy machine the hub greets late, and an answer
 * for this process alone would look like a counter reset.
 */
const WELCOME_MS = 3000;
/** The time for transport, and for the hub to merge its answer. */
const GRACE_MS = 150;

/** The target of an uplink, for messages. */
export interface UplinkTarget {
  /** The subject of "… does not answer". */
  readonly name: string;
  /** What to do when it is missing: a sentence without full stop. */
  readonly advice: string;
}

const ANY_TARGET: UplinkTarget = {
  name: 'the primary, main thread or hub',
  advice: 'Call setUpClusterPrimary() there; under PM2, name a hub in the option cluster',
};

/** What an uplink needs of this process. */
export interface UplinkContext {
  /** The name of this process in logs. */
  readonly name: string;
  readonly groups: Iterable<string>;
  collect(group: string, withinMs: number): Promise<{ readonly sequence: number; readonly bundle: Bundle }>;
}

/** The connection to the hub above this process or thread: the primary, the main thread or another process. */
export class Uplink {
  private link: Link | undefined;
  private hub: string | undefined;
  private isWelcome = false;
  /** Whether no application of this process uses the cluster at present. */
  private isResting = true;
  /** Whether the hub has counted this process among the ended ones: it must not join again. */
  private isShutOut = false;
  /** Whether the hub's version of the protocol is incompatible. */
  private isOfOtherVersion = false;
  private retry: NodeJS.Timeout | undefined;
  private readonly answers = new PendingAnswers<Bundle>();
  private readonly welcomes: (() => void)[] = [];
  private readonly welcomeByMs = nowMs() + WELCOME_MS;
  /** Whether waiting for a hub was in vain: requests do not wait again until it appears. */
  private wasMissing = false;

  /** @param connect - rejects while there is no hub */
  constructor(
    private readonly connect: () => Promise<Link>,
    private readonly context: UplinkContext,
    readonly target = ANY_TARGET,
  ) {}

  /** Connects, or listens again after {@link rest} on the same link. */
  wake(): void {
    this.isResting = false;
    if (this.link === undefined) {
      void this.open();
    } else {
      this.listen(this.link);
    }
  }

  /** Stops listening. The link stays open, and does not keep the process alive. */
  rest(): void {
    this.isResting = true;
    clearTimeout(this.retry);
    // Answers are no longer received.
    this.answers.abandon();
    this.link?.rest();
  }

  /** Whether a hub is, or was, connected. Without one this process answers for itself. */
  get hasHub(): boolean {
    return this.hub !== undefined;
  }

  /** Why the hub cannot be asked; `undefined` when that is temporary. */
  get problem(): string | undefined {
    const { name, advice } = this.target;
    if (this.isShutOut) {
      return `${name} has lost this process and counts it among the ended ones. Restart this process`;
    }
    if (this.isOfOtherVersion && !this.isWelcome) {
      return `${name} has another version of this library`;
    }
    return this.wasMissing ? `${name} does not answer. ${advice}` : undefined;
  }

  /** Returns the metrics of all processes; `undefined` when the hub does not answer in time. */
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
   * Resolves when the last metrics are sent, or the time is over.
   *
   * @param goesOn - whether members below this process are still in the group
   */
  async leave(
    group: string,
    sequence: number,
    bundle: Bundle,
    withinMs: number,
    goesOn: boolean,
  ): Promise<void> {
    if (this.isWelcome) {
      // The hub keeps an unrequested answer like any other. No request has the id 0.
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

  /** The same hub, after a lost connection, has counted this process among the ended: it must not be counted twice. */
  private welcome(hub: string): void {
    if (hub === this.hub && !this.isWelcome) {
      this.isShutOut = true;
      this.lose();
      return;
    }
    if (!this.isWelcome || hub !== this.hub) {
      // Another hub does not know the requests to the former one.
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
    await new Deadline(Math.max(withinMs, this.welcomeByMs - nowMs())).within(welcomed).catch(ignore);
    this.wasMissing = !this.isWelcome;
    return this.isWelcome;
  }
}

function ignore(): void {}
