import { formatDecimal, must, parseDecimal, present, price, size, unwrap } from '@lockstep/kernel';
import type { Json, World } from '../exchange/port';
import type { ScenarioCoin } from './cast';
import { inCents, ppmOf } from './coins';
import { fitTrade, lotsOf } from './positions';
import type { Scenario } from './scenario';
import type { LeaderTrades, OwnSize, QuoteRow, Step } from './steps';

const UNIT_SCALE = 8;
const WHOLE_PPM = 1_000_000;

/** Plays what a scenario's market, leaders and followers at the venue do on a simulated exchange. */
export interface WorldPlayer {
  /** Opens the accounts of leaders and followers with their money; once, before the first step. */
  begin(): void;
  /**
   * Hands a step to the world, whose blocks were executed up to the step's time; it acts in its next block. False for steps that are not the venue's own:
   * those of tenants, agents, builders, faults, engines and calms, which change nothing here.
   */
  play(step: Step): boolean;
  /** What an address holds of a coin, in lots, with what was handed over and waits for its block. */
  position(address: string, coin: string): number;
}

export const worldPlayer = (world: World, scenario: Scenario): WorldPlayer => new Player(world, scenario);

/** What a clearinghouse tells of an account, money 10^-8. */
interface Standing {
  readonly equity: bigint;
  readonly maintenance: bigint;
  readonly withdrawable: bigint;
  readonly sizes: ReadonlyMap<string, bigint>;
}

