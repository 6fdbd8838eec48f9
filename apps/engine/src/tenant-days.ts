import type { EpochMs } from '@lockstep/kernel';
import { nextMidnight } from '@lockstep/platform';

const DEFAULT_ZONE = 'UTC';

/** When days of tenants begin: by the time zone each chose, as read with their standing. */
export class TenantDays {
  private zones: ReadonlyMap<string, string> = new Map();
  /** By zone: the day that was asked for last. Days of all copies end at once, and the calendar is slow to ask. */
  private readonly days = new Map<string, { readonly from: EpochMs; readonly to: EpochMs }>();

  take(tenants: readonly { readonly id: string; readonly timeZone: string }[]): void {
    this.zones = new Map(tenants.map(({ id, timeZone }) => [id, timeZone]));
  }

  /** The beginning of a tenant's next day after a moment. */
  next(tenantId: string, now: EpochMs): EpochMs {
    const zone = this.zones.get(tenantId) ?? DEFAULT_ZONE;
    const known = this.days.get(zone);
    if (known !== undefined && now >= known.from && now < known.to) return known.to;
    const to = nextMidnight(zone, now);
    this.days.set(zone, { from: now, to });
    return to;
  }
}
