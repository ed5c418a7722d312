/** What a hook has put on its object. */
interface Placement<Method> {
  readonly original: Method;
  readonly replacement: Method;
  /** The object's own property before; `undefined` when the method was inherited. */
  readonly own: PropertyDescriptor | undefined;
}

/**
 * Replaces a method of one object of another library. The object's class and its other instances stay as they are. Hooks of
 * others on the same method are respected, in whatever order all of them come and go.
 */
export class MethodHook<T extends object, K extends keyof T> {
  private placement: Placement<T[K]> | undefined;

  /**
   * @param make - makes the replacement. The original that it gets looks an inherited method up at each call, so that later
   *   changes of the class count. The replacement passes calls on when the hook is no longer wanted; see {@link takeOut}.
   */
  constructor(
    private readonly object: T,
    private readonly name: K,
    private readonly make: (original: T[K]) => T[K],
  ) {}

  /** False for a frozen object. */
  get isInPlace(): boolean {
    return this.placement !== undefined;
  }

  /** The method behind the replacement. */
  get original(): T[K] {
    return this.placement?.original ?? this.object[this.name];
  }

  /** Puts the replacement in place, unless it still is: then others have wrapped it and call it. */
  putIn(): void {
    if (!this.takeOut()) {
      return;
    }
    const { object, name } = this;
    const own = Reflect.getOwnPropertyDescriptor(object, name);
    const original = own === undefined ? inheritedMethod(object, name) : object[name];
    const replacement = this.make(original);
    // By definition: assignment fails where the class has a read-only property.
    const isDefined = Reflect.defineProperty(object, name, {
      value: replacement,
      configurable: true,
      enumerable: own?.enumerable ?? false,
      writable: true,
    });
    if (isDefined) {
      this.placement = { original, replacement, own };
    }
  }

  /**
   * Puts the original back. Returns false when others have wrapped the replacement, which then stays and has to pass calls
   * on; a later call may succeed.
   */
  takeOut(): boolean {
    const { object, name, placement } = this;
    if (placement === undefined) {
      return true;
    }
    const current = object[name];
    if (current === placement.replacement) {
      if (placement.own === undefined) {
        Reflect.deleteProperty(object, name);
      } else {
        Reflect.defineProperty(object, name, placement.own);
      }
    } else if (current !== (Object.getPrototypeOf(object) as T | null)?.[name]) {
      return false;
    }
    this.placement = undefined;
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
 * Replaces methods of one object at once. Returns a function that takes the replacements out.
 *
 * @throws TypeError when the object is frozen.
 */
export function replaceMethods<T extends object>(object: T, replacements: Partial<T>): () => void {
  const hooks = (Reflect.ownKeys(replacements) as (keyof T)[]).map((name) =>
    replaceMethod(object, name, () => replacements[name] as T[keyof T]),
  );
  const takeOut = (): void => hooks.forEach((hook) => hook.takeOut());
  if (!hooks.every(({ isInPlace }) => isInPlace)) {
    takeOut();
    throw new TypeError('The object is frozen');
  }
  return takeOut;
}

function inheritedMethod<T extends object, K extends keyof T>(object: T, name: K): T[K] {
  const prototype = Object.getPrototypeOf(object) as T;
  // A getter's value can depend on the object. Reading every method with a receiver would cost much of a microsecond a call.
  const isComputed = findDescriptor(prototype, name)?.get !== undefined;
  return function inherited(this: unknown, ...args: unknown[]): unknown {
    const method: unknown = isComputed ? Reflect.get(prototype, name, object) : prototype[name];
    return (method as (...args: unknown[]) => unknown).apply(this, args);
  } as T[K];
}

function findDescriptor(object: object | null, name: PropertyKey): PropertyDescriptor | undefined {
  return object === null
    ? undefined
    : (Reflect.getOwnPropertyDescriptor(object, name) ??
        findDescriptor(Reflect.getPrototypeOf(object), name));
}
