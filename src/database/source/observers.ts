/** Observers that were added, each once, however often it was added. */
export class Observers<T> {
  /** Replaced at every change, never changed: whoever keeps it keeps the observers of that moment. */
  list: readonly T[] = [];
  private readonly counts = new Map<T, number>();

  /**
   * @param onChange - called when an observer has come or gone
   * @param onAdded - called after that with one that has come
   * @param onRemoved - called before it with one that goes
   */
  constructor(
    private readonly onChange: () => void = () => {},
    private readonly onAdded: (observer: T) => void = () => {},
    private readonly onRemoved: (observer: T) => void = () => {},
  ) {}

  /** Calling the result as often as this takes it out again. */
  add(observer: T): () => void {
    const count = this.counts.get(observer) ?? 0;
    this.counts.set(observer, count + 1);
    if (count === 0) {
      this.change();
      this.onAdded(observer);
    }
    let added = true;
    return () => {
      if (added) {
        added = false;
        this.remove(observer);
      }
    };
  }

  private remove(observer: T): void {
    const count = this.counts.get(observer) ?? 0;
    if (count > 1) {
      this.counts.set(observer, count - 1);
    } else {
      this.onRemoved(observer);
      this.counts.delete(observer);
      this.change();
    }
  }

  private change(): void {
    this.list = [...this.counts.keys()];
    this.onChange();
  }
}

/** Tells each observer; one that throws is told so, and keeps neither the others nor the application from going on. */
export function tell<T extends { failed(error: unknown): void }>(
  observers: readonly T[],
  what: (observer: T) => void,
): void {
  for (const observer of observers) {
    try {
      what(observer);
    } catch (error) {
      observer.failed(error);
    }
  }
}
