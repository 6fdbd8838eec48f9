import { abs, type EpochMs } from '@lockstep/kernel';
import type { WorldObservation } from '../observations';
import type { CopyTrack } from './copies';
import { entryOf } from './entry-of';
import type { AuditState } from './state';

/** Charges are kept by their moments for so long; nobody asks for older ones. */
const CHARGES_KEPT_MS = 60_000;
/** A position that changed so shortly before a charge was told may have been another at its moment. */
const UNSURE_MS = 2_000;
/** Finest step of the venue's own figure, 10^-8. */
const STEP = 100n;

/** What the venue charged one account in funding, above zero received. */
export class AccountCharges {
  private sum = 0n;
  private readonly told = new Set<string>();
  /** The newest charges, by the venue's moment. */
  private readonly newest = new Map<EpochMs, bigint>();

  /** False: it was told before. */
  add(coin: string, time: EpochMs, amount: bigint): boolean {
    const key = `${coin} ${time}`;
    if (this.told.has(key)) return false;
    this.told.add(key);
    this.sum += amount;
    this.newest.set(time, (this.newest.get(time) ?? 0n) + amount);
    for (const moment of this.newest.keys()) if (moment < time - CHARGES_KEPT_MS) this.newest.delete(moment);
    return true;
  }

  /** What may be booked of it where charges after `since` may not be read yet: they are read in the order of their moments. */
  booked(since: EpochMs): readonly bigint[] {
    const sums = [this.sum];
    let left = this.sum;
    for (const moment of [...this.newest.keys()].filter((time) => time > since).sort((a, b) => b - a)) {
      left -= this.newest.get(moment) ?? 0n;
      sums.push(left);
    }
    return sums;
  }
}

type Charge = Extract<WorldObservation, { kind: 'world_funding' }>;

/** Books a charge: each copy of the account has what its own quantity costs, together the venue's row (product §2.6, §5). */
export function keepCharge(state: AuditState, { account, coin, time, amount, at }: Charge): void {
  const copies = state.copiesByAccount.get(account) ?? [];
  if (copies.length > 0 && !entryOf(state.charges, account, () => new AccountCharges()).add(coin, time, amount)) return;
  // One that was alone on its account has all of it.
  if (copies.length === 1) {
    for (const copy of copies) copy.fundingCharged(coin, time, amount);
    return;
  }
  const net = state.nets.get(`${account} ${coin}`) ?? 0n;
  const unsure = net === 0n || copies.some((copy) => (copy.holdings.get(coin)?.changedAt ?? 0) > at - UNSURE_MS);
  for (const copy of copies.filter((each) => each.state !== 'stopped' || each.stateAt > at - UNSURE_MS)) {
    const held = heldOf(copy, coin);
    const part = net === 0n ? 0n : (amount * held) / net;
    copy.fundingCharged(coin, time, part);
    const step = net === 0n ? 0n : (STEP * abs(held)) / abs(net) + 1n;
    copy.chargesDoubt += Number(step + (unsure ? abs(amount) + abs(part) : 0n)) / 1e8;
    if (unsure) copy.chargesUnsure = true;
  }
}

const heldOf = (copy: CopyTrack, coin: string): bigint => copy.holdings.get(coin)?.real.position ?? 0n;
