import { abs, type EpochMs } from '@lockstep/kernel';
import type { WorldObservation } from '../observations';
import { AccountCharges, type ChargeShare } from './charges';
import type { CopyTrack } from './copies';
import { entryOf } from './entry-of';
import type { AuditState } from './state';

/** A position that changed so shortly before a charge was told may have been another at its moment. */
const UNSURE_MS = 2_000;
/** Finest step of the venue's own figure, 10^-8. */
const STEP = 100n;

type Charge = Extract<WorldObservation, { kind: 'world_funding' }>;

/** Books a charge: each copy of the account has what its own quantity costs, together the venue's row (product §2.6, §5). */
export function keepCharge(state: AuditState, { account, coin, time, amount, at }: Charge): void {
  const copies = state.copiesByAccount.get(account) ?? [];
  const charges = entryOf(state.charges, account, () => new AccountCharges());
  if (copies.length > 0 && !charges.add(coin, time, amount)) return;
  // One that was alone on its account has all of it.
  const [only] = copies;
  if (copies.length === 1 && only !== undefined && only.state !== 'stopped') {
    only.fundingCharged(coin, time, amount);
    return;
  }
  // The venue charges at the beginning of a block: what fills in it comes after.
  const changedSince = copies.map((copy) => heldNow(copy, coin) - heldAt(copy, coin, time));
  const net = changedSince.reduce((left, change) => left - change, state.nets.get(`${account} ${coin}`) ?? 0n);
  const isNew = (copy: CopyTrack): boolean =>
    (copy.holdings.get(coin)?.changedAt ?? 0) > at - UNSURE_MS || (copy.state === 'stopped' && copy.stateAt > at - UNSURE_MS);
  const unsure = net === 0n || copies.some(isNew);
  const shares: ChargeShare[] = [];
  for (const copy of copies.filter((each) => each.state !== 'stopped' || each.stateAt > at - UNSURE_MS)) {
    const held = heldAt(copy, coin, time);
    const part = net === 0n ? 0n : (amount * held) / net;
    copy.fundingCharged(coin, time, part);
    const step = net === 0n ? 0n : (STEP * abs(held)) / abs(net) + 1n;
    copy.chargesDoubt += Number(step + (unsure ? abs(amount) + abs(part) : 0n)) / 1e8;
    if (unsure) copy.chargesUnsure = true;
    if (copy.holdings.get(coin)?.foreign !== true) shares.push({ copyId: copy.copy.copyId, amount: part, doubt: step });
  }
  if (!unsure) charges.shares.set(`${coin} ${time}`, shares);
}

const heldNow = (copy: CopyTrack, coin: string): bigint => copy.holdings.get(coin)?.real.position ?? 0n;
const heldAt = (copy: CopyTrack, coin: string, moment: EpochMs): bigint => copy.holdings.get(coin)?.heldBefore(moment) ?? 0n;
