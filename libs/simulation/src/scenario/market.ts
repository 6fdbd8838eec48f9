import { present } from '@lockstep/kernel';
import type { Candle } from '../makers/candles';
import type { ScenarioCoin } from './cast';
import { lotsWorth, onGrid, ppmOf } from './coins';
import type { Draws } from './draws';
import type { MarketStep, QuoteRow, Regime } from './steps';

/** What a coin's price follows besides its moods: the next price of a recording; null: none, or none any more. */
export interface CoinPath {
  next(): bigint | null;
}

/** A mood that may begin, or one of all coins at once, or the end of a coin. */
export type Mood = Regime | 'delisted' | 'market_crash';

/** How a market is not drawn as usual. */
export interface MarketPlan {
  /** What may begin after a calm, with shares; empty: nothing ever. */
  readonly moods: readonly (readonly [share: number, mood: Mood])[];
  readonly paths: ReadonlyMap<string, CoinPath>;
}

/** What the script knows of one coin's market at a moment. */
interface CoinMarket {
  readonly coin: ScenarioCoin;
  price: bigint;
  /** Price as the present regime began: says where the trend goes. */
  anchor: bigint;
  regime: Regime;
  until: number;
  driftPpm: number;
  spreadPpm: number;
  delisted: boolean;
  makersOff: boolean;
  candles: CandleRun | null;
  /** Price of its path at the move before. */
  followed: bigint | null;
}

/** A recorded stretch, scaled to the price at which it began: four corners a candle. */
interface CandleRun {
  readonly candles: readonly Candle[];
  readonly base: bigint;
  corner: number;
}

export const TICK_MS = 3_000;
const CRASH_TICK_MS = 1_000;
const CORNERS = 4;
/** A price turns back at this multiple of its start and at its inverse. */
const WANDER_MOST = 3n;
const USD = 100_000_000n;
/** One row of a thin book. */
const THIN_ROW_USD = [40, 900] as const;
const THIN_ROWS = 3;
const CALM_SPREAD_PPM = 150;

/** The prices of a script: a random walk with moods for each coin, in whole numbers on its grid. */
export class ScenarioMarket {
  private readonly markets: ReadonlyMap<string, CoinMarket>;
  private delistingsLeft: number;
  private quiet = false;
  nextAt = 0;

  constructor(
    readonly coins: readonly ScenarioCoin[],
    private readonly draw: Draws,
    private readonly recordings: readonly { readonly coin: string; readonly candles: readonly Candle[] }[],
    private readonly plan: MarketPlan | null = null,
  ) {
    this.markets = new Map(coins.map((coin) => [coin.coin, beginning(coin, draw)]));
    this.delistingsLeft = draw.oneIn(3) ? 1 : 0;
  }

  coin(name: string): ScenarioCoin {
    return this.of(name).coin;
  }

  price(name: string): bigint {
    return this.of(name).price;
  }

  /** Whether leaders can trade it now. */
  isOpen(name: string): boolean {
    const { delisted, regime } = this.of(name);
    return !delisted && regime !== 'halted';
  }

  /** 1 rising, −1 falling since the mood began. */
  trend(name: string): 1 | -1 {
    const { price, anchor } = this.of(name);
    return price >= anchor ? 1 : -1;
  }

  /** The next move of all prices, with what begins or ends there. */
  act(at: number): MarketStep[] {
    const moods = [...this.markets.values()].flatMap((market) => (at >= market.until && !this.quiet ? this.turn(market, at) : []));
    const moving = [...this.markets.values()].filter(({ coin }) => this.isOpen(coin.coin));
    for (const market of moving) this.move(market);
    const prices: MarketStep = { at, kind: 'prices', moves: moving.map(({ coin, price }) => ({ coin: coin.coin, price })) };
    const quotes = moving.filter(({ regime }) => regime === 'thin').map((market) => thinBook(market, at, this.draw));
    this.nextAt = at + ([...this.markets.values()].some(({ regime }) => regime === 'crash') ? CRASH_TICK_MS : TICK_MS);
    return [...moods, prices, ...quotes];
  }

