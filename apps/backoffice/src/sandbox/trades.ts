import { wireTime } from '@lockstep/delivery';
import { failed, repeatable } from './task-end';
import type { TradeOutcome, WorldControl, WorldTrade } from './world-control';

interface AskedTrade extends Omit<WorldTrade, 'price'> {
  readonly price?: string | undefined;
}

/** Trades with the prices they are made at: the mark where none is asked for. Sizes and prices are cut to what the instrument has. */
export async function tradesAtMark(worlds: WorldControl, world: string, trades: readonly AskedTrade[]): Promise<readonly WorldTrade[]> {
  const priced: WorldTrade[] = [];
  for (const { address, coin, side, size, price } of trades) {
    const market = await repeatable(worlds.market(world, coin), 'unknown_coin');
    if (market === null) throw failed('unknown_coin');
    const cut = { size: cutTo(size, market.sizeDecimals), price: cutTo(price ?? market.mark, market.priceDecimals) };
    if (Number(cut.size) === 0 || Number(cut.price) === 0) throw failed('trade_refused');
    priced.push({ address, coin, side, ...cut });
  }
  return priced;
}

/** A plain decimal without the digits beyond so many. */
export function cutTo(decimal: string, decimals: number): string {
  const [whole = '0', fraction = ''] = decimal.split('.');
  const kept = fraction.slice(0, decimals).replace(/0+$/, '');
  return kept === '' ? whole : `${whole}.${kept}`;
}

/** What became of a trade, for a task's result. */
export function outcomeBody(outcome: TradeOutcome | undefined): object {
  if (outcome === undefined) return { refused: 'not tried' };
  return 'error' in outcome ? { refused: outcome.error } : { time: wireTime(outcome.time) };
}
