import { formatDecimal, formatMoney, formatPrice, money, type Price, pow10 } from '@lockstep/kernel';
import type { AccountState, MarkUpdate, VenueFill, WatchEvent } from '@lockstep/venues/port';
import type { AccountSetup, CoinPrice, ForcedFill } from '../client/sim-control';

/** What the bridge needs of the simulated world. */
export interface BridgeWorld {
  has(coin: string): boolean;
  szDecimals(coin: string): number;
  setUp(accounts: readonly AccountSetup[]): Promise<void>;
  credit(address: string, amount: string, dex: string): Promise<void>;
  trade(trades: readonly ForcedFill[], prices: readonly CoinPrice[]): Promise<void>;
  movePrices(prices: readonly CoinPrice[]): Promise<void>;
  /** Equity of an address there over all its clearinghouses, money 10^-8. */
  equityOf(address: string): Promise<bigint>;
}

/** Things waiting to be played into the world; more means that it cannot follow the venue. */
const WAITING_MAX = 50_000;
/** Equity that differs by less than this share (1 in so many) is left alone. */
const EQUITY_SHARE = 200n;
const EQUITY_EVERY_MS = 5_000;

/**
 * Plays a real account into the simulated world, so that the engine copies it on its usual way: the account's fills become forced fills of the same
 * address at the recorded price, its positions and equity at the beginning are taken over, and marks of the venue move the world's prices.
 * Positions are absolute: each fill leads to where the venue says it led, so that a repeated one changes nothing and a missed one is made up for.
 */
export class LiveBridge {
  /** Signed lots by coin as played into the world. */
  readonly held = new Map<string, bigint>();
  private readonly marks = new Map<string, Price>();
  private readonly states = new Map<string, AccountState>();
  private readonly unknownCoins = new Set<string>();
  private chain: Promise<void> = Promise.resolve();
  private waiting = 0;
  private begun = false;
  private ready: () => void = () => undefined;
  private failed: (failure: unknown) => void = () => undefined;
  private equityAt = 0;
  private orderId = 700_000_000;
  private closed = false;
  /** Resolves once the account stands in the world as it stands at the venue; rejects when the world refuses it. */
  readonly placed = new Promise<void>((resolve, reject) => {
    this.ready = resolve;
    this.failed = reject;
  });

  constructor(
    private readonly address: string,
    private readonly world: BridgeWorld,
    private readonly now: () => number,
    private readonly say: (text: string) => void,
  ) {}

  /** Takes what the venue's feed tells of the account. */
  take(event: WatchEvent): void {
    if (event.kind === 'disconnected') this.say(`the feed was lost (${event.reason}); it reconnects by itself`);
    if (event.kind === 'synced') this.enqueue(() => this.synced(event.states));
    if (event.kind === 'fills') this.enqueue(() => this.play(event.fills));
    if (event.kind === 'state') {
      this.states.set(event.state.dex, event.state);
      if (this.begun && this.now() - this.equityAt >= EQUITY_EVERY_MS) this.enqueue(() => this.followEquity());
    }
  }

  /** Takes marks of the venue; those that moved move the world. */
  takeMarks(updates: readonly MarkUpdate[]): void {
    const moved = updates.filter(({ coin, markPrice }) => this.world.has(coin) && markPrice > 0n && this.marks.get(coin) !== markPrice);
    for (const { coin, markPrice } of moved) this.marks.set(coin, markPrice);
    if (moved.length === 0) return;
    const prices = moved.map(({ coin, markPrice }) => ({ coin, price: formatPrice(markPrice) }));
    this.enqueue(() => this.world.movePrices(prices));
  }

  /** Resolves when everything taken so far stands in the world. */
  async idle(): Promise<void> {
    for (let last: Promise<void> | null = null; last !== this.chain; ) {
      last = this.chain;
      await last;
    }
  }

  /** Nothing more is played from here on. */
  async close(): Promise<void> {
    this.closed = true;
    await this.idle();
  }

  private enqueue(work: () => Promise<void>): void {
    if (this.closed) return;
    if (this.waiting >= WAITING_MAX) {
      this.failed(new Error(`${WAITING_MAX} events of the venue wait for the simulated world`));
      return;
    }
    this.waiting += 1;
    this.chain = this.chain.then(work).then(
      () => {
        this.waiting -= 1;
      },
      (failure: unknown) => {
        this.waiting -= 1;
        this.say(`the simulated world did not follow: ${failure instanceof Error ? failure.message : String(failure)}`);
        this.failed(failure);
      },
    );
  }

