/** Since when the orders of leaders are not known where mirrors may stand for them, by place: leader and dex. Bounded by what a look at all copies meets. */
export class BlindTimes {
  private readonly began = new Map<string, number>();
  private readonly met = new Set<string>();

  get size(): number {
    return this.began.size;
  }

  /** How long a place is blind by now, in ms: 0 when it was met so for the first time. */
  lasted(place: string, now: number): number {
    const since = this.began.get(place) ?? now;
    this.began.set(place, since);
    this.met.add(place);
    return now - since;
  }

  /** The orders there are known. */
  end(place: string): void {
    this.began.delete(place);
  }

  /** All copies were looked at: a place nobody met since the last time has none that mirror any more. */
  forgetUnmet(): void {
    for (const place of this.began.keys()) if (!this.met.has(place)) this.began.delete(place);
    this.met.clear();
  }
}
