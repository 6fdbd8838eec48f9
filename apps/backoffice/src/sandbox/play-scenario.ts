import { SCENARIOS, type ScenarioName, type ScenarioParams, wireTime } from '@lockstep/delivery';
import type { SandboxRow } from '@lockstep/storage';
import { evenSteps, type PriceStep, pricedAt, thinLevels, unevenSteps } from './price-steps';
import { failed, once, repeatable } from './task-end';
import { cutTo, outcomeBody } from './trades';
import { beginOnce, keepWorld, type Work } from './work';
import type { Controlled, WorldMarket, WorldTrade } from './world-control';

const MINUTE_MS = 60_000;
/** A price is moved so often while a scenario runs. */
const STEP_MS = 2_000;
/** Against a leader, so much of the price at a time. */
const LIQUIDATION_STEP_PERCENT = 2;
/** The world is kept, and what was done is written, at least so often. */
const KEEP_MS = 10_000;

/** Plays a scenario and returns what it did, in order, with the venue's times. A run that finds it begun ends it as interrupted. */
export async function playScenario(
  work: Work,
  sandbox: SandboxRow,
  order: { readonly name: ScenarioName; readonly params: unknown },
): Promise<unknown> {
  const stage = new Stage(work, sandbox);
  await PLAYS[order.name](stage, order.params);
  return stage.done();
}

type Play = (stage: Stage, params: unknown) => Promise<void>;
const play =
  <N extends ScenarioName>(name: N, run: (stage: Stage, params: ScenarioParams<N>) => Promise<void>): Play =>
  async (stage, given) => {
    const read = SCENARIOS[name].params.safeParse(given);
    if (!read.success) throw failed('interrupted');
    await run(stage, read.data as ScenarioParams<N>);
  };

const signOf = (direction: 'up' | 'down'): number => (direction === 'up' ? 1 : -1);

const PLAYS: Readonly<Record<ScenarioName, Play>> = {
  leader_opens: play('leader_opens', async (stage, { leader, coin, side, size }) => stage.trade(leader, coin, side, size)),
  leader_flips: play('leader_flips', async (stage, { leader, coin }) => {
    const held = await stage.position(leader, coin);
    if (held === 0) throw failed('no_position');
    await stage.trade(leader, coin, held > 0 ? 'sell' : 'buy', String(2 * Math.abs(held)));
  }),
  leader_closes: play('leader_closes', async (stage, { leader, coin }) => {
    const held = await stage.position(leader, coin);
    if (held === 0) throw failed('no_position');
    await stage.trade(leader, coin, held > 0 ? 'sell' : 'buy', String(Math.abs(held)));
  }),
  liquidation_of_leader: play('liquidation_of_leader', async (stage, { leader, coin, percent }) => {
    const held = await stage.position(leader, coin);
    if (held === 0) throw failed('no_position');
    const towards = held > 0 ? -1 : 1;
    for (let moved = LIQUIDATION_STEP_PERCENT; moved <= percent; moved += LIQUIDATION_STEP_PERCENT) {
      await stage.move(coin, { percent: towards * moved, afterMs: STEP_MS });
      const left = await stage.position(leader, coin);
      if (left === 0) return stage.tell({ liquidated: true, coin });
    }
    stage.tell({ liquidated: false, coin });
  }),
  crash: play('crash', async (stage, { coin, percent, minutes }) => stage.moves(coin, evenSteps(-percent, minutes * MINUTE_MS, STEP_MS))),
  trend: play('trend', async (stage, { coin, direction, percent, minutes }) =>
    stage.moves(coin, unevenSteps(signOf(direction) * percent, minutes * MINUTE_MS, STEP_MS, stage.seed)),
  ),
  gap: play('gap', async (stage, { coin, direction, percent }) => stage.move(coin, { percent: signOf(direction) * percent, afterMs: 0 })),
  thin_book: play('thin_book', async (stage, { coin, usd, minutes }) => {
    await stage.thin(coin, usd);
    await stage.wait(minutes * MINUTE_MS);
    await stage.makersBack(coin);
  }),
  funding_spike: play('funding_spike', async (stage, { coin, percent }) => stage.funding(coin, (percent / 100).toFixed(8))),
  funding_normal: play('funding_normal', async (stage, { coin }) => stage.funding(coin, null)),
  halt: play('halt', async (stage, { coin }) => stage.trading(coin, true)),
  resume: play('resume', async (stage, { coin }) => stage.trading(coin, false)),
};

/** A world with a scenario on it: what is done there, written down as it is done. */
class Stage {
  private readonly told: object[] = [];
  private begun = false;
  private readonly starts = new Map<string, WorldMarket>();

  constructor(
    private readonly work: Work,
    private readonly sandbox: SandboxRow,
  ) {}

