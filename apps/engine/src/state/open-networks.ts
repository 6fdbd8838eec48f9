import { pause } from '@lockstep/platform';
import type { MarkUpdate, WatchEvent } from '@lockstep/venues/port';
import { barNetwork } from '../accounts/venue-bars';
import type { EngineContext } from '../context';
import { Markets } from '../markets';
import { Quotes } from '../quotes';
import { Listings } from './listings';
import type { NetworkAddress } from './network-address';
import { type Network, NetworkUnread, networkKey } from './networks';
import type { OpenedAdapter } from './open-adapter';
import { watchedDexes } from './watched-dexes';

/** What a network tells the engine. */
export interface NetworkSinks {
  onUserEvent(network: Network, event: WatchEvent): void;
  onMarks(network: Network, updates: readonly MarkUpdate[]): void;
}

/** Opens a venue at an address. Throws when it cannot. */
export type OpenVenue = (address: NetworkAddress) => OpenedAdapter;

const READ_RETRY_MS = 500;

/** Opens networks on first use and keeps them: one adapter, one user watch and one mark watch each. */
export class Networks {
  private readonly open = new Map<string, Promise<Network>>();
  /** Networks that were never read and could not be, and until when they are not tried again, monotonic ms. */
  private readonly unread = new Map<string, { readonly failure: NetworkUnread; readonly until: number }>();
  private readonly adapters = new Set<OpenedAdapter>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly openVenue: OpenVenue,
    private readonly sinks: NetworkSinks,
  ) {}

  /**
   * The network, with its instruments known. Throws when the venue cannot be read in time and was never read before, and at once as long again: whoever asks for
   * thousands of leaders there, as a start does, waits for it once.
   */
  get(address: NetworkAddress): Promise<Network> {
    const { clock, limits } = this.ctx;
    const key = networkKey(address.venue, address.network);
    const known = this.open.get(key);
    if (known !== undefined) return known;
    const unread = this.unread.get(key);
    if (unread !== undefined && clock.monotonic() < unread.until) return Promise.reject(unread.failure);
    const opening = this.connect(address).catch((failure: unknown) => {
      this.open.delete(key);
      if (failure instanceof NetworkUnread) this.unread.set(key, { failure, until: clock.monotonic() + limits.marketsOpenMaxMs });
      throw failure;
    });
    this.open.set(key, opening);
    return opening;
  }

  async all(): Promise<readonly Network[]> {
    return Promise.all(this.open.values());
  }

  async close(): Promise<void> {
    const networks = await Promise.allSettled(this.open.values());
    for (const network of networks) if (network.status === 'fulfilled') network.value.listings.stop();
    await Promise.all([...this.adapters].map((adapter) => adapter.close()));
  }

  private async connect(address: NetworkAddress): Promise<Network> {
    const { ctx } = this;
    const adapter = this.openVenue(address);
    const { venue } = adapter;
    this.adapters.add(adapter);
    const markets = new Markets(new Set(ctx.limits.dollarCollaterals));
    let opened: Network | null = null;
    let written = '';
    const listings = new Listings(ctx, address.network, markets, venue.truth, async (readAt) => {
      // What is planned next is planned on these marks, so losses are judged on them as on a stream's.
      if (opened !== null) this.sinks.onMarks(opened, markets.marksOf(readAt));
      if (opened !== null) this.followDexes(opened);
      if (opened !== null) this.relist(opened);
      if (opened !== null) barNetwork(ctx.registry, opened);
      const rows = instrumentRows(address, markets);
      const text = JSON.stringify(rows);
      if (text === written) return;
      await ctx.storage.platform((unit) => unit.markets.putInstruments(rows));
      written = text;
    });
    await this.readMarkets(address, markets, listings).catch(async (failure: unknown) => {
      listings.stop();
      this.adapters.delete(adapter);
      await adapter.close();
      throw failure;
    });
    const waiting: WatchEvent[] = [];
    const users = venue.watchUsers(watchedDexes(markets, ctx.limits.watchedDexesMax), (event) => {
      if (opened === null) waiting.push(event);
      else this.sinks.onUserEvent(opened, event);
    });
    const marks = venue.watchMarks(markets.dexesOf(), (updates) => {
      markets.update(updates);
      if (opened !== null) this.sinks.onMarks(opened, updates);
    });
    const quotes = new Quotes();
    const network: Network = {
      venueName: address.venue,
      name: address.network,
      environment: address.environment,
      venue,
      markets,
      listings,
      users,
      marks,
      approvalsThrough: address.perpsStudio?.watchThrough ?? null,
      quotes,
      quoteWatch: venue.watchQuotes(
        (update) => quotes.take(update),
        (update) => quotes.takeDepth(update),
      ),
    };
    opened = network;
    for (const event of waiting) this.sinks.onUserEvent(network, event);
    listings.start();
    ctx.log.info('network opened', { venue: address.venue, network: address.network, instruments: [...markets.all()].length });
    return network;
  }

  /** States and marks are followed of what the venue lists now. Marks of dexes that leaders or copies trade in come first where they must be asked for. */
  private followDexes({ name, markets, users, marks }: Network): void {
    const followed = watchedDexes(markets, this.ctx.limits.watchedDexesMax);
    const listed = markets.dexesOf();
    if (followed.length < listed.length) {
      this.ctx.log.error('the venue lists more dexes than are followed', { network: name, listed: listed.length, followed: followed.length });
    }
    users.setDexes(followed);
    marks.setDexes(usedFirst(listed, this.usedDexes(name)));
  }

  /** Sheets take instruments as they are listed now: asset ids follow the places in the venue's list, and those may change with it. */
  private relist(network: Network): void {
    for (const watched of this.ctx.registry.watched.values()) {
      if (watched.network !== network) continue;
      for (const { instrument } of watched.book.allSheets()) {
        const view = network.markets.get(instrument.coin);
        if (view === undefined || watched.book.relist(view.instrument)) continue;
        // Memory counts in lots of the old size; a start counts anew from what is written.
        this.ctx.log.fatal('the venue counts sizes of an instrument differently', { network: network.name, coin: instrument.coin });
        this.ctx.broken('the lot size of an instrument changed');
      }
    }
  }

  private usedDexes(network: string): ReadonlySet<string> {
    const used = new Set<string>();
    for (const watched of this.ctx.registry.watched.values()) {
      if (watched.network.name !== network) continue;
      for (const { instrument } of watched.book.allSheets()) used.add(instrument.dex);
    }
    return used;
  }

  /** The list as the venue tells it; while it cannot be read, as it stood when the network was last open: others must not wait for it. */
  private async readMarkets(address: NetworkAddress, markets: Markets, listings: Listings): Promise<void> {
    const { clock, limits, storage, log } = this.ctx;
    // A tenant's own world that is away must not hold up everybody's start: what it listed last serves at once.
    const until = clock.monotonic() + (address.owned === true ? limits.ownWorldOpenMaxMs : limits.marketsOpenMaxMs);
    while (!(await listings.read())) {
      if (clock.monotonic() < until) {
        await pause(this.ctx.timers, READ_RETRY_MS);
        continue;
      }
      const stored = await storage.platform((unit) => unit.markets.instruments(address.venue, address.network), { readOnly: true });
      if (stored.length === 0) throw new NetworkUnread(address.network);
      markets.restore([...stored].sort((a, b) => a.assetId - b.assetId));
      log.error('the network cannot be read; its stored instruments serve', { network: address.network, instruments: stored.length });
      return;
    }
  }
}

/** What can be traded, for the API. */
const instrumentRows = (address: NetworkAddress, markets: Markets) =>
  [...markets.all()].map(({ instrument }) => ({ ...instrument, venue: address.venue, network: address.network }));

const usedFirst = (dexes: readonly string[], used: ReadonlySet<string>): readonly string[] => [
  ...dexes.filter((dex) => used.has(dex)),
  ...dexes.filter((dex) => !used.has(dex)),
];
