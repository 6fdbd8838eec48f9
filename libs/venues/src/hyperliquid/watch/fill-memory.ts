import type { VenueFill } from '../../port';
import { fillKey } from '../truth';

/** Remembers which fills of one address were told, oldest forgotten first. */
export class FillMemory {
  private readonly keys = new Set<string>();
  /** Time of the newest fill seen; 0 before the first. */
  lastTime = 0;

  constructor(private readonly keysMax: number) {}

  /** The fills not seen before, oldest first; they count as seen from now on. */
  fresh(fills: readonly VenueFill[]): VenueFill[] {
    const fresh = fills.filter((fill) => this.remember(fill));
    return fresh.sort((a, b) => a.time - b.time);
  }

  private remember(fill: VenueFill): boolean {
    const key = fillKey(fill);
    if (this.keys.has(key)) return false;
    this.keys.add(key);
    this.lastTime = Math.max(this.lastTime, fill.time);
    if (this.keys.size > this.keysMax) {
      const oldest = this.keys.values().next();
      if (!oldest.done) this.keys.delete(oldest.value);
    }
    return true;
  }
}
