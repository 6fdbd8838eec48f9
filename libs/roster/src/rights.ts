import type { EpochMs } from '@lockstep/kernel';

// Whether a follower may copy a leader, and on which published terms: the two rights a copy needs for new risk. Exits need neither.

/** Who may copy a leader: everyone of the brand, or whom the brand granted it. */
export const LEADER_ACCESS = ['everyone', 'granted'] as const;
export type LeaderAccess = (typeof LEADER_ACCESS)[number];

/** Farther than any right goes; a safe integer. */
export const NO_END: EpochMs = Number.MAX_SAFE_INTEGER;

/** A follower's entitlement to copy a leader, as it stands. */
export interface Entitlement {
  /** It ends with this moment; null: with none. */
  readonly until: EpochMs | null;
  readonly revokedAt: EpochMs | null;
}

/** A version of a leader's published terms. It binds from its moment on, together with every version before it. */
export interface TermsVersion {
  readonly version: number;
  readonly bindingFrom: EpochMs;
}

/** Moment from which on a follower may not copy a leader any more: it is entitled before it alone. 0: it is not entitled; {@link NO_END}: without end. */
export function entitledUntil(access: LeaderAccess, entitlement: Entitlement | null): EpochMs {
  if (access === 'everyone') return NO_END;
  if (entitlement === null || entitlement.revokedAt !== null) return 0;
  return entitlement.until ?? NO_END;
}

/** Whether an entitlement counts at a moment, whoever else may copy the leader. */
export const isEntitled = (entitlement: Entitlement | null, at: EpochMs): boolean => entitledUntil('granted', entitlement) > at;

/** The first terms, of all that are published, which a copy's consent does not cover; null: it covers all. `consentedTo`: newest version consented to, 0 for none. */
export function firstUncovered<T extends TermsVersion>(terms: readonly T[], consentedTo: number): T | null {
  let first: T | null = null;
  for (const one of terms) if (one.version > consentedTo && (first === null || one.bindingFrom < first.bindingFrom)) first = one;
  return first;
}

/** Moment from which on a copy may take no new risk for want of consent; {@link NO_END}: its consent covers all that is published. */
export const consentDueAt = (terms: readonly TermsVersion[], consentedTo: number): EpochMs =>
  firstUncovered(terms, consentedTo)?.bindingFrom ?? NO_END;

/** The newest terms in force at a moment; null: none are. */
export function termsInForce<T extends TermsVersion>(terms: readonly T[], at: EpochMs): T | null {
  let newest: T | null = null;
  for (const one of terms) if (one.bindingFrom <= at && (newest === null || one.version > newest.version)) newest = one;
  return newest;
}

/** Why a consent does not do: none is named where terms bind, the version was never published, or newer terms bind. */
export type ConsentRefusal = 'consent_missing' | 'terms_unknown' | 'terms_outdated';

/** Whether a consent to `version` (null: none is named) does for a copy at a moment; terms that are announced may be consented to before they bind. */
export function consentRefusal(terms: readonly TermsVersion[], version: number | null, at: EpochMs): ConsentRefusal | null {
  const inForce = termsInForce(terms, at);
  if (version === null) return inForce === null ? null : 'consent_missing';
  if (!terms.some((one) => one.version === version)) return 'terms_unknown';
  return inForce !== null && version < inForce.version ? 'terms_outdated' : null;
}
