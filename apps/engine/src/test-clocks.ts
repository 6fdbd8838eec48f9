import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { faceOf, type VenueNetworkRow } from '@lockstep/storage';
import { businessTime, realTimeOf, scopeFromPlatformList, type TestClock, testClock, testScopeOf } from '@lockstep/tenancy';
import { networkKey } from './state/networks';

/** A network as far as its clock matters. */
interface ClockedNetwork {
  readonly venueName: string;
  readonly name: string;
}
type OwnedNetwork = Pick<VenueNetworkRow, 'venue' | 'network' | 'ownerTenantId' | 'clockFrozen' | 'clockRealAt' | 'clockBusinessAt'>;

/** A clock that changed, and what it was before. */
export interface ClockChange {
  readonly scope: TenantScope;
  readonly before: TestClock | null;
}

/**
 * The test clocks of tenants' own worlds, as last read. Everything the engine compares with its own clock stays in real time: moments of business time (a day's end,
 * the end of a right) are turned into real ones where they are taken in, and anew when a clock changes, so that nothing on the way of an order knows of clocks.
 * A live scope has none: a clock cannot be made of one (`testScopeOf`).
 */
export class TestClocks {
  private byTenant: ReadonlyMap<string, TestClock> = new Map();
  private byNetwork: ReadonlyMap<string, TestClock> = new Map();

  /** Takes the networks of own worlds as they were read; the scopes whose clocks are others than before. */
  take(rows: readonly OwnedNetwork[]): readonly ClockChange[] {
    if (rows.length === 0 && this.byTenant.size === 0) return [];
    const [byTenant, byNetwork] = [new Map<string, TestClock>(), new Map<string, TestClock>()];
    const changes: ClockChange[] = [];
    for (const row of rows) {
      const { venue, network, ownerTenantId } = row;
      if (ownerTenantId === null) continue;
      const scope = scopeFromPlatformList(ownerTenantId, 'test');
      const known = this.byTenant.get(ownerTenantId) ?? null;
      const clock = read(scope, row, known);
      if (clock === null) continue;
      byTenant.set(ownerTenantId, clock);
      byNetwork.set(networkKey(venue, network), clock);
      if (clock !== known) changes.push({ scope, before: known });
    }
    this.byTenant = byTenant;
    this.byNetwork = byNetwork;
    return changes;
  }

  get isEmpty(): boolean {
    return this.byTenant.size === 0;
  }

  /** What of a scope's business it is time for, at a real moment. */
  businessTime(scope: TenantScope, real: EpochMs): EpochMs {
    return businessTime(this.of(scope), real);
  }

  /** The real moment of one of a scope's business time; infinite where its clock stands and would not come to it. */
  realTime(scope: TenantScope, business: EpochMs): EpochMs {
    return realTimeOf(this.of(scope), business);
  }

  /** What a network's own clock shows at a real moment. */
  venueTime({ venueName, name }: ClockedNetwork, real: EpochMs): EpochMs {
    return this.byNetwork.size === 0 ? real : businessTime(this.byNetwork.get(networkKey(venueName, name)) ?? null, real);
  }

  /** By how much a network's clock is behind real time, ms; negative where it is ahead. What it tells of moments just now is as much later for us. */
  behind(network: ClockedNetwork, real: EpochMs): number {
    return real - this.venueTime(network, real);
  }

  /** True where a network is a tenant's own world. */
  has({ venueName, name }: ClockedNetwork): boolean {
    return this.byNetwork.has(networkKey(venueName, name));
  }

  private of(scope: TenantScope): TestClock | null {
    if (this.byTenant.size === 0 || testScopeOf(scope) === null) return null;
    return this.byTenant.get(scope.tenantId) ?? null;
  }
}

/** The clock of a row: the one that is known where its face is the same. */
function read(scope: TenantScope, row: OwnedNetwork, known: TestClock | null): TestClock | null {
  const [test, face] = [testScopeOf(scope), faceOf(row)];
  if (test === null || face === null) return null;
  const isSame = known !== null && known.frozen === face.frozen && known.realAt === face.realAt && known.businessAt === face.businessAt;
  return isSame ? known : testClock(test, face);
}