class Player implements WorldPlayer {
  private readonly coins: ReadonlyMap<string, ScenarioCoin>;
  private readonly prices: Map<string, bigint>;
  /** Lots on their way into a block, by address and coin. */
  private readonly waiting = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
  ) {
    this.coins = new Map(scenario.coins.map((coin) => [coin.coin, coin]));
    this.prices = new Map(scenario.coins.map(({ coin, startPrice }) => [coin, startPrice]));
  }

  begin(): void {
    const purses = (cash: Readonly<Record<string, bigint>>): Record<string, string> =>
      Object.fromEntries(Object.entries(cash).map(([dex, amount]) => [dex, formatDecimal(amount, UNIT_SCALE)]));
    const { leaders, followers } = this.scenario;
    this.world.control.setup([...leaders, ...followers].map(({ address, cash }) => ({ address, credits: purses(cash) })));
  }

  play(step: Step): boolean {
    const { control } = this.world;
    switch (step.kind) {
      case 'prices':
        for (const { coin, price: to } of step.moves) this.movePrice(coin, to);
        return true;
      case 'quote':
        control.quote(step.coin, this.rows(step.coin, step.bids), this.rows(step.coin, step.asks));
        return true;
      case 'makers':
        control.setMakers(step.coin, step.on);
        return true;
      case 'regime':
        return true;
      case 'funding_rate':
        control.setFunding(step.coin, step.hourly);
        return true;
      case 'funding_charge':
        control.advanceFunding();
        return true;
      case 'halt':
        control.haltTrading(step.coin);
        return true;
      case 'resume':
        control.resumeTrading(step.coin);
        return true;
      case 'delist':
        control.delist(step.coin);
        return true;
      default:
        return this.playParty(step);
    }
  }

  position(address: string, coin: string): number {
    const spec = this.coin(coin);
    const held = this.standing(address, spec.dex).sizes.get(coin) ?? 0n;
    return Number(held / lotOf(spec)) + (this.waiting.get(`${address} ${coin}`) ?? 0);
  }

  private playParty(step: Step): boolean {
    switch (step.kind) {
      case 'leader_trades':
        this.trade(step);
        return true;
      case 'leader_cash':
        this.pay(this.leader(step.leader), step.dex, step.amount);
        return true;
      case 'leader_liquidated':
        this.liquidate(this.leader(step.leader), step.dex, step.keepPpm);
        return true;
      case 'own_trade':
        this.ownTrade(this.follower(step.follower), step.coin, step.size);
        return true;
      case 'venue_cash':
        this.pay(this.follower(step.follower), step.dex, step.amount);
        return true;
      default:
        return false;
    }
  }

  private movePrice(coin: string, to: bigint): void {
    this.prices.set(coin, to);
    this.world.control.movePrice(coin, price(to));
  }

  private rows(coin: string, rows: readonly QuoteRow[]): { price: ReturnType<typeof price>; size: ReturnType<typeof size> }[] {
    const lot = lotOf(this.coin(coin));
    return rows.map((row) => ({ price: price(row.price), size: size(BigInt(row.lots) * lot) }));
  }

  private trade(planned: LeaderTrades): void {
    const address = this.leader(planned.leader);
    const fitted = fitTrade(planned, this.position(address, planned.coin));
    if (fitted === null) return;
    for (const { lots, price: at } of fitted.fills) this.force(address, fitted.coin, lots, at, fitted.order);
    must(lotsOf(fitted) !== 0, 'a fitted trade changes a position');
  }

  private ownTrade(address: string, coin: string, wanted: OwnSize): void {
    const lots = wanted.by === 'lots' ? wanted.lots : Math.trunc((this.position(address, coin) * wanted.ppm) / WHOLE_PPM);
    if (lots !== 0) this.force(address, coin, lots, present(this.prices.get(coin), `price of ${coin}`));
  }

  private force(address: string, coin: string, lots: number, at: bigint, orderId?: number): void {
    const key = `${address} ${coin}`;
    const waits = (change: number): void => void this.waiting.set(key, (this.waiting.get(key) ?? 0) + change);
    const trade = {
      address,
      coin,
      side: lots > 0 ? ('buy' as const) : ('sell' as const),
      price: price(at),
      size: size(BigInt(Math.abs(lots)) * lotOf(this.coin(coin))),
    };
    waits(lots);
    this.world.control.forceTradeWith(orderId === undefined ? trade : { ...trade, orderId }, () => waits(-lots));
  }

  /** A withdrawal takes no more than may leave. */
  private pay(address: string, dex: string, amount: bigint): void {
    const free = inCents(this.standing(address, dex).withdrawable);
    const paid = amount < -free ? -free : amount;
    if (paid !== 0n) this.world.control.credit(address, dex, formatDecimal(paid, UNIT_SCALE));
  }

  private liquidate(address: string, dex: string, keepPpm: number): void {
    const { equity, maintenance } = this.standing(address, dex);
    const taken = inCents(equity - ppmOf(maintenance, keepPpm));
    if (taken > 0n) this.world.control.credit(address, dex, formatDecimal(-taken, UNIT_SCALE));
  }

  private standing(address: string, dex: string): Standing {
    const answer = this.world.info({ type: 'clearinghouseState', user: address, dex });
    must(answer.status === 200, `the world tells of ${address} on ${dex}`);
    const state = object(answer.body);
    const positions = list(state.assetPositions).map((each) => object(object(each).position));
    return {
      equity: amount(object(state.crossMarginSummary).accountValue),
      maintenance: amount(state.crossMaintenanceMarginUsed),
      withdrawable: amount(state.withdrawable),
      sizes: new Map(positions.map((position) => [String(position.coin), amount(position.szi)])),
    };
  }

  private coin = (coin: string): ScenarioCoin => present(this.coins.get(coin), `coin ${coin} of the scenario`);
  private leader = (leader: number): string => present(this.scenario.leaders[leader], `leader ${leader}`).address;
  private follower = (follower: number): string => present(this.scenario.followers[follower], `follower ${follower}`).address;
}

const lotOf = ({ szDecimals }: ScenarioCoin): bigint => 10n ** BigInt(UNIT_SCALE - szDecimals);
const amount = (value: Json | undefined): bigint => unwrap(parseDecimal(String(value), UNIT_SCALE), `amount ${String(value)}`);
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

function object(value: Json | undefined): { readonly [key: string]: Json | undefined } {
  must(typeof value === 'object' && value !== null && !Array.isArray(value), 'the world tells an object');
  return Object.fromEntries(Object.entries(value));
}
