import { rate } from '@lockstep/kernel';
import type { FeeScheduleVersion, MarkupTerms } from '@lockstep/ledger';
import type { FeeScheduleRow } from '../rows/money';

/** A stored fee schedule as the ledger room understands it. */
export function feeVersionOf(row: FeeScheduleRow): FeeScheduleVersion {
  return {
    version: row.version,
    announcedAtMs: row.createdAt,
    effectiveFromMs: row.effectiveFrom,
    markupTenthsBp: row.markupTenths,
    flow: row.flow,
    builderOwner: row.builderOwner,
    builderAddress: row.builderAddress,
    operatorShare: rate(row.operatorShare),
    missingApproval: row.missingApproval,
  };
}

/** How a version shares its markup, as postings need it. */
export const markupTermsOf = (version: FeeScheduleVersion): MarkupTerms => ({
  builderOwner: version.builderOwner,
  operatorShare: version.operatorShare,
  scheduleVersion: version.version,
});
