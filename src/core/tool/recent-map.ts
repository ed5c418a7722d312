/**
 * A bounded map of the entries that were used lately: two generations, of which the older one is dropped when the younger
 * one is full. A hit costs one look-up.
 */
export class RecentMap<K, V> {
  private younger = new Map<K, V>();
  private older: ReadonlyMap<K, V> = new Map();

  /** @param generationSize - at most twice as many entries are kept */
  constructor(private readonly generationSize: number) {}

  /** The value of a key, created if it is unknown or was forgotten. */
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
