import type { EngineContext } from './context';
import type { NetworkDirectory } from './state/network-directory';
import type { Network } from './state/networks';

/** Tells gateways how the egress addresses of each network stand, so that they can forecast. A network without limits is told as one. */
export class EgressReport {
  private running = false;
  private readonly unlimited = new Set<Network>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly directory: NetworkDirectory,
  ) {}

  /** Writes what changed since; a write that runs is not joined by another. Never throws. */
  async write(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (const network of await this.directory.all()) await this.tell(network);
    } catch (failure) {
      this.ctx.log.error('the standing of the egress addresses could not be written', { error: failure });
    } finally {
      this.running = false;
    }
  }

  private async tell(network: Network): Promise<void> {
    const { venueName: venue, name } = network;
    const { egress } = network.venue;
    if (egress === undefined) {
      if (this.unlimited.has(network)) return;
      await this.ctx.storage.platform((unit) => unit.markets.dropEgress(venue, name));
      this.unlimited.add(network);
      return;
    }
    await this.ctx.storage.platform((unit) => unit.markets.putEgress(venue, name, egress.standing()));
  }
}