  /** Everything unusual ends, and prices only tremble until `loud`. */
  hush(at: number): MarketStep[] {
    this.quiet = true;
    return [...this.markets.values()].flatMap((market) => (market.regime === 'calm' || market.delisted ? [] : this.become(market, 'calm', at)));
  }

  loud(): void {
    this.quiet = false;
  }

  private of(name: string): CoinMarket {
    return present(this.markets.get(name), `coin ${name} of the scenario`);
  }

  private turn(market: CoinMarket, at: number): MarketStep[] {
    if (market.delisted) return [];
    if (market.regime !== 'calm') return this.become(market, 'calm', at);
    const next = this.nextMood(market);
    if (next === null) return [];
    if (next === 'delisted') return this.delist(market, at);
    if (next !== 'market_crash') return this.become(market, next, at);
    const falling = [...this.markets.values()].filter((each) => !each.delisted && each.regime === 'calm');
    return falling.flatMap((each) => this.become(each, 'crash', at));
  }

  private nextMood(market: CoinMarket): Mood | null {
    if (this.plan !== null) return this.plan.moods.length === 0 ? null : this.draw.weighted(this.plan.moods);
    return this.draw.weighted<Mood>([
      [22, 'rise'],
      [22, 'fall'],
      [4, 'market_crash'],
      [5, 'crash'],
      [13, 'gap'],
      [15, 'thin'],
      [11, 'funding_spike'],
      [9, 'halted'],
      [this.recordings.length > 0 ? 16 : 0, 'candles'],
      [this.delistingsLeft > 0 && market.coin.coin !== 'BTC' ? 12 : 0, 'delisted'],
    ]);
  }

  private delist(market: CoinMarket, at: number): MarketStep[] {
    this.delistingsLeft -= 1;
    market.delisted = true;
    market.regime = 'halted';
    return [{ at, kind: 'delist', coin: market.coin.coin }];
  }

  /** Ends one mood and begins another. */
  private become(market: CoinMarket, regime: Regime, at: number): MarketStep[] {
    const { coin } = market.coin;
    const ended = endOf(market, at);
    market.makersOff = false;
    market.regime = regime;
    market.anchor = market.price;
    market.candles = null;
    const begun = this.begin(market, regime, at);
    return [...ended, { at, kind: 'regime', coin, regime }, ...begun];
  }

  private begin(market: CoinMarket, regime: Regime, at: number): MarketStep[] {
    const { draw } = this;
    const { coin } = market.coin;
    const last = (leastS: number, mostS: number): void => {
      market.until = at + draw.between(leastS, mostS) * 1_000;
    };
    market.driftPpm = 0;
    market.spreadPpm = CALM_SPREAD_PPM;
    switch (regime) {
      case 'calm':
        last(15, 75);
        return [];
      case 'rise':
      case 'fall':
        last(20, 80);
        market.driftPpm = draw.between(400, 1_500) * (regime === 'rise' ? 1 : -1);
        market.spreadPpm = 500;
        return [];
      case 'crash': {
        const seconds = draw.between(60, 180);
        market.until = at + seconds * 1_000;
        market.driftPpm = -Math.round(draw.between(200_000, 280_000) / seconds);
        market.spreadPpm = 700;
        return [];
      }
      case 'gap':
        last(4, 12);
        market.price = wander(market, draw.between(25_000, 110_000) * (draw.oneIn(2) ? 1 : -1));
        market.makersOff = draw.oneIn(2);
        return market.makersOff ? [{ at, kind: 'makers', coin, on: false }] : [];
      case 'thin':
        last(15, 60);
        return [];
      case 'funding_spike': {
        last(20, 60);
        const hourly = `${draw.oneIn(2) ? '' : '-'}0.00${draw.between(10, 99)}`;
        return [
          { at, kind: 'funding_rate', coin, hourly },
          { at, kind: 'funding_charge' },
        ];
      }
      case 'halted':
        last(5, 35);
        return [{ at, kind: 'halt', coin }];
      case 'candles':
        last(60, 180);
        market.candles = this.stretch(market);
        return [];
    }
  }

