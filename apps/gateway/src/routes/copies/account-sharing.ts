import type { VenueAccountId } from '@lockstep/kernel';
import {
  type CopySettings,
  decodeCopySettings,
  defaultCopySettings,
  leverageDiffers,
  mirrorsBeside,
  type Sharer,
  type SharingConflict,
  sharingConflict,
} from '@lockstep/roster';
import type { CopyRow, LeaderRow, ScopedUnit } from '@lockstep/storage';
import { type Refusal, refusal } from '../../http/problem-exception';

const REFUSALS: Readonly<Record<SharingConflict, Refusal>> = {
  full: refusal('venue_account_in_use', 'The venue account has as many running copies as it may; use another account.'),
  same_leader: refusal('leader_already_copied', 'A copy of this leader’s address runs on the venue account; use another account for a second one.'),
  leverage: refusal(
    'leverage_conflict',
    'Another copy of the venue account sets another leverage, and the venue knows one per account and instrument: use the same `venue_leverage`, other instruments, or another account.',
  ),
  orders: refusal('orders_conflict', 'A copy that mirrors orders has its venue account for itself: use another account, or the policy `positions`.'),
};

/** Why a copy may not join those that run on a venue account; null when it may. Call it with the account locked, so that copies join it one after another. */
export async function sharingRefusal(
  unit: ScopedUnit,
  venueAccountId: VenueAccountId,
  joining: { readonly leader: LeaderRow; readonly settings: unknown },
): Promise<Refusal | null> {
  const running = await sharersOf(unit, await unit.copies.runningOn(venueAccountId));
  const conflict = sharingConflict({ watchedNo: joining.leader.watchedNo, settings: settingsOf(joining.settings) }, running);
  return conflict === null ? null : REFUSALS[conflict];
}

/** Why a copy may not take these settings beside the others of its venue account; null when it may. */
export async function leverageRefusal(unit: ScopedUnit, copy: CopyRow, settings: unknown): Promise<Refusal | null> {
  // Locked, so that no copy joins between the look and the version. Whoever holds an account waits for no copy.
  await unit.venueAccounts.findOne({ id: copy.venueAccountId }, { lock: true });
  const others = (await unit.copies.runningOn(copy.venueAccountId)).filter(({ id }) => id !== copy.id);
  const sharers = await sharersOf(unit, others);
  const wanted = settingsOf(settings);
  if (sharers.some((other) => leverageDiffers(wanted, other.settings))) return REFUSALS.leverage;
  return sharers.some((other) => mirrorsBeside(wanted, other.settings)) ? REFUSALS.orders : null;
}

/** At most as many copies as an account may have: read one by one. */
async function sharersOf(unit: ScopedUnit, copies: readonly CopyRow[]): Promise<readonly Sharer[]> {
  const sharers: Sharer[] = [];
  for (const copy of copies) {
    const leader = await unit.leaders.findOne({ id: copy.leaderId });
    const version = await unit.copies.settings(copy.id, copy.settingsVersion);
    if (leader !== null && version !== null) sharers.push({ watchedNo: leader.watchedNo, settings: settingsOf(version.settings) });
  }
  return sharers;
}

/** Settings as stored. What cannot be read is traded by nobody: the defaults stand for it. */
function settingsOf(stored: unknown): CopySettings {
  const decoded = decodeCopySettings(stored);
  return decoded.ok ? decoded.value : defaultCopySettings();
}
