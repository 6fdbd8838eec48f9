/** What waits for its turn, of several owners: owners take turns, and what is one owner's leaves in the order of its coming. */
export class Turns<T> {
  private readonly waiting = new Map<string, T[]>();
  private many = 0;

  get size(): number {
    return this.many;
  }

  add(owner: string, thing: T): void {
    const own = this.waiting.get(owner);
    if (own === undefined) this.waiting.set(owner, [thing]);
    else own.push(thing);
    this.many += 1;
  }

  /**
   * Takes the next in turn of those owners whose first `may` leave now; the rest of that owner's is behind everybody else's. Undefined: none may.
   */
  next(may: (owner: string, thing: T) => boolean = () => true): T | undefined {
    for (const [owner, own] of this.waiting) {
      const [first] = own;
      if (first === undefined || !may(owner, first)) continue;
      own.shift();
      this.waiting.delete(owner);
      if (own.length > 0) this.waiting.set(owner, own);
      this.many -= 1;
      return first;
    }
    return undefined;
  }

  /** Takes one out of turn; false where it does not wait any more. */
  remove(owner: string, thing: T): boolean {
    const own = this.waiting.get(owner);
    const at = own?.indexOf(thing) ?? -1;
    if (own === undefined || at < 0) return false;
    own.splice(at, 1);
    if (own.length === 0) this.waiting.delete(owner);
    this.many -= 1;
    return true;
  }
}
