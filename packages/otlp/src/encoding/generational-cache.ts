/**
 * A map that forgets what has not been used for long. Its entries are in two generations: a new or used entry is in the
 * young one. When that is full, it becomes the old one, and what was in the old one until then is forgotten.
 *
 * So up to `maxGeneration` entries in use are always found, and at most twice as many are kept. A map that is emptied
 * when it is full would lose all of them with the first entry too many.
 */
export class GenerationalCache<Key, Value extends object> {
  private readonly maxGeneration: number;
  private readonly onForgotten: ((value: Value) => void) | undefined;
  private young = new Map<Key, Value>();
  private old = new Map<Key, Value>();

  constructor(maxGeneration: number, onForgotten?: (value: Value) => void) {
    this.maxGeneration = maxGeneration;
    this.onForgotten = onForgotten;
  }

  /** Entries of both generations. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: Key): Value | undefined {
    return this.young.get(key) ?? this.takeFromOld(key);
  }

  /** @param key is not in the cache, or has this value already */
  add(key: Key, value: Value): void {
    if (this.young.size >= this.maxGeneration) this.forgetOld();
    this.young.set(key, value);
  }

  private takeFromOld(key: Key): Value | undefined {
    const value = this.old.get(key);
    if (value === undefined) return undefined;
    this.old.delete(key);
    this.add(key, value);
    return value;
  }

  private forgetOld(): void {
    if (this.onForgotten !== undefined) for (const value of this.old.values()) this.onForgotten(value);
    this.old = this.young;
    this.young = new Map();
  }
}
