import { Deadline } from '../core/tool/deadline.js';
import { nowMs } from '../core/tool/stopwatch.js';

/** With so many questions pending, one that an answer under way fits as well is not asked. */
const ENOUGH_PENDING = 4;
/** No more questions at once: a member that does not answer these will not answer others. */
const MAX_PENDING = 16;
/** A timer that goes off later than this shows that this process itself was busy: answers may be waiting to be read. */
const BUSY_MS = 20;

interface Pending<T> {
  readonly id: number;
  readonly askedAtMs: number;
  readonly withinMs: number;
  readonly answer: Promise<T | undefined>;
  readonly settle: (value: T | undefined) => void;
}

/** The questions to one other process or thread that it has not answered. */
export class PendingAnswers<T> {
  private readonly pending = new Map<number, Pending<T>>();
  private lastId = 0;
  private lastSettledId = 0;

  /**
   * Asks, and resolves to the answer to this question. Resolves to `undefined` when that is late, and at once while an earlier
   * question is overdue that has waited for longer than this one would.
   */
  ask(withinMs: number, send: (id: number) => void): Promise<T | undefined> {
    if (this.isHopeless(withinMs)) {
      return Promise.resolve(undefined);
    }
    const shared = this.pending.size < ENOUGH_PENDING ? undefined : this.fitting(withinMs);
    if (shared === undefined && this.pending.size >= MAX_PENDING) {
      return Promise.resolve(undefined);
    }
    return inTime((shared ?? this.add(withinMs, send)).answer, withinMs);
  }

  /** @param value - `undefined` when the other side says that it has none */
  settle(id: number, value: T | undefined): void {
    this.pending.get(id)?.settle(value);
    this.pending.delete(id);
    this.lastSettledId = Math.max(this.lastSettledId, id);
  }

  /** How long the question can wait for its answer; `undefined` when there is no such question. */
  patienceOf(id: number): number | undefined {
    return this.pending.get(id)?.withinMs;
  }

  /** Nobody will answer any more. */
  abandon(): void {
    this.pending.forEach(({ settle }) => settle(undefined));
    this.pending.clear();
  }

  /**
   * The last question whose answer is as good as that to a new one: a less patient question is answered without what is slow, and
   * one that was overtaken with lower numbers than were told already.
   */
  private fitting(withinMs: number): Pending<T> | undefined {
    return [...this.pending.values()].findLast(
      (one) => one.withinMs >= withinMs && one.id > this.lastSettledId,
    );
  }

  /** Whether a question is overdue, and for so long that a new one of this patience would not be answered either. */
  private isHopeless(withinMs: number): boolean {
    const now = nowMs();
    return [...this.pending.values()].some((one) => now - one.askedAtMs > Math.max(one.withinMs, withinMs));
  }

  private add(withinMs: number, send: (id: number) => void): Pending<T> {
    this.lastId += 1;
    const id = this.lastId;
    let settle!: (value: T | undefined) => void;
    const answer = new Promise<T | undefined>((resolve) => {
      settle = resolve;
    });
    const pending = { id, askedAtMs: nowMs(), withinMs, answer, settle };
    this.pending.set(id, pending);
    send(id);
    return pending;
  }
}

/**
 * Time in which this process was too busy to read anything does not count: the answer may have come meanwhile, and timers go off
 * before it is read. Waits for twice as long at most.
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
