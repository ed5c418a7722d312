/** Undoes one thing. Further calls do nothing. */
export type Undo = () => void;

/** Is applied to an item. Returns how to undo that. */
export type Action<T> = (item: T) => Undo;

interface AppliedAction<T> {
  readonly apply: Action<T>;
  readonly undos: Map<T, Undo>;
}

/**
 * A set of items, such as data sources or observers, and of actions. Each action is applied once to each item, whichever of
 * the two is added first, and undone when either is removed.
 */
export class Subscriptions<T> {
  /** The items. Replaced at every change, never changed in place: a reader may keep it. */
  list: readonly T[] = [];
  private readonly references = new Map<T, { count: number }>();
  private readonly actions = new Set<AppliedAction<T>>();

  /**
   * Adds an item, or increments its reference count. The result decrements it; at 0 the item is removed.
   *
   * @throws what an action throws; the item is not added then, and the other items stay
   */
  add(item: T): Undo {
    const references = this.references.get(item) ?? this.insert(item);
    references.count += 1;
    return once(() => {
      references.count -= 1;
      if (references.count === 0 && this.references.get(item) === references) {
        this.delete(item);
      }
    });
  }

  /** Removes an item, whatever its reference count. Undoes its actions, the last one first. */
  delete(item: T): void {
    if (this.references.delete(item)) {
      this.list = this.list.filter((other) => other !== item);
      const applied = [...this.actions].filter(({ undos }) => undos.has(item)).toReversed();
      callAll(applied.map(({ undos }) => takeFrom(undos, item)));
    }
  }

  /**
   * Applies an action to each item, present and future, until the returned function is called.
   *
   * @throws what the action throws for a present item; it is undone for the others then
   */
  each(apply: Action<T>): Undo {
    const action: AppliedAction<T> = { apply, undos: new Map() };
    this.actions.add(action);
    const undo = once(() => {
      this.actions.delete(action);
      callAll([...action.undos.keys()].map((item) => takeFrom(action.undos, item)));
    });
    try {
      this.list.forEach((item) => this.begin(action, item));
    } catch (error) {
      undo();
      throw error;
    }
    return undo;
  }

  private insert(item: T): { count: number } {
    const references = { count: 0 };
    this.references.set(item, references);
    this.list = [...this.list, item];
    try {
      [...this.actions].forEach((action) => this.begin(action, item));
    } catch (error) {
      this.delete(item);
      throw error;
    }
    return references;
  }

  /** An action may add and remove items and actions. */
  private begin(action: AppliedAction<T>, item: T): void {
    const isWanted = (): boolean => this.actions.has(action) && this.references.has(item);
    if (isWanted()) {
      const undo = action.apply(item);
      if (isWanted()) {
        action.undos.set(item, undo);
      } else {
        undo();
      }
    }
  }
}

/**
 * Counts references to one thing: the first call of the result begins it, and it ends when the undo function of every call was
 * called.
 */
export function shared(begin: () => Undo): () => Undo {
  const users = new Subscriptions<'user'>();
  users.each(begin);
  return () => users.add('user');
}

function once(call: () => void): Undo {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      call();
    }
  };
}

/** Each undo function is called once, though others may remove the same item or action. */
function takeFrom<T>(undos: Map<T, Undo>, item: T): Undo {
  return () => {
    const undo = undos.get(item);
    undos.delete(item);
    undo?.();
  };
}

/** One that throws does not stop the others. The first error is thrown at the end. */
function callAll(calls: readonly (() => void)[]): void {
  const errors: unknown[] = [];
  for (const call of calls) {
    try {
      call();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) {
    throw errors[0];
  }
}
