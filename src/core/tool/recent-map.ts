/**
 * A bounded map of recently used entries. It has two generations: when the younger one is full, it replaces the older one. A hit
 * costs one look-up.
 */
export class RecentMap<K, V> {
  private younger = new Map<K, V>();
  private older: ReadonlyMap<K, V> = new Map();

  /** @param generationSize - the map keeps at most twice as many entries */
  constructor(private readonly generationSize: number) {}

  /** Returns the value of a key, created when it is not in the map. */
  get(key: K, create: (key: K) => V): V {
    return this.find(key) ?? this.remember(key, create(key));
  }

  /** Returns the value of a key that is in the map. */
  find(key: K): V | undefined {
    const value = this.younger.get(key);
    if (value !== undefined) {
      return value;
    }
    const old = this.older.get(key);
    return old === undefined ? undefined : this.remember(key, old);
  }

  private remember(key: K, value: V): V {
    if (this.younger.size >= this.generationSize) {
      this.older = this.younger;
      this.younger = new Map();
    }
    this.younger.set(key, value);
    return value;
  }
}
