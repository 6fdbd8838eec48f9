import type { Exchange } from './exchange';
import type { Fill, Twap, TwapChange, TwapFill, TwapStatus, VenueAccount } from './state';

/** What is kept of the TWAPs of one account: changes and slice fills, oldest first, bounded. */
export interface TwapRecord {
  readonly changes: TwapChange[];
  readonly fills: TwapFill[];
}

const CHANGES_KEPT = 2_000;
const FILLS_KEPT = 2_000;

function recordOf(ex: Exchange, owner: VenueAccount): TwapRecord {
  const known = ex.twapRecords.get(owner);
  if (known !== undefined) return known;
  const fresh: TwapRecord = { changes: [], fills: [] };
  ex.twapRecords.set(owner, fresh);
  return fresh;
}

/** Writes down that a TWAP began or ended, and tells its owner's subscribers. */
export function noteTwap(ex: Exchange, twap: Twap, status: TwapStatus, description: string | null = null): void {
  const { owner, executedLots, executedUsd } = twap;
  const change: TwapChange = { twap, time: ex.time, status, description, executedLots, executedUsd };
  keep(recordOf(ex, owner).changes, change, CHANGES_KEPT);
  owner.topic?.twapChanges.push(change);
}

/** Writes down a fill of a slice. */
export function noteTwapFill(ex: Exchange, twap: Twap, fill: Fill): void {
  const sliceFill: TwapFill = { twapId: twap.id, fill };
  keep(recordOf(ex, twap.owner).fills, sliceFill, FILLS_KEPT);
  twap.owner.topic?.twapFills.push(sliceFill);
}

function keep<T>(list: T[], item: T, most: number): void {
  list.push(item);
  if (list.length > 2 * most) list.splice(0, list.length - most);
}
