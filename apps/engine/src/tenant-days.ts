import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { nextMidnight } from '@lockstep/platform';
import type { TestClocks } from './test-clocks';

const DEFAULT_ZONE = 'UTC';

/** When days of tenants begin, as real moments: by the time zone each chose, as read with their standing, and by its test clock where it has one. */
export class TenantDays {
  private zones: ReadonlyMap<string, string> = new Map();
  /** By zone: the day that was asked for last. Days of all copies end at once, and the calendar is slow to ask. */
  private readonly days = new Map<string, { readonly from: EpochMs; readonly to: EpochMs }>();

  constructor(private readonly clocks: Pick<TestClocks, 'businessTime' | 'realTime'>) {}

  take(tenants: readonly { readonly id: string; readonly timeZone: string }[]): void {
    this.zones = new Map(tenants.map(({ id, timeZone }) => [id, timeZone]));
  }

  /** The beginning of a scope's next day after a moment; infinite while its test clock stands. Nobody's days are those of UTC. */
  next(scope: TenantScope | null, now: EpochMs): EpochMs {
    if (scope === null) return this.nextByBusiness(null, now);
    return this.clocks.realTime(scope, this.nextByBusiness(scope, this.clocks.businessTime(scope, now)));
  }

  /** A day's end as it is written down: by the scope's clock. */
  written(scope: TenantScope, endsAt: EpochMs, now: EpochMs): EpochMs {
    const business = this.clocks.businessTime(scope, now);
    return Number.isFinite(endsAt) ? endsAt - now + business : this.nextByBusiness(scope, business);
  }

  /** The same in business time, after a moment of it. */
  nextByBusiness(scope: TenantScope | null, business: EpochMs): EpochMs {
    const zone = (scope === null ? undefined : this.zones.get(scope.tenantId)) ?? DEFAULT_ZONE;
    const known = this.days.get(zone);
    if (known !== undefined && business >= known.from && business < known.to) return known.to;
    const to = nextMidnight(zone, business);
    this.days.set(zone, { from: business, to });
    return to;
  }
}
