/** Puts functions on one object, before those of its class. */
export class Shadow {
  private readonly shadowed: {
    readonly property: PropertyKey;
    readonly value: unknown;
    readonly own: PropertyDescriptor | undefined;
  }[] = [];

  constructor(private readonly target: object) {}

  /** @throws TypeError when the object is frozen. */
  put(property: PropertyKey, value: unknown): void {
    const own = Object.getOwnPropertyDescriptor(this.target, property);
    Object.defineProperty(this.target, property, {
      value,
      configurable: true,
      writable: true,
      enumerable: false,
    });
    this.shadowed.push({ property, value, own });
  }

  /** Takes them away, but for those that somebody has put others over. */
  lift(): void {
    for (const { property, value, own } of this.shadowed.splice(0)) {
      if (Object.getOwnPropertyDescriptor(this.target, property)?.value !== value) {
        continue;
      }
      if (own === undefined) {
        Reflect.deleteProperty(this.target, property);
      } else {
        Object.defineProperty(this.target, property, own);
      }
    }
  }
}