  private async synced(states: readonly AccountState[]): Promise<void> {
    for (const state of states) this.states.set(state.dex, state);
    if (!this.begun) await this.begin(states);
    const found = new Map(states.flatMap(({ positions }) => positions.map(({ coin, size }) => [coin, size] as const)));
    // Of a dex that could not be read nothing is known, least of all that it is flat.
    const read = new Set(states.map(({ dex }) => dex));
    const held = [...this.held.keys()].filter((coin) => read.has(dexOf(coin)));
    for (const coin of new Set([...found.keys(), ...held])) await this.standAt(coin, this.lots(coin, found.get(coin)), null);
    this.begun = true;
    this.ready();
  }

  /** The account's equity per clearinghouse; positions follow at their marks, so that nothing is won or lost by taking them over. */
  private async begin(states: readonly AccountState[]): Promise<void> {
    const pooled = states.find((state) => state.pooled);
    const credits = pooled === undefined ? states.map(({ dex, accountValue }) => [dex, accountValue] as const) : [['', pooled.accountValue] as const];
    const usable = credits.filter(([, value]) => value > 0n).map(([dex, value]) => [dex, cents(value)] as const);
    await this.world.setUp([{ address: this.address, credits: Object.fromEntries(usable) }]);
    this.say(
      `the account's equity at the venue: ${usable.map(([dex, value]) => `${value} USD${dex === '' ? '' : ` on ${dex}`}`).join(', ') || 'nothing'}`,
    );
  }

  private async play(fills: readonly VenueFill[]): Promise<void> {
    for (const fill of fills) {
      const after = fill.startPosition + (fill.side === 'buy' ? fill.size : -fill.size);
      await this.standAt(fill.coin, this.lots(fill.coin, after), fill);
    }
  }

  /** Trades the account to signed lots: at the fill's price, or at the mark where only the state is known. */
  private async standAt(coin: string, wanted: bigint | null, fill: VenueFill | null): Promise<void> {
    if (wanted === null) return;
    const delta = wanted - (this.held.get(coin) ?? 0n);
    const price = fill?.price ?? this.marks.get(coin);
    if (delta === 0n || price === undefined) return;
    const size = formatDecimal(delta < 0n ? -delta : delta, this.world.szDecimals(coin));
    const at = formatPrice(price);
    this.orderId += 1;
    const side = delta > 0n ? 'buy' : 'sell';
    await this.world.trade([{ address: this.address, coin, side, price: at, size, orderId: this.orderId }], [{ coin, price: at }]);
    this.held.set(coin, wanted);
    if (fill !== null) this.say(`the account ${side === 'buy' ? 'bought' : 'sold'} ${size} ${coin} at ${at}`);
    else if (this.begun) this.say(`fills of ${coin} were missed; the account now stands where the venue says`);
  }

  /** Signed lots of the simulated instrument, towards zero; null for an instrument the world does not list, told once. */
  private lots(coin: string, size: bigint | undefined): bigint | null {
    if (this.world.has(coin)) return (size ?? 0n) / pow10(8 - this.world.szDecimals(coin));
    if (!this.unknownCoins.has(coin)) this.say(`${coin} is not listed in the simulated world and is left out`);
    this.unknownCoins.add(coin);
    return null;
  }

  /** Deposits, withdrawals, fees and funding move the account's equity at the venue: the difference is credited here. */
  private async followEquity(): Promise<void> {
    this.equityAt = this.now();
    const states = [...this.states.values()];
    const pooled = states.find((state) => state.pooled);
    const real = pooled?.accountValue ?? states.reduce((sum, state) => sum + state.accountValue, 0n);
    const difference = real - (await this.world.equityOf(this.address));
    if (difference * difference * EQUITY_SHARE * EQUITY_SHARE < real * real) return;
    await this.world.credit(this.address, cents(difference), '');
  }
}

/** The dex a coin is listed on: its name carries it as a prefix, but for the main one. */
const dexOf = (coin: string): string => (coin.includes(':') ? coin.slice(0, coin.indexOf(':')) : '');

/** Money at the six decimals the venue's dollars have, towards zero. */
const cents = (value: bigint): string => formatMoney(money((value / 100n) * 100n));
