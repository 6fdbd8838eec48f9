import { formatSize, fromLots, money, notional, price, size } from '@lockstep/kernel';
import { postFill } from '@lockstep/ledger';
import type { InstrumentSheet } from '@lockstep/replication';
import { recordFollowerClose, savePositionStates } from '@lockstep/storage';
import type { EngineContext } from '../context';
import { newEvent } from '../new-event';
import { bookFill } from '../state/copy-ledger';
import { intentOf } from '../state/intent';
import type { CopyRecord } from '../state/registry';
import type { Bookkeeper } from './bookkeeper';
import { positionStateOf } from './position-state-of';

/**
 * Books what a follower (or a liquidation) closed against the copy: the copy's position falls at the mark of the moment, because the venue's fill belongs
 * to the account and not to an order of ours. The episode stays closed until the leader is flat.
 */
export async function bookUserClose(
  ctx: EngineContext,
  books: Bookkeeper,
  copy: CopyRecord,
  sheet: InstrumentSheet,
  signedLots: number,
): Promise<void> {
  const { instrument } = sheet;
  const { coin } = instrument;
  const intent = intentOf(sheet, copy.row);
  const at = ctx.clock.now();
  const before = ctx.booked.newestIntent(copy.no, coin);
  ctx.booked.hand(copy.no, coin, intent);
  const written = books.run(copy.group.scope, async () => {
    const kept = ctx.booked.get(copy.no, coin);
    const quantity = size(fromLots(instrument, Math.abs(signedLots)) * (signedLots < 0 ? -1n : 1n));
    const markPrice = price(BigInt(sheet.mark > 0 ? sheet.mark : 1));
    const { after, closedPnl } = bookFill(kept.booked, quantity, markPrice, money(0n));
    const transaction = postFill({
      source: `user_close:${copy.account.no}:${coin}:${at}`,
      copyId: copy.id,
      occurredAtMs: at,
      coin,
      notional: notional(size(quantity < 0n ? -quantity : quantity), markPrice, 'zero'),
      asset: instrument.collateral,
      closedPnl,
      feeAsset: instrument.collateral,
      fee: money(0n),
      builderFee: money(0n),
      markup: null,
    });
    const state = positionStateOf(copy.no, instrument, after, intent);
    await ctx.storage.scoped(copy.group.scope, async (unit) => {
      await savePositionStates(unit, [state]);
      await recordFollowerClose(unit, { copyNo: copy.no, coin, closedAtMs: at, quantity });
      if (transaction !== null) await unit.ledger.post([transaction]);
      await unit.events.append([
        newEvent(ctx, 'position.changed', at, {
          copy_id: copy.id,
          coin,
          position: formatSize(size(state.position)),
          target: formatSize(size(state.target)),
          average_entry: null,
          dust_pending: state.dust,
        }),
      ]);
    });
    ctx.booked.set(copy.no, coin, { booked: after, intent });
  });
  await written.catch((failure: unknown) => {
    // Not written after all; one that was handed meanwhile stands.
    if (ctx.booked.newestIntent(copy.no, coin) === intent) ctx.booked.hand(copy.no, coin, before);
    throw failure;
  });
}
