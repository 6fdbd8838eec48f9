import { type Timer } from '@lockstep/kernel';
import type { CopyBook, InstrumentSheet } from '@lockstep/replication';
import type { EngineContext } from '../context';
import type { Network } from '../state/networks';

/**
 * Tells each network the coins whose book matters: first those that copies hold or have orders in, because exits are bounded from the book, then those
 * a leader stands in, then those it traded before where its waves may be spread: their books have to be known before it trades again. Where there are more than the
 * network streams, the mark stands in for the rest.
 */
export class QuoteFollower {
  private timer: Timer | null = null;

  constructor(private readonly ctx: EngineContext) {}

  start(): void {
    this.timer ??= this.ctx.timers.every(this.ctx.limits.quoteFollowMs, () => this.look());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  look(): void {
    for (const [network, coins] of this.coinsByNetwork()) {
      const followed = network.quoteWatch.follow([...new Set([...coins.held, ...coins.led, ...coins.deep])], [...coins.deep]);
      network.quotes.keep(followed);
    }
  }

  private coinsByNetwork(): Map<Network, CoinsFollowed> {
    const found = new Map<Network, CoinsFollowed>();
    for (const { network, book } of this.ctx.registry.watched.values()) {
      const coins = found.get(network) ?? { held: new Set<string>(), led: new Set<string>(), deep: new Set<string>() };
      found.set(network, coins);
      for (const sheet of book.allSheets()) {
        const { coin } = sheet.instrument;
        if (book.hasSpreads) coins.deep.add(coin);
        if (coins.held.has(coin)) continue;
        if (isHeld(book, sheet)) coins.held.add(coin);
        else if (sheet.leaderLots !== 0) coins.led.add(coin);
      }
    }
    return found;
  }
}

/** Coins of one network by why they are followed; `deep`: whole books of them. */
interface CoinsFollowed {
  readonly held: Set<string>;
  readonly led: Set<string>;
  readonly deep: Set<string>;
}

/** Whether some copy has a position, a target or an order in flight in the instrument. */
function isHeld(book: CopyBook, { rows }: InstrumentSheet): boolean {
  for (let row = 0; row < book.rowCount; row += 1)
    if (rows.position[row] !== 0 || rows.target[row] !== 0 || rows.pendingBuy[row] !== 0 || rows.pendingSell[row] !== 0) return true;
  return false;
}