  /** A recording of the coin itself where there is one, from a drawn candle on. */
  private stretch({ coin, price }: CoinMarket): CandleRun {
    const { candles } = this.recordings.find((recording) => recording.coin === coin.coin) ?? this.draw.pick(this.recordings);
    const from = this.draw.below(Math.max(1, candles.length - 100));
    return { candles: candles.slice(from, from + 100), base: price, corner: 0 };
  }

  /** Changes the price by as much as its path changed. */
  private follow(market: CoinMarket): void {
    const recorded = this.plan?.paths.get(market.coin.coin)?.next() ?? null;
    if (recorded === null) return;
    if (market.followed !== null) market.price = onGrid(market.coin, (market.price * recorded) / market.followed, 'down');
    market.followed = recorded;
  }

  private move(market: CoinMarket): void {
    if (!this.quiet) this.follow(market);
    const replayed = market.candles === null ? null : nextCorner(market.candles);
    market.price =
      replayed === null
        ? wander(market, market.driftPpm + this.draw.between(-market.spreadPpm, market.spreadPpm))
        : onGrid(market.coin, replayed, 'down');
  }
}

function beginning(coin: ScenarioCoin, draw: Draws): CoinMarket {
  const [price, calm] = [coin.startPrice, 'calm' as const];
  const until = draw.between(10, 60) * 1_000;
  return {
    coin,
    price,
    anchor: price,
    regime: calm,
    until,
    driftPpm: 0,
    spreadPpm: CALM_SPREAD_PPM,
    delisted: false,
    makersOff: false,
    candles: null,
    followed: null,
  };
}

function endOf({ coin: { coin }, regime, makersOff }: CoinMarket, at: number): MarketStep[] {
  if (makersOff) return [{ at, kind: 'makers', coin, on: true }];
  if (regime === 'halted') return [{ at, kind: 'resume', coin }];
  if (regime === 'funding_spike')
    return [
      { at, kind: 'funding_charge' },
      { at, kind: 'funding_rate', coin, hourly: null },
    ];
  return [];
}

/** The price so many millionths away, on the grid, turned back where it strays too far from its start. */
function wander({ coin, price }: CoinMarket, ppm: number): bigint {
  const isHigh = price > coin.startPrice * WANDER_MOST;
  const isLow = price * WANDER_MOST < coin.startPrice;
  const turned = isHigh ? -Math.abs(ppm) : isLow ? Math.abs(ppm) : ppm;
  return onGrid(coin, price + ppmOf(price, turned), turned > 0 ? 'up' : 'down');
}

/** Open, nearer extreme, other extreme, close of one candle after the other; null when the recording is at its end. */
function nextCorner(run: CandleRun): bigint | null {
  const first = run.candles[0];
  const candle = run.candles[Math.floor(run.corner / CORNERS)];
  if (first === undefined || candle === undefined) return null;
  const { open, high, low, close } = candle;
  const corners = open - low < high - open ? [open, low, high, close] : [open, high, low, close];
  const corner = corners[run.corner % CORNERS] ?? close;
  run.corner += 1;
  return (run.base * corner) / first.open;
}

/** A few small rows a side, far apart. */
function thinBook({ coin, price }: CoinMarket, at: number, draw: Draws): MarketStep {
  const rows = (side: 1 | -1): QuoteRow[] => {
    let away = draw.between(300, 3_000);
    let last = price;
    return Array.from({ length: THIN_ROWS }, () => {
      const raw = price + ppmOf(price, side * away);
      // Where the grid is coarser than the distance drawn the row goes one tick beyond the one before.
      const beyond = side > 0 ? (raw > last ? raw : last + 1n) : raw < last ? raw : last - 1n;
      last = onGrid(coin, beyond, side > 0 ? 'up' : 'down');
      away += draw.between(500, 3_000);
      return { price: last, lots: Math.max(1, lotsWorth(coin, BigInt(draw.skewed(...THIN_ROW_USD)) * USD, last)) };
    });
  };
  return { at, kind: 'quote', coin: coin.coin, bids: rows(-1), asks: rows(1) };
}