  get seed(): number {
    return this.sandbox.seed;
  }

  done(): unknown {
    return { did: this.told };
  }

  tell(what: object): void {
    this.told.push(what);
  }

  /** Signed; 0 where nothing is held. */
  async position(address: string, coin: string): Promise<number> {
    const answer = this.work.ctx.worlds.position(this.sandbox.id, address, coin);
    return Number(await (this.begun ? once(answer, 'unknown_coin', () => this.done()) : repeatable(answer, 'unknown_coin')));
  }

  async trade(address: string, coin: string, side: WorldTrade['side'], size: string): Promise<void> {
    const market = await this.market(coin);
    const trade = { address, coin, side, price: market.mark, size: cutTo(size, market.sizeDecimals) };
    if (Number(trade.size) === 0) throw failed('trade_refused');
    const [outcome] = await this.act('trade_refused', (worlds, world) => worlds.trade(world, [trade]));
    this.tell({ trade: { ...trade, ...outcomeBody(outcome) } });
    if (outcome === undefined || 'error' in outcome) throw failed('trade_refused', this.done());
  }

  /** Moves a price to so much from where it stood when the scenario met it first. */
  async move(coin: string, { percent, afterMs }: PriceStep): Promise<void> {
    await this.wait(afterMs);
    const { mark, priceDecimals } = await this.market(coin);
    const price = pricedAt(mark, percent, priceDecimals);
    await this.act('unknown_coin', (worlds, world) => worlds.movePrice(world, coin, price));
    const { time } = await this.act('unknown_coin', (worlds, world) => worlds.look(world));
    this.tell({ price: { coin, price, time: wireTime(time) } });
    await this.keep();
  }

  async moves(coin: string, steps: readonly PriceStep[]): Promise<void> {
    for (const step of steps) await this.move(coin, step);
  }

  async thin(coin: string, usd: number): Promise<void> {
    const { mark, sizeDecimals, priceDecimals } = await this.market(coin);
    const { bids, asks } = thinLevels(mark, usd, { sizeDecimals, priceDecimals });
    await this.act('unknown_coin', (worlds, world) => worlds.quote(world, coin, bids, asks));
    this.tell({ book: { coin, bids, asks } });
  }

  async makersBack(coin: string): Promise<void> {
    const { mark } = await this.market(coin);
    await this.act('unknown_coin', (worlds, world) => worlds.setMakers(world, coin, true));
    await this.act('unknown_coin', (worlds, world) => worlds.movePrice(world, coin, mark));
    this.tell({ book: { coin, makers: true } });
  }

  async funding(coin: string, hourlyRate: string | null): Promise<void> {
    await this.market(coin);
    await this.act('unknown_coin', (worlds, world) => worlds.setFunding(world, coin, hourlyRate));
    this.tell({ funding: { coin, hourly_rate: hourlyRate } });
  }

  async trading(coin: string, halted: boolean): Promise<void> {
    await this.market(coin);
    await this.act('unknown_coin', (worlds, world) => worlds.setTrading(world, coin, halted));
    this.tell({ trading: { coin, halted } });
  }

  /** Lets so much time pass, unless the clock stands: then nothing would happen in it. */
  async wait(ms: number): Promise<void> {
    const { worlds } = this.work.ctx;
    for (let left = ms; left > 0; left -= KEEP_MS) {
      const look = worlds.look(this.sandbox.id);
      const { frozen } = await (this.begun ? once(look, 'venue_unavailable', () => this.done()) : repeatable(look));
      if (frozen) return;
      await this.work.ctx.pause(Math.min(left, KEEP_MS));
      if (left > KEEP_MS) await this.keep();
    }
  }

  private async keep(): Promise<void> {
    if (this.begun) await keepWorld(this.work, this.done());
  }

  /** The instrument as it was when the scenario met it first. */
  private async market(coin: string): Promise<WorldMarket> {
    const known = this.starts.get(coin);
    if (known !== undefined) return known;
    const answer = this.work.ctx.worlds.market(this.sandbox.id, coin);
    const market = await (this.begun ? once(answer, 'unknown_coin', () => this.done()) : repeatable(answer, 'unknown_coin'));
    if (market === null) throw failed('unknown_coin', this.begun ? this.done() : undefined);
    this.starts.set(coin, market);
    return market;
  }

  /** Does something that must not be done twice: the task counts as begun before the first of it. */
  private async act<T>(refused: 'unknown_coin' | 'trade_refused', what: (worlds: Work['ctx']['worlds'], world: string) => Controlled<T>): Promise<T> {
    if (!this.begun) await beginOnce(this.work);
    this.begun = true;
    return once(what(this.work.ctx.worlds, this.sandbox.id), refused, () => this.done());
  }
}
