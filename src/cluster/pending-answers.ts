import { nowMs } from '../core/stopwatch.js';

/** No more questions at once: whoever does not answer these will not answer others. */
const MAX_PENDING = 4;

interface Pending<T> {
  readonly id: number;
  readonly dueAtMs: number;
  readonly answer: Promise<T | undefined>;
  readonly settle: (value: T | undefined) => void;
}

/** The questions to one other process or thread that it has not answered. */
export class PendingAnswers<T> {
  private readonly pending = new Map<number, Pending<T>>();
  private lastId = 0;

  /** Whether an answer is overdue: it is not worth waiting for another until that one has come. */
  get isOverdue(): boolean {
    const [oldest] = this.pending.values();
    return oldest !== undefined && nowMs() > oldest.dueAtMs;
  }

  /** Asks, and resolves to the answer; to `undefined` when it is late, and at once while an earlier one is. */
  ask(withinMs: number, send: (id: number) => void): Promise<T | undefined> {
    if (this.isOverdue) {
      return Promise.resolve(undefined);
    }
    const pending = this.pending.size < MAX_PENDING ? this.add(withinMs, send) : this.last();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), withinMs).unref();
    });
    return Promise.race([pending.answer, late]).finally(() => clearTimeout(timer));
  }

  /** @param value - `undefined` when the other side says that it has none */
  settle(id: number, value: T | undefined): void {
    this.pending.get(id)?.settle(value);
    this.pending.delete(id);
  }

  /** Nobody will answer any more. */
  abandon(): void {
    this.pending.forEach(({ settle }) => settle(undefined));
    this.pending.clear();
  }

  private add(withinMs: number, send: (id: number) => void): Pending<T> {
    this.lastId += 1;
    const id = this.lastId;
    let settle!: (value: T | undefined) => void;
    const answer = new Promise<T | undefined>((resolve) => {
      settle = resolve;
    });
    const pending = { id, dueAtMs: nowMs() + withinMs, answer, settle };
    this.pending.set(id, pending);
    send(id);
    return pending;
  }

  private last(): Pending<T> {
    return [...this.pending.values()].at(-1) as Pending<T>;
  }
}
