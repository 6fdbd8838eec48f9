import type { EpochMs } from '@lockstep/kernel';
import type { CopyTrack } from './copies';
import type { ValueSeen } from './losses';
import { lookAtShared } from './shared-told';
import type { AuditState } from './state';
import { lookAtLimits } from './state-limits';

/**
 * Values copies at marks. Marks of one moment are one look: between two of them a copy would have a value nobody ever saw. So they wait until time or
 * process goes on, and cost one valuation for each copy that holds one of the coins.
 */
export class Valuations {
  private at: EpochMs = Number.NEGATIVE_INFINITY;
  private process = '';
  private readonly coins = new Set<string>();
  private readonly changed = new Set<CopyTrack>();
  judged = 0;
  breaches = 0;

  constructor(private readonly state: AuditState) {}

  mark(process: string, coin: string, at: EpochMs): void {
    if (at !== this.at || process !== this.process) this.flush();
    this.at = at;
    this.process = process;
    this.coins.add(coin);
  }

  /** A fill or a charge became known of an account: its copies' equity is another, though no mark came. */
  told(account: string, process: string, at: EpochMs): void {
    if (at !== this.at || process !== this.process) this.flush();
    this.at = at;
    this.process = process;
    for (const copy of this.state.copiesByAccount.get(account) ?? []) this.changed.add(copy);
  }

  /** An order's answer tells what filled and at which price: its copy is worth something else from here on, before a mark or a fill is told. */
  answered(cloid: string, process: string, at: EpochMs): void {
    const { state } = this;
    const copy = state.copies.get(state.orders.get(cloid)?.copyId ?? '');
    const value = copy?.value((coin) => state.priceOf(process, coin)) ?? null;
    if (copy !== undefined && value !== null) addEquity(copy, value, at);
  }

  /** Everything that waits is valued now. */
  flush(): void {
    if (this.coins.size === 0 && this.changed.size === 0) return;
    const holding = new Set<CopyTrack>();
    for (const coin of this.coins) {
      for (const copy of this.state.holders.of(coin)) {
        // What was just entered or closed is held by the word of fills alone, or by that of answers: it may be looked at, and need not.
        const { real, told } = copy.holding(coin);
        if (real.position !== 0n && told.position !== 0n) holding.add(copy);
        else this.changed.add(copy);
      }
    }
    for (const copy of holding) this.value(copy, true);
    for (const copy of this.changed) if (!holding.has(copy)) this.value(copy, false);
    if (!this.state.settling(this.process, this.at)) lookAtShared(this.state, holding, this.process, this.at);
    this.coins.clear();
    this.changed.clear();
  }

  private value(copy: CopyTrack, byMark: boolean): void {
    const { state, process, at } = this;
    copy.fundingBooked(at, state.options.fundingBookMs);
    const value = copy.value((coin) => state.priceOf(process, coin));
    if (value === null) return;
    addEquity(copy, value, at);
    const valuation = {
      at,
      process,
      // An order's answer tells of a fill before its fee is known.
      high: value.most + value.feesUntold + copy.chargesUntold + copy.chargesDoubt,
      low: value.least - value.feesUntold - copy.chargesUntold - copy.chargesDoubt,
      allocation: copy.terms.money,
      dayBeginsMs: copy.copy.dayBeginsMs,
      prices: () => pricesOf(state, process, copy),
    };
    if (!byMark) copy.losses.ease(valuation, copy.terms.losses, state.options.lossMargin);
    if (!byMark || isOver(copy) || state.settling(process, at)) return;
    lookAtLimits(state, copy, process, at, valuation.prices);
    if (copy.ownShare) return;
    this.judged += 1;
    if (copy.losses.value(valuation, copy.terms.losses, state.options.lossMargin)) this.breaches += 1;
  }
}

/** Whose part of a charge it was may not be known: then it is the copy's, or not. */
function addEquity(copy: CopyTrack, { real, told }: ValueSeen, at: EpochMs): void {
  copy.equity.add(at, Math.min(real, told) - copy.chargesDoubt, Math.max(real, told) + copy.chargesDoubt);
}

/** Nobody watches over what is the follower's own, or is about to be (product §2.11). */
const isOver = ({ state }: CopyTrack): boolean => state === 'stopped' || state === 'handing_over';

function pricesOf(state: AuditState, process: string, copy: CopyTrack): string {
  const held = [...copy.holdings.values()].filter((holding) => holding.real.units !== 0);
  return held.map((holding) => `${holding.coin} ${state.priceOf(process, holding.coin)}`).join(' ');
}
