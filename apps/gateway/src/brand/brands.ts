import { WAKEUP_CHANNELS } from '@lockstep/delivery';
import { scopeFromPlatformList } from '@lockstep/tenancy';
import { Inject, Injectable } from '@nestjs/common';
import { CONTEXT, type GatewayContext } from '../app/context';
import { type Brand, brandingScope, brandOf } from './brand';
import { HostCache } from './host-cache';
import { Kept } from './kept';

const LOGOS_MAX = 100;

/** Whose a host is, and the logo shown there. Kept in memory for seconds, and forgotten at once when a change is told. */
@Injectable()
export class Brands {
  private readonly hosts: HostCache<Brand>;
  private readonly logos = new Kept<Buffer>(LOGOS_MAX);

  constructor(@Inject(CONTEXT) private readonly context: GatewayContext) {
    this.hosts = new HostCache(context.clock, async (hosts) => {
      const rows = await context.storage.platform((unit) => unit.domains.brandsOf(hosts), { readOnly: true });
      return new Map(rows.map((row) => [row.host, brandOf(row)]));
    });
  }

  /** Listens for changes; returns how to stop. */
  async start(): Promise<() => Promise<void>> {
    const { wakeups } = this.context;
    const stop = await wakeups.subscribe(WAKEUP_CHANNELS.brands, () => this.hosts.forget());
    const stopToo = wakeups.onReconnect(() => this.hosts.forget());
    return async () => {
      stopToo();
      await stop();
    };
  }

  /** The brand of a host name as `askedHost` has it; null: it is no brand's. Fails with the database. */
  async find(host: string | null): Promise<Brand | null> {
    return host === null ? null : this.hosts.find(host);
  }

  /** The logo of a brand; null: it has none any more. */
  async logo(brand: Brand): Promise<Buffer | null> {
    if (brand.logo === null) return null;
    const kept = this.logos.get(brand.logo.sha256);
    if (kept !== undefined) return kept;
    const { tenantId, environment } = brandingScope(brand);
    const scope = scopeFromPlatformList(tenantId, environment);
    const logo = await this.context.storage.scoped(scope, (unit) => unit.brandings.logo(scope), { readOnly: true });
    return logo?.sha256.toString('hex') === brand.logo.sha256 ? this.logos.put(brand.logo.sha256, logo.bytes) : null;
  }
}
