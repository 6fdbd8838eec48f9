/**
 * Decides whose marks are asked for because the stream does not tell them: the first dex, in the order given, whose marks were neither told nor asked for
 * longer than `silenceMs`; never two within `gapMs`, which bounds the cost. So the first dexes keep fresh marks when all are silent, and the rest go stale,
 * which halts new risk there. Pure of clocks: it is handed the time, in ms.
 */
export class MarkSchedule {
  /** When the marks of a dex were last told or asked for. */
  private readonly heard = new Map<string, number>();
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private dexes: readonly string[],
    private readonly silenceMs: number,
    private readonly gapMs: number,
  ) {}

  setDexes(dexes: readonly string[]): void {
    this.dexes = dexes;
  }

  told(dex: string, at: number): void {
    this.heard.set(dex, at);
  }

  /** The dex to ask for now; null when none is silent or the last question is too recent. It counts as asked. */
  due(at: number): string | null {
    if (at - this.askedAt < this.gapMs) return null;
    const dex = this.dexes.find((one) => at - (this.heard.get(one) ?? Number.NEGATIVE_INFINITY) >= this.silenceMs);
    if (dex === undefined) return null;
    this.heard.set(dex, at);
    this.askedAt = at;
    return dex;
  }
}
