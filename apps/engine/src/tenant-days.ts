import type { EpochMs } from '@lockstep/kernel';
import { nextMidnight } from '@lockstep/platform';

const DEFAULT_ZONE = 'UTC';

/** When days of tenants begin: by the time zone each chose, as read with their standing. */
export class TenantDays {
  private zones: ReadonlyMap<string, string> = new Map();

  take(tenants: readonly { readonly id: string; readonly timeZone: string }[]): void {
    this.zones = new Map(tenants.map(({ id, timeZone }) => [id, timeZone]));
  }

  /** The beginning of a tenant's next day after a moment. */
  next(tenantId: string, now: EpochMs): EpochMs {
    return nextMidnight(this.zones.get(tenantId) ?? DEFAULT_ZONE, now);
  }
}
