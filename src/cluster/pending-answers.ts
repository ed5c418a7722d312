import { Deadline } from '../core/tool/deadline.js';
import { nowMs } from '../core/tool/stopwatch.js';

/** From this number of pending requests on, a new one shares a suitable pending answer. */
const ENOUGH_PENDING = 4;
/** The limit for pending requests: a member that does not answer these will not answer more. */
const MAX_PENDING = 16;
/** A timer that fires later than this shows that this process was busy: answers may be waiting to be read. */
const BUSY_MS = 20;

interface Pending<T> {
  readonly id: number;
  readonly askedAtMs: number;
  readonly withinMs: number;
  readonly answer: Promise<T | undefined>;
  readonly settle: (value: T | undefined) => void;
  /** Whether its own timeout is over. */
  isLate: boolean;
}

/** The pending requests to one other process or thread. */
export class PendingAnswers<T> {
  private readonly pending = new Map<number, Pending<T>>();
  private lastId = 0;
  private lastSettledId = 0;

  /**
   * Sends a request and resolves to its answer; to `undefined` when the answer is late. Resolves to `undefined` at once while an
   * earlier request has waited for longer than this one would.
   */
  async ask(withinMs: number, send: (id: number) => void): Promise<T | undefined> {
    if (this.isHopeless(withinMs)) {
      return undefined;
    }
    const shared = this.pending.size < ENOUGH_PENDING ? undefined : this.fitting(withinMs);
    if (shared === undefined && this.pending.size >= MAX_PENDING) {
      return undefined;
    }
    const pending = shared ?? this.add(withinMs, send);
    const answer = await inTime(pending.answer, withinMs);
    pending.isLate ||= withinMs >= pending.withinMs;
    return answer;
  }

  /** @param value - `undefined` when the other side has no answer */
  settle(id: number, value: T | undefined): void {
    this.pending.get(id)?.settle(value);
    this.pending.delete(id);
    this.lastSettledId = Math.max(this.lastSettledId, id);
  }

  /** Returns the timeout of a pending request; `undefined` for an unknown one. */
  patienceOf(id: number): number | undefined {
    return this.pending.get(id)?.withinMs;
  }

  /** Settles all pending requests with `undefined`: there will be no answers. */
  abandon(): void {
    this.pending.forEach(({ settle }) => settle(undefined));
    this.pending.clear();
  }

  /**
   * Returns the last pending request whose answer can serve a new one. With a shorter timeout the answer may lack slow families; after
   * a later request was answered it may have lower numbers.
   */
  private fitting(withinMs: number): Pending<T> | undefined {
    return [...this.pending.values()].findLast(
      (one) => one.withinMs >= withinMs && one.id > this.lastSettledId,
    );
  }

  /** Whether a request has waited for longer than its own timeout and the new one. */
  private isHopeless(withinMs: number): boolean {
    const now = nowMs();
    return [...this.pending.values()].some(
      (one) =>
        // A timer starts at the time of the event loop: by the clock it may fire early.
        (one.isLate && one.withinMs >= withinMs) || now - one.askedAtMs > Math.max(one.withinMs, withinMs),
    );
  }

  private add(withinMs: number, send: (id: number) => void): Pending<T> {
    this.lastId += 1;
    const id = this.lastId;
    let settle!: (value: T | undefined) => void;
    const answer = new Promise<T | undefined>((resolve) => {
      settle = resolve;
    });
    const pending = { id, askedAtMs: nowMs(), withinMs, answer, settle, isLate: false };
    this.pending.set(id, pending);
    send(id);
    return pending;
  }
}

/**
 * Returns `answer`, or `undefined` when it is late. When this process was busy, timers fire before a received answer is read:
 * therefore the busy time is added, at most `withinMs`.
 */
async function inTime<T>(answer: Promise<T | undefined>, withinMs: number): Promise<T | undefined> {
  const dueAtMs = nowMs() + withinMs;
  return new Deadline(withinMs).within(answer).catch(() => {
    const busyMs = nowMs() - dueAtMs;
    return busyMs > BUSY_MS
      ? new Deadline(Math.min(busyMs, withinMs)).within(answer).catch(() => undefined)
      : undefined;
  });
}
