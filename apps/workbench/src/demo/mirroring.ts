import { formatDecimal, mulDiv, parseDecimal, parsePrice, pow10, unwrap } from '@lockstep/kernel';
import * as hl from '@nktkas/hyperliquid';
import { privateKeyToAccount } from 'viem/accounts';
import { makeWallet, type Wallet } from '../client/wallet';
import { truthOf } from './audit';
import type { DemoCopy, FollowerPlan } from './brand';
import { type Cast, say, settleDown } from './cast';
import type { Violation } from './judge';
import { judgeMirrors, type StandingOrder } from './judge-mirrors';
import { closeAll, type DemoLeader } from './leaders';

/** A leader whose working orders are mirrored; it signs them itself, with an implementation that is not ours. */
export interface Maker extends DemoLeader {
  readonly wallet: Wallet;
}

const COIN = 'BTC';
/** What its copies trade of what it trades, as a setting and as a number. */
const SHARE = { text: '0.01', value: 0.01 };
/** About so many dollars stand in an order. */
const WORTH = 20_000n;
const WAIT_MS = 30_000;
const POLL_MS = 200;

export function makeMaker(): Maker {
  const wallet = makeWallet();
  return { name: 'Maker', address: wallet.address, held: new Map(), wallet };
}

/** A follower in each brand that mirrors the maker's orders; numbered from `first`. */
export const mirrorPlans = (maker: Maker, brands: number, first: number, catchUpMs: number): readonly FollowerPlan[] =>
  Array.from({ length: brands }, (_, brand) => ({
    index: first + brand,
    brand,
    leaderAddress: maker.address,
    limits: { allocation: '5000', maxSize: null, maxNotional: null, maxShare: null, maxLeverage: '5', venueLeverage: 5 },
    settings: {
      policy: 'orders',
      mode: { kind: 'fixed_ratio', ratio: SHARE.text },
      slippage: { entry_bound: '0.01', exit_bound: '0.05' },
      max_age_ms: 30_000,
      catch_up_ms: catchUpMs,
    },
    funds: { '': '20000' },
  }));

/**
 * The maker's orders rest, are changed, cancelled, filled and followed by one that takes profit. After each step what stands for every follower is held against
 * what stands for the maker, by the venue's own lists; what differed is told.
 */
export async function playMirroring(cast: Cast, maker: Maker): Promise<readonly Violation[]> {
  const desk = new Desk(cast, maker);
  const violations: Violation[] = [];
  const judge = async (): Promise<void> => void violations.push(...(await desk.judged()));
  const size = desk.sizeOf(await desk.mid());
  say(`${maker.name}: a buy of ${desk.text(size)} ${COIN} rests 5 % below the market`);
  await desk.place(true, size, await desk.priceAt(95n), false);
  await judge();
  say(`${maker.name}: it is changed to twice the size, 4 % below`);
  await desk.change(2n * size, await desk.priceAt(96n));
  await judge();
  say(`${maker.name}: it is cancelled`);
  await desk.cancelAll();
  await judge();
  say(`${maker.name}: a buy rests just below the market, which comes to it`);
  const near = (await desk.mid()) - 20n * pow10(8);
  await desk.place(true, size, desk.rounded(near), false);
  await judge();
  await desk.moveTo(near - 200n * pow10(8));
  await desk.untilHeld(size);
  await judge();
  violations.push(...(await desk.heldAtShare()));
  say(`${maker.name}: takes profit 5 % above the market, gives that up, and closes everything`);
  await desk.place(false, size, await desk.priceAt(105n), true);
  await judge();
  await desk.cancelAll();
  await judge();
  await closeAll(maker, cast.market, cast.control);
  await settleDown(cast);
  return violations;
}

/** The maker's place at the venue. */
class Desk {
  private readonly exchange: hl.ExchangeClient;
  private readonly info: hl.InfoClient;
  private readonly copies: readonly { readonly brand: string; readonly copy: DemoCopy }[];
  private asset: number | null = null;

  constructor(
    private readonly cast: Cast,
    private readonly maker: Maker,
  ) {
    const transport = new hl.HttpTransport({ apiUrl: `${cast.stack.simUrl}/` });
    this.exchange = new hl.ExchangeClient({ transport, wallet: privateKeyToAccount(maker.wallet.privateKey) });
    this.info = new hl.InfoClient({ transport });
    this.copies = cast.brands.flatMap((brand) =>
      brand.copies.filter(({ leaderId }) => leaderId === brand.leaderIds.get(maker.address)).map((copy) => ({ brand: brand.name, copy })),
    );
  }

