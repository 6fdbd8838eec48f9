import { clearinghouseJson, entryPx } from './clearinghouse';
import { formatUsd } from './decimals';
import { equityOf } from './equity';
import { type Exchange, usdc } from './exchange';
import type { Address, Json } from './port';
import type { Asset, Clearing } from './state';
import { fillJson, fundingDelta, px, statusJson, sz } from './wire';

/** All an auditor may want to know of one address, from the books themselves. Bounded by what the world keeps of orders and fills. */
export function truthOf(ex: Exchange, address: Address): Json | null {
  const account = ex.accounts.get(address);
  if (account === undefined) return null;
  return {
    address,
    time: ex.time,
    spotUsd: formatUsd(account.spot.get(usdc(ex)) ?? 0),
    spot: Object.fromEntries([...account.spot.keys()].map((token) => [token.spec.name, formatUsd(account.spot.get(token) ?? 0)])),
    abstraction: account.abstraction,
    master: account.master?.address ?? null,
    equity: formatUsd(equityOf(account)),
    volume: formatUsd(account.volume),
    agents: account.agents.map(({ address: agent, name, validUntil }) => ({ address: agent, name, validUntil })),
    dexes: [...account.clearings.values()].map((clearing) => ({
      dex: clearing.dex.spec.name,
      cash: formatUsd(clearing.cash),
      positions: positionsJson(clearing),
      state: clearinghouseJson(ex, account, clearing.dex),
    })),
    orders: account.orders.map(statusJson),
    fills: account.fills.map((fill) => fillJson(ex, fill)),
    fundings: account.fundings.map((payment) => ({ time: payment.time, ...fundingDelta(payment) })),
  };
}

/** Every mark of an asset that is still kept, oldest first: `[time, price]`. */
export const marksOf = (asset: Asset): Json => asset.markHistory.map(({ time, px: units }) => [time, px(asset, units)]);

const positionsJson = (clearing: Clearing): Json =>
  [...clearing.positions.values()].map((position) => ({
    coin: position.asset.coin,
    szi: sz(position.asset, position.lots),
    entryPx: entryPx(position.asset, position),
    cost: formatUsd(position.cost),
    rawUsd: formatUsd(position.rawUsd),
    isolated: position.isIsolated,
  }));
