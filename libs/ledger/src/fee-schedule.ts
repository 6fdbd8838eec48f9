import { type EpochMs, err, ok, RATE_ONE, type Rate, type Result } from '@lockstep/kernel';
import { MAX_MARKUP_TENTHS_BP } from './fees';

/** Which follower orders carry the markup. */
export type MarkupFlow = 'all' | 'increases_only';
/** Whose address receives the builder fee; the other's share is a payable. */
export type BuilderOwner = 'operator' | 'tenant';
/** What to do with an entry when the follower's builder approval is missing. Exits are always sent. */
export type MissingApproval = 'deny_entries' | 'send_without_markup';

/** The terms of the execution markup. */
export interface FeeTerms {
  /** 0 to 100: tenths of a basis point of each fill's notional. */
  readonly markupTenthsBp: number;
  readonly flow: MarkupFlow;
  readonly builderOwner: BuilderOwner;
  /** The builder's address at venues with builder codes; null: the markup is accrued and invoiced. */
  readonly builderAddress: string | null;
  /** The operator's part of the markup, 0 to 1. */
  readonly operatorShare: Rate;
  readonly missingApproval: MissingApproval;
}

/** One version of a tenant's schedule. Versions are never edited. */
export interface FeeScheduleVersion extends FeeTerms {
  /** 1, 2, 3 … per tenant and environment. */
  readonly version: number;
  readonly announcedAtMs: EpochMs;
  /** First moment it may apply. */
  readonly effectiveFromMs: EpochMs;
}

/** Shortest notice of a raise. */
export const RAISE_NOTICE_MS = 7 * 24 * 60 * 60 * 1_000;

export type FeeScheduleError =
  | 'markup_out_of_range'
  | 'operator_share_out_of_range'
  | 'bad_builder_address'
  | 'notice_too_short'
  | 'effective_in_the_past';

/** Terms of a tenant that never set any: no markup. */
export const NO_MARKUP: FeeTerms = {
  markupTenthsBp: 0,
  flow: 'all',
  builderOwner: 'operator',
  builderAddress: null,
  operatorShare: 0n as Rate,
  missingApproval: 'deny_entries',
};

const ADDRESS = /^0x[0-9a-f]{40}$/;

/**
 * The version in force: the highest version number whose time has come. A later version therefore replaces every earlier one,
 * a raise still waiting included. Null before the first.
 */
export function effectiveSchedule(versions: readonly FeeScheduleVersion[], at: EpochMs): FeeScheduleVersion | null {
  let found: FeeScheduleVersion | null = null;
  for (const version of versions) {
    if (version.effectiveFromMs <= at && (found === null || version.version > found.version)) found = version;
  }
  return found;
}

/**
 * The builder whom followers are asked to approve: the one in force; where none is, the one of the newest announced version, so that they can sign
 * before its time comes. Null where neither names one.
 */
export function builderToApprove(versions: readonly FeeScheduleVersion[], at: EpochMs): string | null {
  const inForce = effectiveSchedule(versions, at)?.builderAddress ?? null;
  return inForce ?? effectiveSchedule(versions, Number.POSITIVE_INFINITY)?.builderAddress ?? null;
}

/** True when a follower could pay more under `next`: a higher rate, or more of the flow charged. */
export const isRaise = (current: FeeTerms, next: FeeTerms): boolean =>
  next.markupTenthsBp > current.markupTenthsBp ||
  (next.markupTenthsBp > 0 && current.markupTenthsBp > 0 && current.flow === 'increases_only' && next.flow === 'all');

export interface Announcement {
  readonly terms: FeeTerms;
  readonly announcedAtMs: EpochMs;
  /** Null: as early as the rules allow. */
  readonly effectiveFromMs: EpochMs | null;
  /** Followers exist who would pay more; a schedule nobody pays under yet needs no notice. */
  readonly hasFollowers: boolean;
}

/**
 * Makes the next version. A raise over the terms in force at its announcement waits at least `RAISE_NOTICE_MS`; a cut, or a change the
 * follower does not feel, may apply at once. Errors: the closed set above.
 */
export function announceSchedule(versions: readonly FeeScheduleVersion[], next: Announcement): Result<FeeScheduleVersion, FeeScheduleError> {
  const invalid = invalidTerms(next.terms);
  if (invalid !== null) return err(invalid);
  const current = effectiveSchedule(versions, next.announcedAtMs) ?? NO_MARKUP;
  const locked = next.hasFollowers && isRaise(current, next.terms);
  const earliest = next.announcedAtMs + (locked ? RAISE_NOTICE_MS : 0);
  const effectiveFromMs = next.effectiveFromMs ?? earliest;
  if (effectiveFromMs < next.announcedAtMs) return err('effective_in_the_past');
  if (effectiveFromMs < earliest) return err('notice_too_short');
  const version = versions.reduce((highest, one) => Math.max(highest, one.version), 0) + 1;
  return ok({ ...next.terms, version, announcedAtMs: next.announcedAtMs, effectiveFromMs });
}

/** The part of the terms that is a contract between operator and tenant; followers do not feel it. */
export type ContractTerms = Pick<FeeTerms, 'operatorShare' | 'builderOwner' | 'builderAddress'>;

/**
 * The versions that carry a new contract into a tenant's schedule: the terms in force again from now on, and each announced change that still
 * waits again at its own time, so that no notice is given twice and no waiting change is lost. Empty where there is no schedule yet.
 */
export function underContract(versions: readonly FeeScheduleVersion[], contract: ContractTerms, at: EpochMs): readonly FeeScheduleVersion[] {
  const current = effectiveSchedule(versions, at);
  const waiting = versions
    .filter((version) => version.effectiveFromMs > at && version.version > (current?.version ?? 0))
    .toSorted((a, b) => a.version - b.version);
  const top = versions.reduce((highest, one) => Math.max(highest, one.version), 0);
  return [...(current === null ? [] : [{ ...current, effectiveFromMs: at }]), ...waiting].map((version, index) => ({
    ...version,
    ...contract,
    version: top + index + 1,
    announcedAtMs: at,
  }));
}

function invalidTerms(terms: FeeTerms): FeeScheduleError | null {
  const { markupTenthsBp, operatorShare, builderAddress } = terms;
  if (!Number.isInteger(markupTenthsBp) || markupTenthsBp < 0 || markupTenthsBp > MAX_MARKUP_TENTHS_BP) return 'markup_out_of_range';
  if (operatorShare < 0n || operatorShare > RATE_ONE) return 'operator_share_out_of_range';
  if (builderAddress !== null && !ADDRESS.test(builderAddress)) return 'bad_builder_address';
  return null;
}

/** The rate an order carries: the schedule's, or 0 where the flow spares it. */
export const markupForOrder = (terms: FeeTerms, increases: boolean): number =>
  terms.flow === 'increases_only' && !increases ? 0 : terms.markupTenthsBp;
