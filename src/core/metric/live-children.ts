/** The children of a family in the order of their creation. */
export class LiveChildren<C extends { readonly detached: boolean }> {
  /** Includes recently removed children: removing each at once would search the list. */
  private readonly list: C[] = [];
  private removed = 0;

  get size(): number {
    return this.list.length - this.removed;
  }

  add(child: C): void {
    this.list.push(child);
  }

  /** Notes that one child was detached. */
  remove(): void {
    this.removed += 1;
    // Amortised: the list never holds more removed than live children.
    if (this.removed * 2 > this.list.length) {
      this.sweep();
    }
  }

  /** Returns the live list: do not keep it. */
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
