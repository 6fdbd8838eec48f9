import type { CopyId, FollowerId, LeaderId } from '@lockstep/kernel';
import { consentRefusal, entitledUntil } from '@lockstep/roster';
import type { TenantUnit } from './platform-store';

/** Who writes. */
export const ACTOR = 'simulation';

/** What a copy begins with: the version its follower consents to (0: none is needed), and commands on what it has to wait for. */
interface BeginsWith {
  readonly version: number;
  readonly needs: readonly string[];
}
export const NO_RIGHTS: BeginsWith = { version: 0, needs: [] };

/** What a copy of a leader begins with, as the gateway asks for it; null: it is refused. */
export async function rightsToBegin(unit: TenantUnit, leaderId: LeaderId, followerId: FollowerId): Promise<BeginsWith | null> {
  const leader = await unit.leaders.findOne({ id: leaderId });
  if (leader === null) return null;
  const entitlement = leader.access === 'everyone' ? null : await unit.entitlements.findOne({ leaderId, followerId });
  if (entitledUntil(leader.access, entitlement) <= unit.now) return null;
  const terms = await unit.leaderTerms.of([leaderId]);
  const version = terms.at(-1)?.version ?? 0;
  return consentRefusal(terms, version === 0 ? null : version, unit.now) === null
    ? { version, needs: entitlement === null ? [] : [entitlement.id] }
    : null;
}

export const consent = (unit: TenantUnit, copyId: CopyId, leaderId: LeaderId, version: number): Promise<void> =>
  unit.copyConsents.insert({ copyId, leaderId, version, actor: ACTOR, consentedAt: unit.now });
