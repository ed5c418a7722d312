/** A property of one object that hides the one it had, or the one of its class. */
class Placement<T extends object, K extends keyof T> {
  private constructor(
    private readonly object: T,
    private readonly name: K,
    private readonly value: T[K],
    /** The object's own property before; `undefined` when it was inherited. */
    private readonly own: PropertyDescriptor | undefined,
  ) {}

  /** Returns `undefined` when the object is frozen. */
  static put<T extends object, K extends keyof T>(
    object: T,
    name: K,
    value: T[K],
  ): Placement<T, K> | undefined {
    const own = Reflect.getOwnPropertyDescriptor(object, name);
    // By definition: assignment fails where the class has a read-only property.
    const isDefined = Reflect.defineProperty(object, name, {
      value,
      configurable: true,
      enumerable: own?.enumerable ?? false,
      writable: true,
    });
    return isDefined ? new Placement(object, name, value, own) : undefined;
  }

  /** Returns false when others have replaced the value. */
  remove(): boolean {
    const { object, name, own } = this;
    // Not what reading gives: a proxy may return each method bound, another function each time.
    const current = Reflect.getOwnPropertyDescriptor(object, name);
    if (current === undefined) {
      return true;
    }
    if (current.value !== this.value) {
      return current.value === (Object.getPrototypeOf(object) as T | null)?.[name];
    }
    if (own === undefined) {
      Reflect.deleteProperty(object, name);
    } else {
      Reflect.defineProperty(object, name, own);
    }
    return true;
  }
}

/**
 * Replaces a method of one object of another library. The object's class and its other instances stay as they are. Hooks of
 * others on the same method are respected, in whatever order all of them come and go.
 */
export class MethodHook<T extends object, K extends keyof T> {
  private placement: Placement<T, K> | undefined;
  private replaced: T[K] | undefined;
  /**
   * An object whose property is what a call of {@link original} reaches now. Read it by the constant name of the method: V8 looks
   * that up faster than a name in a variable.
   */
  behind: Readonly<Pick<T, K>>;

  /**
   * @param make - makes the replacement. The original that it gets looks an inherited method up at each call, so that later
   *   changes of the class count. The replacement passes calls on when the hook is no longer wanted; see {@link takeOut}.
   */
  constructor(
    private readonly object: T,
    private readonly name: K,
    private readonly make: (original: T[K]) => T[K],
  ) {
    this.behind = object;
  }

  /** False for a frozen object. */
  get isInPlace(): boolean {
    return this.placement !== undefined;
  }

  /** The method behind the replacement. */
  get original(): T[K] {
    return this.replaced ?? this.object[this.name];
  }

  /** Puts the replacement in place, unless it still is: then others have wrapped it and call it. */
  putIn(): void {
    if (this.takeOut()) {
      const { object, name } = this;
      if (Object.hasOwn(object, name)) {
        this.replaced = object[name];
        this.behind = { [name]: object[name] } as unknown as Pick<T, K>;
      } else {
        const behind = inheritedBy(object, name);
        this.behind = behind;
        this.replaced = function inherited(this: unknown, ...args: unknown[]): unknown {
          return (behind[name] as (...args: unknown[]) => unknown).apply(this, args);
        } as T[K];
      }
      this.placement = Placement.put(object, name, this.make(this.replaced));
    }
  }

  /**
   * Puts the original back. Returns false when others have wrapped the replacement, which then stays and has to pass calls
   * on; a later call may succeed.
   */
  takeOut(): boolean {
    if (this.placement?.remove() === false) {
      return false;
    }
    this.placement = undefined;
    this.replaced = undefined;
    return true;
  }
}

/** Returns a {@link MethodHook} that is in place, unless the object is frozen. */
export function replaceMethod<T extends object, K extends keyof T>(
  object: T,
  name: K,
  make: (original: T[K]) => T[K],
): MethodHook<T, K> {
  const hook = new MethodHook(object, name, make);
  hook.putIn();
  return hook;
}

/**
 * Replaces methods of one object until the returned function is called.
 *
 * @throws TypeError when the object is frozen.
 */
export function replaceMethods<T extends object, K extends keyof T>(
  object: T,
  replacements: readonly (readonly [name: K, replacement: T[K]])[],
): () => void {
  const placements = replacements.map(([name, replacement]) => {
    const placement = Placement.put(object, name, replacement);
    if (placement === undefined) {
      throw new TypeError('The object is frozen');
    }
    return placement;
  });
  return () => placements.forEach((placement) => placement.remove());
}

/** Returns an object that has what an object inherits under a name. */
function inheritedBy<T extends object, K extends keyof T>(object: T, name: K): Pick<T, K> {
  const prototype = Object.getPrototypeOf(object) as T;
  // A getter's value can depend on the object. Reading every method with a receiver would cost much of a microsecond a call.
  return findDescriptor(prototype, name)?.get === undefined
    ? prototype
    : (Object.defineProperty({}, name, { get: () => Reflect.get(prototype, name, object) as T[K] }) as Pick<
        T,
        K
      >);
}

function findDescriptor(object: object | null, name: PropertyKey): PropertyDescriptor | undefined {
  return object === null
    ? undefined
    : (Reflect.getOwnPropertyDescriptor(object, name) ??
        findDescriptor(Reflect.getPrototypeOf(object), name));
}
