/** A method of somebody else's object that ours stands in for. */
export interface Replacement {
  /** Whether ours could be put there: an object may be frozen. */
  readonly isInPlace: boolean;
  /**
   * Puts back what was there. When somebody else has wrapped ours since, nothing can be put back without taking theirs
   * out: then the answer is `false`, and ours must pass calls on from now on.
   */
  restore(): boolean;
}

/**
 * Shadows `object[name]` with what `make` returns for the method that is there. Neither the class nor other instances are
 * touched; a method that is the class's is looked up at each call, for others may replace it there. Never throws.
 */
export function replaceMethod<T extends object, K extends keyof T>(
  object: T,
  name: K,
  make: (original: T[K]) => T[K],
): Replacement {
  const wasOwn = Object.hasOwn(object, name);
  const original = object[name];
  const replacement = make(wasOwn ? original : inheritedMethod(object, name));
  if (!define(object, name, replacement)) {
    return { isInPlace: false, restore: () => true };
  }
  return {
    isInPlace: true,
    restore() {
      const current = object[name];
      if (current !== replacement) {
        // Somebody else's wrapper may be on top of ours; none is when the class's own method is back.
        return current === (Object.getPrototypeOf(object) as T | null)?.[name];
      }
      if (wasOwn) {
        object[name] = original;
      } else {
        delete object[name];
      }
      return true;
    },
  };
}

function inheritedMethod<T extends object, K extends keyof T>(object: T, name: K): T[K] {
  const prototype = Object.getPrototypeOf(object) as T;
  // What a getter answers can depend on the object; asking for it so costs each call a good part of a microsecond.
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

/** Not by assignment, which a read-only property of the class refuses. */
function define<T extends object, K extends keyof T>(object: T, name: K, value: T[K]): boolean {
  return Reflect.defineProperty(object, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

/** A replacement that comes and goes, whatever others do with the same method in between. */
export class MethodHook<T extends object, K extends keyof T> {
  private replacement: Replacement | undefined;
  private replaced: T[K] | undefined;

  /** @param make - makes what stands in for the method that it is given; see {@link takeOut} for when it is not wanted */
  constructor(
    private readonly object: T,
    private readonly name: K,
    private readonly make: (original: T[K]) => T[K],
  ) {}

  /** The method that ours stands in for; when it does not, the one that is there. */
  get original(): T[K] {
    return this.replaced ?? this.object[this.name];
  }

  /** Does nothing where ours is still under somebody else's wrapper: it is called from there. */
  putIn(): void {
    if (this.takeOut()) {
      this.replacement = replaceMethod(this.object, this.name, (original) => {
        this.replaced = original;
        return this.make(original);
      });
    }
  }

  /**
   * Answers `false` when somebody else has wrapped ours, which has to pass calls on from now on; asked again later, it may
   * succeed.
   */
  takeOut(): boolean {
    if (this.replacement?.restore() === true) {
      this.replacement = undefined;
      this.replaced = undefined;
    }
    return this.replacement === undefined;
  }
}
