import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { consentDueAt, type Entitlement, entitledUntil, type TermsVersion } from '@lockstep/roster';
import type { EntitlementRow, LeaderTermsRow } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';
import type { CopyRecord, Registry } from './registry';

/** An entitlement of memory; one that was revoked is none. */
export interface KnownEntitlement extends Entitlement {
  readonly id: string;
}

/** Whose rights are asked for. */
interface RightsOf {
  readonly scope: TenantScope;
  readonly leaderId: string;
  readonly followerId: string;
}

/** Entitlements and published terms of every scope, as last read. What a copy may do by them stands in its columns (`putRights`). */
export class Rights {
  private readonly entitlements = new Map<string, KnownEntitlement>();
  private readonly terms = new Map<string, readonly TermsVersion[]>();

  /** Takes an entitlement as it stands. */
  takeEntitlement(scope: TenantScope, { id, leaderId, followerId, until, revokedAt }: EntitlementRow): void {
    const key = pairKey({ scope, leaderId, followerId });
    if (revokedAt === null) this.entitlements.set(key, { id, until, revokedAt });
    else this.entitlements.delete(key);
  }

  /** Takes versions of a leader's terms; they are added alone, and never change. Those that bound as they were published bind, however far our clock is behind. */
  takeTerms(scope: TenantScope, rows: readonly LeaderTermsRow[]): void {
    for (const { leaderId, version, bindingFrom, createdAt } of rows) {
      const key = `${scopeKey(scope)} ${leaderId}`;
      const known = this.terms.get(key) ?? [];
      if (known.some((one) => one.version === version)) continue;
      this.terms.set(key, [...known, { version, bindingFrom: bindingFrom <= createdAt ? 0 : bindingFrom }]);
    }
  }

  entitlement(of: RightsOf): KnownEntitlement | null {
    return this.entitlements.get(pairKey(of)) ?? null;
  }

  termsOf(scope: TenantScope, leaderId: string): readonly TermsVersion[] {
    return this.terms.get(`${scopeKey(scope)} ${leaderId}`) ?? [];
  }
}

const pairKey = ({ scope, leaderId, followerId }: RightsOf): string => `${scopeKey(scope)} ${leaderId} ${followerId}`;

/** What a copy's rights are now known to be. */
export function rightsOf(rights: Rights, { group, followerId, consentedTo }: Pick<CopyRecord, 'group' | 'followerId' | 'consentedTo'>) {
  const entitlement = rights.entitlement({ ...group, followerId });
  return {
    entitledUntil: entitledUntil(group.access ?? 'everyone', entitlement),
    consentDueAt: consentDueAt(rights.termsOf(group.scope, group.leaderId), consentedTo),
  };
}

/** When the next right of a running copy ends, after `now`. */
export function nextRightEnd({ copies }: Pick<Registry, 'copies'>, now: EpochMs): EpochMs {
  let next = Number.POSITIVE_INFINITY;
  for (const { watched, row } of copies.values()) {
    const { entitledUntil: until, consentDueAt: due } = watched.book.copies;
    for (const at of [until[row] ?? 0, due[row] ?? 0]) if (at > now && at < next) next = at;
  }
  return next;
}
