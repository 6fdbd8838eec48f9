import { bestLevel } from './book';
import { clearingOf, type Exchange, mainDex } from './exchange';
import { take } from './matching';
import { admitOrder, endByVenue, endOrder, noteStatus } from './order';
import type { Position } from './state';
import type { Vault } from './vault-state';

/** Ends a vault's orders and sells at market the part of each position that `shares` are of all its shares, rounded up to lots. */
export function closeShare(ex: Exchange, vault: Vault, shares: number): void {
  for (const order of [...vault.account.open.values()]) endByVenue(ex, order, 'vaultWithdrawalCanceled');
  const { positions } = clearingOf(vault.account, mainDex(ex));
  for (const position of [...positions.values()]) reduce(ex, position, Math.ceil((Math.abs(position.lots) * shares) / vault.shares));
}

function reduce(ex: Exchange, { asset, clearing, lots: held }: Position, lots: number): void {
  const isBuy = held < 0;
  const best = bestLevel(isBuy ? asset.asks : asset.bids);
  if (best === null) return;
  const px = isBuy ? 2 * asset.markPx : Math.max(1, Math.floor(asset.markPx / 2));
  const order = admitOrder(ex, {
    owner: clearing.owner,
    asset,
    isBuy,
    px,
    lots: Math.min(lots, Math.abs(held)),
    tif: 'FrontendMarket',
    reduceOnly: true,
    cloid: null,
    builder: null,
    trigger: null,
  });
  noteStatus(ex, order, 'open');
  take(ex, order);
  if (order.lots === 0) noteStatus(ex, order, 'filled');
  else endOrder(ex, order, 'canceled');
}
