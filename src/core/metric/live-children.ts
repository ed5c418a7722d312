/** The children of a family in the order in which they were made. */
export class LiveChildren<C extends { readonly detached: boolean }> {
  /** With those among them that were removed lately: looking for one to take it out would take long. */
  private readonly list: C[] = [];
  private removed = 0;

  get size(): number {
    return this.list.length - this.removed;
  }

  add(child: C): void {
    this.list.push(child);
  }

  /** One of them was detached. */
  remove(): void {
    this.removed += 1;
    // So that each costs little, and no more are kept than there are others.
    if (this.removed * 2 > this.list.length) {
      this.sweep();
    }
  }

  /** Changes with the family: not to be kept. */
  all(): readonly C[] {
    if (this.removed > 0) {
      this.sweep();
    }
    return this.list;
  }

  clear(): void {
    this.list.length = 0;
    this.removed = 0;
  }

  private sweep(): void {
    let kept = 0;
    for (const child of this.list) {
      if (!child.detached) {
        this.list[kept] = child;
        kept += 1;
      }
    }
    this.list.length = kept;
    this.removed = 0;
  }
}
