import { type CopySettings, filterAdmits } from './copy-settings';
import { intersect } from './settings-chain';

/** Copies that may run on one venue account at a time. A follower who wants them apart gives each an account of its own. */
export const COPIES_PER_VENUE_ACCOUNT_MAX = 8;

/** A copy as far as sharing an account with it goes. */
export interface Sharer {
  /** Whom it follows: leaders of several names may stand for one watched account. */
  readonly watchedNo: bigint;
  readonly settings: Pick<CopySettings, 'venueLeverage' | 'instruments' | 'policy'>;
}

/**
 * Why a copy cannot share an account. `full`: it has as many copies as it may. `same_leader`: it follows that watched account already, and which of the two
 * a position belonged to would be nobody's wish. `leverage`: the venue knows one leverage per account and coin, and the copies want two. `orders`: one of
 * them mirrors orders, and an order that stands reduce-only could close what another copy holds.
 */
export type SharingConflict = 'full' | 'same_leader' | 'leverage' | 'orders';

/** The first conflict of a copy with those that run on its account; null: it may join them. Margin modes never differ: the instrument decides them. */
export function sharingConflict(joining: Sharer, running: readonly Sharer[]): SharingConflict | null {
  if (running.length >= COPIES_PER_VENUE_ACCOUNT_MAX) return 'full';
  if (running.some(({ watchedNo }) => watchedNo === joining.watchedNo)) return 'same_leader';
  if (running.some(({ settings }) => leverageDiffers(joining.settings, settings))) return 'leverage';
  return running.some(({ settings }) => mirrorsBeside(joining.settings, settings)) ? 'orders' : null;
}

/** True when one of two copies of an account mirrors orders. */
export const mirrorsBeside = (a: Sharer['settings'], b: Sharer['settings']): boolean => a.policy === 'orders' || b.policy === 'orders';

/** True when two copies of one account would set different leverage on a coin both may trade. */
export function leverageDiffers(
  a: Pick<Sharer['settings'], 'venueLeverage' | 'instruments'>,
  b: Pick<Sharer['settings'], 'venueLeverage' | 'instruments'>,
): boolean {
  if (a.venueLeverage === b.venueLeverage) return false;
  const both = intersect(a.instruments, b.instruments);
  return both.kind !== 'only' || both.coins.some((coin) => filterAdmits(both, coin));
}
