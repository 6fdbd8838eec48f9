import type { CopyId, VenueAccountId } from '@lockstep/kernel';
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
import { type CopyRow, type LeaderRow, type ScopedUnit, settingsInForce } from '@lockstep/storage';
import type { ItemRefusal } from '../../http/bulk';
import { type Refusal, refusal } from '../../http/problem-exception';

const REFUSALS: Readonly<Record<SharingConflict, Refusal>> = {
  full: refusal('venue_account_in_use', 'The venue account has as many running copies as it may; use another account.'),
  same_leader: refusal(
    'leader_already_copied',
    'A copy of this leader’s address runs on the venue account, or waits to begin there: stop it, or use another account for a second one.',
  ),
  leverage: refusal(
    'leverage_conflict',
    'Another copy of the venue account sets another leverage, and the venue knows one per account and instrument: use the same `venue_leverage`, other instruments, or another account.',
  ),
  orders: refusal('orders_conflict', 'A copy that mirrors orders has its venue account for itself: use another account, or the policy `positions`.'),
};

/** A copy that shares an account. */
interface AccountSharer extends Sharer {
  readonly copyId: CopyId;
}

/** A copy that asks to join an account. */
interface Joining {
  readonly leader: LeaderRow;
  readonly settings: unknown;
}

/** Who shares the accounts that copies are to join, those that join by and by included. Make it with the accounts locked, so that no other copy joins meanwhile. */
export class AccountSharers {
  constructor(private readonly running: Map<VenueAccountId, AccountSharer[]>) {}

  /** Why a copy may not join those that run on the account, and the one that stands in its way where it is one; null when it may. */
  refusal(venueAccountId: VenueAccountId, { leader: { watchedNo }, settings }: Joining): ItemRefusal | null {
    const sharers = this.running.get(venueAccountId) ?? [];
    const conflict = sharingConflict({ watchedNo, settings: settingsOf(settings) }, sharers);
    if (conflict === null) return null;
    const existing = conflict === 'same_leader' ? sharers.find((one) => one.watchedNo === watchedNo) : undefined;
    return { ...REFUSALS[conflict], ...(existing !== undefined && { existingId: existing.copyId }) };
  }

  join(venueAccountId: VenueAccountId, { copyId, leader: { watchedNo }, settings }: Joining & { readonly copyId: CopyId }): void {
    const sharers = this.running.get(venueAccountId) ?? [];
    sharers.push({ copyId, watchedNo, settings: settingsOf(settings) });
    this.running.set(venueAccountId, sharers);
  }
}

/** Who shares these accounts: three statements, however many. */
export async function sharersOfAccounts(unit: ScopedUnit, venueAccountIds: readonly VenueAccountId[]): Promise<AccountSharers> {
  const copies = await unit.copies.runningOnAll(venueAccountIds);
  const sharers = await sharersOf(unit, copies);
  const accountOf = new Map(copies.map(({ id, venueAccountId }) => [id, venueAccountId]));
  const running = new Map<VenueAccountId, AccountSharer[]>();
  for (const sharer of sharers) {
    const account = accountOf.get(sharer.copyId);
    if (account !== undefined) running.set(account, [...(running.get(account) ?? []), sharer]);
  }
  return new AccountSharers(running);
}

/** Why a copy may not take these settings beside the others of its venue account; null when it may. */
export async function settingsRefusal(unit: ScopedUnit, copy: CopyRow, settings: unknown): Promise<Refusal | null> {
  // Locked, so that no copy joins between the look and the version. Whoever holds an account waits for no copy.
  await unit.venueAccounts.findOne({ id: copy.venueAccountId }, { lock: true });
  const others = (await unit.copies.runningOn(copy.venueAccountId)).filter(({ id }) => id !== copy.id);
  const sharers = await sharersOf(unit, others);
  const wanted = settingsOf(settings);
  if (sharers.some((other) => leverageDiffers(wanted, other.settings))) return REFUSALS.leverage;
  return sharers.some((other) => mirrorsBeside(wanted, other.settings)) ? REFUSALS.orders : null;
}

async function sharersOf(unit: ScopedUnit, copies: readonly CopyRow[]): Promise<readonly AccountSharer[]> {
  const leaders = await unit.leaders.of(copies.map(({ leaderId }) => leaderId));
  const versions = await settingsInForce(unit, copies);
  return copies.flatMap(({ id, leaderId }) => {
    const [leader, version] = [leaders.get(leaderId), versions.get(id)];
    return leader === undefined || version === undefined ? [] : [{ copyId: id, watchedNo: leader.watchedNo, settings: settingsOf(version.settings) }];
  });
}

/** Settings as stored. What cannot be read is traded by nobody: the defaults stand for it. */
function settingsOf(stored: unknown): CopySettings {
  const decoded = decodeCopySettings(stored);
  return decoded.ok ? decoded.value : defaultCopySettings();
}
