import { toLots } from '@lockstep/kernel';
import type { EngineStorage, MoveRow, WatchedAccountRow } from '@lockstep/storage';
import { recordedVolatility } from '../accounts/leader-volatility';
import type { EngineContext } from '../context';
import { goOnBehind, type IncreasingOrder, loadOrders } from './go-on-behind';
import { LEADER_ORDER_FILLS_MAX } from './leader-orders';
import { newWatched } from './load-book';
import type { NetworkAddress } from './network-address';
import type { Network } from './networks';
import type { Networks } from './open-networks';
import type { WatchedAccount } from './registry';

/** Finds networks and watched accounts by their rows, opening them on first use. */
export class NetworkDirectory {
  constructor(
    private readonly storage: EngineStorage,
    private readonly listed: readonly NetworkAddress[],
    private readonly networks: Networks,
  ) {}

  /** Networks that are open. */
  all(): Promise<readonly Network[]> {
    return this.networks.all();
  }

  /** The open network of a venue and name; null when no such network is listed for the environment. */
  async find(venue: string, network: string): Promise<Network | null> {
    const given = this.listed.find((address) => address.venue === venue && address.network === network);
    const address = given ?? (await this.recorded(venue, network));
    return address === null ? null : this.networks.get(address);
  }

  /** A network by its row; null without one, and for a tenant's own world while it is closed. */
  private async recorded(venue: string, network: string): Promise<NetworkAddress | null> {
    const row = await this.storage.platform((unit) => unit.markets.networks.findOne({ venue, network }));
    if (row === null || row.closedAt !== null) return null;
    return { venue, network, environment: row.environment, url: row.url, owned: row.ownerTenantId !== null };
  }

  /** The watched account of a number, made on first use; null when its row or network is missing. */
  async watched(ctx: EngineContext, no: number): Promise<WatchedAccount | null> {
    const known = ctx.registry.watched.get(no);
    if (known !== undefined) return known;
    const found = await this.storage.platform(async (unit) => {
      const row = (await unit.inbox.watched()).find((one) => Number(one.no) === no);
      return row === undefined
        ? null
        : { row, moves: await unit.inbox.latestMoves(row.no), orders: await unit.inbox.increasingOrders(row.no, LEADER_ORDER_FILLS_MAX) };
    });
    if (found === null) return null;
    const network = await this.find(found.row.venue, found.row.network);
    return network === null ? null : register(ctx, found, network);
  }
}

/** What is recorded of a watched account. */
interface Recorded {
  readonly row: WatchedAccountRow;
  readonly moves: readonly MoveRow[];
  readonly orders: readonly IncreasingOrder[];
}

/** Registers a watched account with what is recorded of it: detection goes on behind its last move, planning behind its last planned one. */
function register(ctx: EngineContext, { row, moves, orders }: Recorded, network: Network) {
  const known = ctx.registry.watched.get(Number(row.no));
  if (known !== undefined) return known;
  const watched = newWatched(row, network, { begun: row.historyFromMs !== null, historyFrom: row.historyFromMs ?? 0 }, ctx.registry.followers);
  loadOrders(watched, orders);
  watched.volatility = recordedVolatility(moves, ctx.clock.now());
  for (const move of moves) {
    goOnBehind(watched, move);
    const view = network.markets.get(move.coin);
    if (view === undefined) continue;
    watched.book.sheet(view.instrument).leaderLots = toLots(view.instrument, move.positionAfter);
  }
  ctx.registry.watched.set(watched.no, watched);
  return watched;
}
