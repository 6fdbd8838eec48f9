import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { effectiveSchedule, type FeeScheduleVersion, type MarkupTerms } from '@lockstep/ledger';
import { type FeeScheduleRow, feeVersionOf, markupTermsOf } from '@lockstep/storage';
import { scopeKey } from '@lockstep/tenancy';

/**
 * Each tenant's fee schedule by the times this engine charged by its versions. A builder fee is shared by the terms its order left with, also when they
 * were cut or their builder was removed before the fill was booked. Bounded by the rows of the schedules.
 */
export class FeeTerms {
  private readonly byScope = new Map<string, readonly FeeScheduleVersion[]>();

  /**
   * Takes a tenant's versions as they are stored. Those of the first reading act from their own time; one that is new later acts from `now`, however
   * early its time: until now orders left without it. One that is still to come acts when its row says it does: a test clock may have moved.
   */
  take(scope: TenantScope, rows: readonly FeeScheduleRow[], now: EpochMs): void {
    const known = this.byScope.get(scopeKey(scope));
    // Versions are never edited: as many are the same, and fewer were read before.
    if (known !== undefined && known.length >= rows.length && !known.some(({ effectiveFromMs }) => effectiveFromMs > now)) return;
    if (known !== undefined && known.length > rows.length) return;
    const versions = rows.map((row) => {
      const version = feeVersionOf(row);
      if (known === undefined) return version;
      const before = known.find((one) => one.version === row.version);
      return before !== undefined && before.effectiveFromMs <= now ? before : { ...version, effectiveFromMs: Math.max(version.effectiveFromMs, now) };
    });
    this.byScope.set(scopeKey(scope), versions);
  }

  /** How many versions of a tenant are known: a reading that names fewer is older. */
  count(scope: TenantScope): number {
    return this.byScope.get(scopeKey(scope))?.length ?? 0;
  }

  /** The terms of orders that left at a moment; null before the first version. */
  at(scope: TenantScope, moment: EpochMs): MarkupTerms | null {
    const version = this.versionAt(scope, moment);
    return version === null ? null : markupTermsOf(version);
  }

  /** The whole version behind them. */
  versionAt(scope: TenantScope, moment: EpochMs): FeeScheduleVersion | null {
    return effectiveSchedule(this.byScope.get(scopeKey(scope)) ?? [], moment);
  }
}
