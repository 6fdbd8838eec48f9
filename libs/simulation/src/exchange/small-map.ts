/** From this many entries on a hash table beats a walk. */
const WALK_MOST = 8;

/**
 * A map that costs next to nothing while it holds few entries or none: most of tens of thousands of accounts hold one position and
 * no open order. Entries keep their order of insertion. Do not change it while walking `values()`; copy first.
 */
export class SmallMap<K, V> {
  private keyList: K[] | null = null;
  private valueList: V[] = NOTHING;
  private table: Map<K, V> | null = null;

  get size(): number {
    return this.table === null ? this.valueList.length : this.table.size;
  }

  get(key: K): V | undefined {
    if (this.table !== null) return this.table.get(key);
    if (this.keyList === null) return undefined;
    const at = this.keyList.indexOf(key);
    return at < 0 ? undefined : this.valueList[at];
  }

  has(key: K): boolean {
    if (this.table !== null) return this.table.has(key);
    return this.keyList?.includes(key) ?? false;
  }

  set(key: K, value: V): void {
    if (this.table !== null) {
      this.table.set(key, value);
      return;
    }
    if (this.keyList === null) {
      this.keyList = [key];
      this.valueList = [value];
      return;
    }
    const at = this.keyList.indexOf(key);
    if (at >= 0) this.valueList[at] = value;
    else {
      this.keyList.push(key);
      this.valueList.push(value);
      if (this.keyList.length > WALK_MOST) this.grow(this.keyList);
    }
  }

  delete(key: K): boolean {
    if (this.table !== null) return this.table.delete(key);
    if (this.keyList === null) return false;
    const at = this.keyList.indexOf(key);
    if (at < 0) return false;
    this.keyList.splice(at, 1);
    this.valueList.splice(at, 1);
    return true;
  }

  values(): Iterable<V> {
    return this.table === null ? this.valueList : this.table.values();
  }

  keys(): Iterable<K> {
    return this.table === null ? (this.keyList ?? NOTHING) : this.table.keys();
  }

  private grow(keys: readonly K[]): void {
    const table = new Map<K, V>();
    this.valueList.forEach((value, at) => {
      const key = keys[at];
      if (key !== undefined) table.set(key, value);
    });
    this.table = table;
    this.keyList = null;
    this.valueList = NOTHING;
  }
}

const NOTHING: never[] = [];
