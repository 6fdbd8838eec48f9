import { type AuditState, fillKey } from '../book/state';
import type { CalmSnapshot, FillRow } from '../calm';
import type { CrossMade } from '../observations';
import { sizeText } from './judged-order';

/** Each cross is booked as one fill of the buyer and one of the seller, at its price and without a fee, and nothing else is (product §2.6). */
export function checkCrossed(state: AuditState, snapshot: CalmSnapshot): void {
  const rows = new Map<string, FillRow[]>();
  for (const row of snapshot.fills) {
    if (row.internal === undefined) continue;
    const key = fillKey(row.account, row.coin, row.tradeId);
    const list = rows.get(key);
    if (list === undefined) rows.set(key, [row]);
    else list.push(row);
    if (!state.crosses.has(key))
      state.report('fill_invented', snapshot.at, row.copyId, null, `${key} is booked inside its account, and no cross of it was made`);
  }
  for (const [key, cross] of state.crosses) checkSides(state, snapshot.at, key, cross, rows.get(key) ?? []);
}

function checkSides(state: AuditState, at: number, key: string, cross: CrossMade, rows: readonly FillRow[]): void {
  const sides = [
    ['buy', cross.buyerId],
    ['sell', cross.sellerId],
  ] as const;
  for (const [side, copyId] of sides) {
    const [row, ...more] = rows.filter(({ internal }) => internal === side);
    const named = `the ${side} of cross ${key} (${sizeText(cross.size)})`;
    if (row === undefined) state.report('fill_lost', at, copyId, null, `${named} is not booked`);
    else if (more.length > 0) state.report('fill_booked_twice', at, copyId, null, `${named} is booked ${more.length + 1} times`);
    else if (row.copyId !== copyId) state.report('other_scope', at, copyId, null, `${named} of copy ${copyId} is booked for copy ${row.copyId}`);
    else if (row.size !== cross.size || row.price !== cross.price || row.fee !== 0n)
      state.report('money_wrong', at, copyId, null, `${named} is booked with size ${row.size}, price ${row.price}, fee ${row.fee}`);
  }
}
