import type { CopyTrack } from './copies';
import { entryOf } from './entry-of';
import type { Holding } from './holding';

/** Which copies hold something of a coin, so that a mark asks these alone. */
export class HoldingIndex {
  private readonly holders = new Map<string, Set<CopyTrack>>();
  private static readonly NOBODY: ReadonlySet<CopyTrack> = new Set();

  update(copy: CopyTrack, holding: Holding): void {
    const holders = entryOf(this.holders, holding.coin, () => new Set<CopyTrack>());
    if (holding.real.position === 0n && holding.told.position === 0n) holders.delete(copy);
    else holders.add(copy);
  }

  of(coin: string): ReadonlySet<CopyTrack> {
    return this.holders.get(coin) ?? HoldingIndex.NOBODY;
  }
}
