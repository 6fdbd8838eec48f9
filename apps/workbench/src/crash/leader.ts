import { formatDecimal } from '@lockstep/kernel';
import { type Chance, seededChance } from '@lockstep/simulation';
import type { SimControl } from '../client/sim-control';
import type { Market } from '../demo/market';

/** Coins the leader trades, with the lots of one step: large enough that a tenth is above the venue's minimum after halving. */
const STEPS: readonly (readonly [coin: string, usd: number])[] = [
  ['ETH', 6_000],
  ['SOL', 6_000],
  ['BTC', 9_000],
];

/** What the leader did, for the report. */
export interface LeaderMove {
  readonly coin: string;
  readonly kind: 'open' | 'add' | 'reduce' | 'flip' | 'close';
  readonly to: string;
}

/** A leader whose moves follow from a seed. Every kind of move comes up; the position stays within a few steps. */
export class CrashLeader {
  private readonly chance: Chance;
  private readonly held = new Map<string, bigint>();
  private moves = 0;

  constructor(
    readonly address: string,
    seed: number,
    private readonly market: Market,
    private readonly control: SimControl,
  ) {
    this.chance = seededChance(seed, 'crash leader');
  }

  /** Signed lots held, by coin. */
  positions(): ReadonlyMap<string, bigint> {
    return this.held;
  }

  /** One move at the price of the moment, in the next coin, of a kind drawn from the seed. */
  async act(): Promise<LeaderMove> {
    const [coin, usd] = STEPS[this.moves % STEPS.length] ?? ['ETH', 6_000];
    return this.step(coin, usd, (held, step) => this.kindOf(held, step));
  }

  /** One move of a given kind in a coin, in steps of so many dollars. Where nothing is held every kind opens; where something is, `open` adds. */
  async move(coin: string, kind: LeaderMove['kind'], usd: number): Promise<LeaderMove> {
    return this.step(coin, usd, (held) => (held === 0n ? 'open' : kind === 'open' ? 'add' : kind));
  }

  /** Brings a position back to so many dollars on the side it stands on; false when it stood there already. */
  async toSize(coin: string, usd: number): Promise<boolean> {
    const mid = (await this.market.mids())[coin] ?? '1';
    const held = this.held.get(coin) ?? 0n;
    const wanted = this.lotsOf(coin, usd, mid) * (held < 0n ? -1n : 1n);
    if (wanted === held) return false;
    this.moves += 1;
    await this.tradeTo(coin, wanted > held === held >= 0n ? 'add' : 'reduce', wanted, mid);
    return true;
  }

  private lotsOf(coin: string, usd: number, mid: string): bigint {
    return BigInt(Math.max(1, Math.floor((usd * 10 ** this.market.szDecimals(coin)) / Number(mid))));
  }

  private async step(coin: string, usd: number, kindOf: (held: bigint, step: bigint) => LeaderMove['kind']): Promise<LeaderMove> {
    this.moves += 1;
    const mid = (await this.market.mids())[coin] ?? '1';
    const step = this.lotsOf(coin, usd, mid);
    const held = this.held.get(coin) ?? 0n;
    const kind = kindOf(held, step);
    return this.tradeTo(coin, kind, wanted(kind, held, step, this.chance.below(2) === 0), mid);
  }

  /** Closes everything, coin by coin. */
  async closeAll(): Promise<void> {
    const mids = await this.market.mids();
    for (const [coin, held] of this.held) if (held !== 0n) await this.tradeTo(coin, 'close', 0n, mids[coin] ?? '1');
  }

  private kindOf(held: bigint, step: bigint): LeaderMove['kind'] {
    if (held === 0n) return 'open';
    if (held >= 4n * step || held <= -4n * step) return 'reduce';
    return (['add', 'add', 'reduce', 'flip', 'close'] as const)[this.chance.below(5)] ?? 'add';
  }

  private async tradeTo(coin: string, kind: LeaderMove['kind'], to: bigint, price: string): Promise<LeaderMove> {
    const delta = to - (this.held.get(coin) ?? 0n);
    const decimals = this.market.szDecimals(coin);
    const size = formatDecimal(delta < 0n ? -delta : delta, decimals);
    await this.control.trade([{ address: this.address, coin, side: delta > 0n ? 'buy' : 'sell', price, size, orderId: 800_000_000 + this.moves }]);
    this.held.set(coin, to);
    return { coin, kind, to: formatDecimal(to, decimals) };
  }
}

function wanted(kind: LeaderMove['kind'], held: bigint, step: bigint, long: boolean): bigint {
  switch (kind) {
    case 'open':
      return long ? step : -step;
    case 'add':
      return held > 0n ? held + step / 2n : held - step / 2n;
    case 'reduce':
      return held / 2n;
    case 'flip':
      return held > 0n ? -step : step;
    case 'close':
      return 0n;
  }
}