  /** Mid times 10^8. */
  async mid(): Promise<bigint> {
    return unwrap(parsePrice((await this.cast.market.mids())[COIN] ?? ''), 'a mid');
  }

  /** A price at a percentage of the mid, on the venue's grid. */
  async priceAt(percent: bigint): Promise<string> {
    return this.rounded(mulDiv(await this.mid(), percent, 100n, 'zero'));
  }

  /** Whole dollars: on the grid of an instrument of this price. */
  rounded(price: bigint): string {
    return String(price / pow10(8));
  }

  /** Lots of about {@link WORTH}, so many that each copy's share is whole. */
  sizeOf(mid: bigint): bigint {
    const lots = mulDiv(WORTH * pow10(8), pow10(this.decimals), mid, 'zero');
    return (lots / 100n) * 100n;
  }

  text(lots: bigint): string {
    return formatDecimal(lots, this.decimals);
  }

  async place(buy: boolean, lots: bigint, price: string, reduceOnly: boolean): Promise<void> {
    await this.exchange.order({ orders: [await this.order(buy, lots, price, reduceOnly)], grouping: 'na' });
  }

  async change(lots: bigint, price: string): Promise<void> {
    const [order] = await this.info.frontendOpenOrders({ user: hex(this.maker.address) });
    if (order === undefined) throw new Error('the maker has no order to change');
    await this.exchange.modify({ oid: order.oid, order: await this.order(order.side === 'B', lots, price, false) });
  }

  async cancelAll(): Promise<void> {
    const cancels = [];
    for (const { oid } of await this.info.frontendOpenOrders({ user: hex(this.maker.address) })) cancels.push({ a: await this.assetId(), o: oid });
    if (cancels.length > 0) await this.exchange.cancel({ cancels });
  }

  async moveTo(price: bigint): Promise<void> {
    await this.cast.control.movePrices([{ coin: COIN, price: this.rounded(price) }]);
  }

  /** Waits until the maker holds so many lots, and notes it. */
  async untilHeld(lots: bigint): Promise<void> {
    const until = Date.now() + WAIT_MS;
    while ((await this.heldBy(this.maker.address)) !== lots) {
      if (Date.now() > until) throw new Error('the order of the maker was not filled');
      await pause();
    }
    this.maker.held.set(COIN, lots);
  }

  /** What differs between the maker's orders and those of its copies once they had the time to follow. */
  async judged(): Promise<readonly Violation[]> {
    const until = Date.now() + WAIT_MS;
    for (;;) {
      const leader = await this.standing(this.maker.address);
      const found: Violation[] = [];
      for (const { brand, copy } of this.copies)
        found.push(...judgeMirrors(`${brand} ${copy.copyId}`, leader, await this.standing(copy.address), SHARE.value));
      if (found.length === 0 || Date.now() > until) return found;
      await pause();
    }
  }

  /** Copies that do not come to hold their share: a mirror and the repair of one that did not fill bring each to it. */
  async heldAtShare(): Promise<readonly Violation[]> {
    const until = Date.now() + WAIT_MS;
    const wanted = (this.maker.held.get(COIN) ?? 0n) / 100n;
    for (;;) {
      const found: Violation[] = [];
      for (const { brand, copy } of this.copies) {
        const held = await this.heldBy(copy.address);
        if (held !== wanted)
          found.push({
            rule: 'a mirrored order is copied once',
            detail: `${brand} ${copy.copyId}: wanted ${this.text(wanted)}, holds ${this.text(held)}`,
          });
      }
      if (found.length === 0 || Date.now() > until) return found;
      await pause();
    }
  }

  private get decimals(): number {
    return this.cast.market.szDecimals(COIN);
  }

  private async order(buy: boolean, lots: bigint, price: string, reduceOnly: boolean) {
    return { a: await this.assetId(), b: buy, p: price, s: this.text(lots), r: reduceOnly, t: { limit: { tif: 'Gtc' as const } } };
  }

  private async assetId(): Promise<number> {
    this.asset ??= (await this.info.meta()).universe.findIndex(({ name }) => name === COIN);
    return this.asset;
  }

  private async standing(address: string): Promise<readonly StandingOrder[]> {
    return this.info.frontendOpenOrders({ user: hex(address) });
  }

  private async heldBy(address: string): Promise<bigint> {
    const { positions } = await truthOf(this.cast.control, address);
    return unwrap(parseDecimal(positions.get(COIN) ?? '0', this.decimals), 'a size of the venue');
  }
}

const hex = (address: string): `0x${string}` => `0x${address.slice(2)}`;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS));
