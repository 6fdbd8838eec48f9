import { formatMoney, fromLots, type Instrument, money, price, roundPrice, type Side, size } from '@lockstep/kernel';
import {
  type CoinPrices,
  contextsOf,
  createWorld,
  defaultUniverse,
  type Json,
  type Scenario,
  type ScenarioCoin,
  type Submission,
  type Universe,
  type VirtualTime,
  type World,
  WorldClock,
} from '@lockstep/simulation';

/** Blocks of a simulated world, in ms: coarse, because what is judged is what the engine does, not how fast the venue is. */
const BLOCK_MS = 200;
const HOUR_MS = 3_600_000;
const TAKER_WAY_PPM = 20_000n;
const MILLION = 1_000_000n;

/** The world of a scenario: its coins alone, its accounts, and what its script does to them. */
export class SimWorld {
  readonly world: World;
  readonly clock: WorldClock;
  private readonly coins: ReadonlyMap<string, ScenarioCoin>;
  private readonly byDex = new Map<string, readonly string[]>();
  private assets: ReadonlyMap<string, number> | null = null;

  constructor(
    private readonly time: VirtualTime,
    scenario: Scenario,
    watch: (world: World) => World,
    onBlocks: () => void,
  ) {
    this.coins = new Map(scenario.coins.map((coin) => [coin.coin, coin]));
    for (const { coin, dex } of this.coins.values()) this.byDex.set(dex, [...(this.byDex.get(dex) ?? []), coin]);
    const settings = { blockMs: BLOCK_MS, fillsKept: 100_000, ordersKept: 100_000, agentRemovalMs: 0 };
    const inner = createWorld({ name: 'sim', seed: scenario.seed, genesisTime: time.now(), universe: universeOf(scenario.coins), settings });
    this.world = inner;
    this.clock = new WorldClock(time, watch(inner), BLOCK_MS, undefined, onBlocks);
  }

  instrument(coin: string): Instrument {
    const spec = this.coin(coin);
    const { dex, szDecimals, maxLeverage, onlyIsolated, collateral } = spec;
    return { venue: 'hyperliquid', dex, coin, assetId: 0, szDecimals, maxLeverage, onlyIsolated, delisted: false, collateral };
  }

  coin(coin: string): ScenarioCoin {
    const spec = this.coins.get(coin);
    if (spec === undefined) throw new Error(`coin ${coin} is not of this scenario`);
    return spec;
  }

  get names(): readonly string[] {
    return [...this.coins.keys()];
  }

  coinsOf(dex: string): readonly string[] {
    return this.byDex.get(dex) ?? [];
  }

  get dexes(): readonly string[] {
    return [...this.byDex.keys()];
  }

  prices(coin: string): CoinPrices {
    return this.world.control.prices(coin);
  }

  /** Does something to the world in its next block. */
  act(what: (control: World['control']) => void): void {
    this.clock.catchUp();
    what(this.world.control);
    this.clock.expect();
  }

  /** Hands an action to the world, for its next block. */
  submit(submission: Submission): void {
    this.clock.catchUp();
    this.world.submitWith(submission, () => undefined);
    this.clock.expect();
  }

  /** The venue's number of a coin. */
  assetId(coin: string): number {
    this.assets ??= new Map(
      contextsOf((request) => this.world.info(request).body, this.dexes).map(({ instrument }) => [instrument.coin, instrument.assetId]),
    );
    return this.assets.get(coin) ?? 0;
  }

  /** Working orders of an address in a coin, by the venue's numbers. */
  openOrders(address: string, coin: string): readonly number[] {
    const rows = this.info({ type: 'openOrders', user: address, dex: this.coin(coin).dex }) as readonly {
      readonly coin: string;
      readonly oid: number;
    }[];
    return rows.filter((row) => row.coin === coin).map(({ oid }) => oid);
  }

  /** Signed position of an address, in lots. */
  position(address: string, coin: string): number {
    this.clock.catchUp();
    const spec = this.coin(coin);
    const found = this.states(address, spec.dex).find((position) => position.coin === coin);
    return found === undefined ? 0 : Number(found.size / (fromLots(this.instrument(coin), 1) as bigint));
  }

  /** Positions of an address on a dex, 10^-8. */
  states(address: string, dex: string): { readonly coin: string; readonly size: bigint }[] {
    const rows = (this.clearinghouse(address, dex)['assetPositions'] ?? []) as readonly {
      readonly position: { readonly coin: string; readonly szi: string };
    }[];
    return rows.map(({ position }) => ({ coin: position.coin, size: decimal(position.szi) }));
  }

  clearinghouse(address: string, dex: string): Readonly<Record<string, unknown>> {
    const answer = this.world.info({ type: 'clearinghouseState', user: address, dex });
    return answer.body as unknown as Readonly<Record<string, unknown>>;
  }

  /** Fills of an address against the house, all in the next block. */
  trade(address: string, coin: string, fills: readonly { readonly lots: number; readonly price: bigint }[], orderId?: number): void {
    const instrument = this.instrument(coin);
    this.act((control) => {
      for (const { lots, price: at } of fills) {
        const side: Side = lots > 0 ? 'buy' : 'sell';
        const order = orderId === undefined ? {} : { orderId };
        control.forceTradeWith(
          { address, coin, side, price: price(at), size: size(fromLots(instrument, Math.abs(lots))), ...order },
          () => undefined,
        );
      }
    });
  }

  /** A price of the grid at which a trade against the market is made. */
  marketPrice(coin: string, buy: boolean): bigint {
    const { mark } = this.prices(coin);
    const away = (mark * TAKER_WAY_PPM) / MILLION / 20n;
    return roundPrice(this.instrument(coin), price(buy ? mark + away : mark - away), buy ? 'up' : 'down');
  }

  credit(address: string, dex: string, amount: bigint): void {
    // The world counts millionths.
    this.act((control) => control.credit(address, dex, formatMoney(money((amount / 100n) * 100n))));
  }

  info(request: Json): unknown {
    this.clock.catchUp();
    return this.world.info(request).body;
  }

  start(): void {
    this.clock.start();
  }

  /** Right after the next block: what is handed over then comes in the one behind it. */
  nextBlock(): number {
    return (Math.floor(this.time.exact() / BLOCK_MS) + 1) * BLOCK_MS + 1;
  }

  /** Whether the next block is the one that charges the funding of a full hour. */
  chargesNext(): boolean {
    return (this.nextBlock() - 1 - BLOCK_MS) % HOUR_MS === 0;
  }

  now(): number {
    return this.time.now();
  }
}

/** Decimal text with at most eight decimals, 10^-8. */
export function decimal(text: string): bigint {
  const sign = text.startsWith('-') ? -1n : 1n;
  const [whole = '0', part = ''] = text.replace('-', '').split('.');
  return sign * (BigInt(whole) * 100_000_000n + BigInt(part.padEnd(8, '0').slice(0, 8)));
}

/** The default universe without what the scenario does not trade. */
function universeOf(coins: readonly ScenarioCoin[]): Universe {
  const names = new Set(coins.map(({ coin }) => coin));
  const dexes = defaultUniverse.dexes
    .map((dex) => ({ ...dex, assets: dex.assets.filter(({ coin }) => names.has(coin)) }))
    .filter((dex) => dex.name === '' || dex.assets.length > 0);
  return { ...defaultUniverse, dexes, spotPairs: [] };
}
