import type { Environment } from '@lockstep/kernel';
import { createHyperliquidVenue, type HyperliquidSettings } from '@lockstep/venues/hyperliquid';
import type { MarkUpdate, WatchEvent } from '@lockstep/venues/port';
import type { EngineContext } from '../context';
import { Markets } from '../markets';
import { Quotes } from '../quotes';
import { SendBudget } from '../send-budget';
import { type Network, networkKey } from './networks';

/** A network as the list of networks names it. */
export interface NetworkAddress {
  readonly venue: string;
  readonly network: string;
  readonly environment: Environment;
  readonly url: string;
}

/** How signatures and connections are made; the rest are the adapter's own bounds. */
export interface VenueTuning {
  /** Chain of networks that are not simulated. */
  readonly liveChain: 'mainnet' | 'testnet';
  readonly workers: number;
  /** Settings of simulated networks alone. */
  readonly simulated: Partial<HyperliquidSettings>;
  /** Orders released to a signing worker at a time; null: the adapter's own. */
  readonly chunk: number | null;
  /** An action without an answer for so long is unknown, in ms. */
  readonly answerTimeoutMs: number;
  /** Orders that a network takes in a minute; 0: no limit is known. A simulated network takes all. */
  readonly sendsPerMinute: number;
}

/** What a network tells the engine. */
export interface NetworkSinks {
  onUserEvent(network: Network, event: WatchEvent): void;
  onMarks(network: Network, updates: readonly MarkUpdate[]): void;
}

/** Dexes whose states and marks are followed; others are added when an instrument of theirs is listed. */
const SIM_LIMITS = { userSeatsMax: 1_000, orderStreamsMax: 0, maxInFlight: 20_000, markPollMs: 1_000, readConnections: 32 } as const;
const READ_ATTEMPTS_MAX = 20;
const READ_RETRY_MS = 500;

/** Opens networks on first use and keeps them: one adapter, one user watch and one mark watch each. */
export class Networks {
  private readonly open = new Map<string, Promise<Network>>();

  constructor(
    private readonly ctx: EngineContext,
    private readonly tuning: VenueTuning,
    private readonly sinks: NetworkSinks,
  ) {}

  /** The network, with its instruments and marks read. Throws when the venue cannot be read in time. */
  get(address: NetworkAddress): Promise<Network> {
    const key = networkKey(address.venue, address.network);
    const known = this.open.get(key);
    if (known !== undefined) return known;
    const opening = this.connect(address).catch((failure) => {
      this.open.delete(key);
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
    await Promise.all(networks.map((network) => (network.status === 'fulfilled' ? network.value.venue.close() : undefined)));
  }

  private async connect(address: NetworkAddress): Promise<Network> {
    const { ctx, tuning } = this;
    const simulated = address.environment === 'test';
    const venue = createHyperliquidVenue(
      {
        url: address.url,
        wsUrl: `${address.url.replace(/^http/, 'ws')}/ws`,
        network: simulated ? 'mainnet' : tuning.liveChain,
        workers: tuning.workers,
        ...(tuning.chunk === null ? {} : { chunk: tuning.chunk }),
        answerTimeoutMs: tuning.answerTimeoutMs,
        watchDexes: simulated ? ['', 'xyz'] : [''],
        ...(simulated ? { ...SIM_LIMITS, ...tuning.simulated } : {}),
      },
      {
        clock: ctx.clock,
        random: ctx.random,
        log: ({ level, event, fields }) => ctx.log[level](event, { network: address.network, ...fields }),
      },
    );
    const markets = new Markets();
    await this.readMarkets(address, markets, venue.truth);
    const waiting: WatchEvent[] = [];
    let ready: Network | null = null;
    const users = venue.watchUsers((event) => {
      if (ready === null) waiting.push(event);
      else this.sinks.onUserEvent(ready, event);
    });
    const dexes = [...new Set([...markets.all()].map((view) => view.instrument.dex))];
    const marks = venue.watchMarks(dexes, (updates) => {
      markets.update(updates);
      if (ready !== null) this.sinks.onMarks(ready, updates);
    });
    const quotes = new Quotes();
    const network: Network = {
      venueName: address.venue,
      name: address.network,
      environment: address.environment,
      venue,
      markets,
      users,
      marks,
      quotes,
      quoteWatch: venue.watchQuotes((update) => quotes.take(update)),
      sends: new SendBudget(simulated ? 0 : tuning.sendsPerMinute, () => ctx.clock.monotonic()),
    };
    ready = network;
    for (const event of waiting) this.sinks.onUserEvent(network, event);
    await this.writeInstruments(address, markets);
    ctx.log.info('network opened', { venue: address.venue, network: address.network, instruments: [...markets.all()].length });
    return network;
  }

  /** What can be traded, for the API. */
  private async writeInstruments(address: NetworkAddress, markets: Markets): Promise<void> {
    const rows = [...markets.all()].map(({ instrument }) => ({ ...instrument, venue: address.venue, network: address.network }));
    await this.ctx.storage.platform((unit) => unit.markets.putInstruments(rows));
  }

  private async readMarkets(address: NetworkAddress, markets: Markets, truth: Network['venue']['truth']): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const read = await markets.refresh(truth, undefined, () => this.ctx.clock.now());
      if (read.ok) return;
      this.ctx.log.warn('instruments could not be read', { network: address.network, code: read.error.code, detail: read.error.detail });
      if (attempt === READ_ATTEMPTS_MAX) throw new Error(`network ${address.network} could not be read: ${read.error.code}`);
      await new Promise((resolve) => setTimeout(resolve, READ_RETRY_MS));
    }
  }
}
