import { price, type Size, size } from '@lockstep/kernel';
import { fillNotional, type LedgerTransaction, markupForOrder, postMarkup } from '@lockstep/ledger';
import { accrualSource, type FillRow, markupTermsOf, type NewRow } from '@lockstep/storage';
import type { EngineContext } from '../context';
import type { CopyRecord } from '../state/registry';

/**
 * The markup of a fill at a venue whose orders carry no builder fee: owed by the copy and invoiced, booked with the fill itself, so that a settlement that
 * holds the fill holds it too. It has the source under which the back office would charge a fill that has none, so neither charges twice.
 */
export function accrueMarkup(ctx: EngineContext, copy: CopyRecord, row: NewRow<FillRow>, before: Size): LedgerTransaction | null {
  if (copy.account.network.venue.capabilities.builderFee) return null;
  const version = ctx.feeTerms.versionAt(copy.group.scope, row.createdAt);
  if (version === null) return null;
  const quantity = size(row.side === 'buy' ? row.size : -row.size);
  const increases = before === 0n || before > 0n === quantity > 0n;
  return postMarkup({
    fillSource: accrualSource(row.id),
    copyId: copy.id,
    occurredAtMs: row.createdAt,
    coin: row.coin,
    notional: fillNotional(quantity, price(row.price)),
    asset: row.feeAsset,
    markupTenthsBp: markupForOrder(version, increases),
    terms: markupTermsOf(version),
  });
}
