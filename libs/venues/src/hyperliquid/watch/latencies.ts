import type { LatencyFigure } from '../../port';

/** Newest measurements kept. */
const KEPT = 1_024;

/** How long after the venue's time of a fill it was told, in ms, by the newest measurements. The clocks' offset is in it. */
export class Latencies {
  private readonly kept: number[] = [];
  private next = 0;
  private total = 0;

  note(ms: number): void {
    this.kept[this.next] = ms;
    this.next = (this.next + 1) % KEPT;
    this.total += 1;
  }

  get figure(): LatencyFigure {
    const sorted = [...this.kept].sort((a, b) => a - b);
    const at = (share: number): number | null => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
    return { count: this.total, medianMs: at(0.5), p99Ms: at(0.99) };
  }
}
