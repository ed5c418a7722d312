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
    return this.younger.get(key) ?? this.remember(key, this.older.get(key) ?? create(key));
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
