import type { EpochMs } from '@lockstep/kernel';

/** Charges are kept by their moments for so long; nobody asks for older ones. */
const CHARGES_KEPT_MS = 60_000;
/** What a copy has of a charge by its own quantity, and by how much the venue's own rounding may make that another. */
export interface ChargeShare {
  readonly copyId: string;
  readonly amount: bigint;
  readonly doubt: bigint;
}

/** What the venue charged one account in funding, above zero received. */
export class AccountCharges {
  private sum = 0n;
  private readonly told = new Set<string>();
  /** The newest charges, by the venue's moment. */
  private readonly newest = new Map<EpochMs, bigint>();
  /** What is whose beyond doubt, of charges on several copies, by coin and moment. */
  readonly shares = new Map<string, readonly ChargeShare[]>();

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
