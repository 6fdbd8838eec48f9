import type { AccountSetup } from '@lockstep/simulation';
import { z } from 'zod';
import type { Hall } from '../halls';
import { type ControlReply, created, done, refused } from './answers';
import * as schemas from './schemas';

const masterAnswer = z.object({ master: z.string().nullable() }).nullable();

/** A control request to one world: its body schema and what it does. */
interface WorldRoute<S extends z.ZodType> {
  readonly schema: S;
  readonly run: (hall: Hall, body: z.output<S>) => ControlReply | Promise<ControlReply>;
}

/** A route with its schema closed over, so that routes of different bodies stand in one table. */
type BoundRoute = (hall: Hall, body: unknown) => ControlReply | Promise<ControlReply>;

function route<S extends z.ZodType>({ schema, run }: WorldRoute<S>): BoundRoute {
  return (hall, body) => {
    const parsed = schema.safeParse(body);
    return parsed.success ? run(hall, parsed.data) : refused(400, schemas.complaintOf(parsed.error));
  };
}

/** Waits for the block that carries the effect, so that a caller sees it in the next read. */
async function landed(hall: Hall, body: Readonly<Record<string, unknown>> = {}): Promise<ControlReply> {
  await hall.nextBlock();
  return done({ ok: true, time: hall.world.now(), ...body });
}

const unknownCoin = (hall: Hall, coins: readonly string[]): string | undefined => {
  const known = hall.world.control.coins();
  return coins.find((coin) => !known.includes(coin));
};

function movePrices(hall: Hall, prices: z.output<typeof schemas.pricesSchema>['prices']): void {
  for (const { coin, price, oracleOnly } of prices) {
    if (oracleOnly) hall.world.control.setOracle(coin, price);
    else hall.world.control.movePrice(coin, price);
    hall.makers.moved(coin, price);
  }
}

/** `POST /worlds/<name>/<verb>` by verb. */
export const WORLD_ROUTES: Readonly<Record<string, BoundRoute>> = {
  advance: route({
    schema: schemas.advanceSchema,
    run: (hall, body) => {
      if (hall.clock.kind === 'real') return refused(409, 'the world runs by the wall clock');
      hall.clock.advanceTo('to' in body ? body.to : hall.world.now() + body.ms);
      return done({ ok: true, time: hall.world.now() });
    },
  }),
  skip: route({
    schema: schemas.skipSchema,
    run: (hall, { ms }) => {
      if (hall.clock.kind === 'manual') return refused(409, 'the world runs by hand: advance it');
      hall.clock.skip(ms);
      return done({ ok: true, time: hall.world.now() });
    },
  }),
  clock: route({
    schema: schemas.clockSchema,
    run: (hall, { frozen, to }) => {
      if (hall.clock.kind === 'manual') return refused(409, 'the world runs by hand: advance it');
      if (hall.clock.halted) return refused(409, 'the world is halted');
      if (to !== undefined && to > hall.world.now() + schemas.CLOCK_STEP_MAX_MS) return refused(400, 'to: at most an hour ahead');
      if (frozen === true) hall.clock.freeze();
      if (to !== undefined && to > hall.world.now()) hall.clock.advanceTo(to);
      if (frozen === false) hall.clock.unfreeze();
      return done({ ok: true, time: hall.world.now(), frozen: hall.clock.frozen });
    },
  }),
  credit: route({
    schema: schemas.creditSchema,
    run: (hall, { address, dex, token, amount }) => {
      const purse = token === undefined ? dex : `${dex}:${token}`;
      if (!knownPurses(hall).includes(purse)) return refused(400, token === undefined ? `dex: unknown ${dex}` : `token: no ${token} on ${dex}`);
      hall.world.control.credit(address, purse, amount);
      return landed(hall);
    },
  }),
  accounts: route({ schema: schemas.accountsSchema, run: setUpAccounts }),
  prices: route({
    schema: schemas.pricesSchema,
    run: (hall, { prices }) => {
      const wrong = unknownCoin(
        hall,
        prices.map((each) => each.coin),
      );
      if (wrong !== undefined) return refused(400, `coin: unknown ${wrong}`);
      movePrices(hall, prices);
      return landed(hall);
    },
  }),
  trades: route({
    schema: schemas.tradesSchema,
    run: async (hall, body) => {
      const wrong = unknownCoin(hall, coinsOf([body]));
      if (wrong !== undefined) return refused(400, `coin: unknown ${wrong}`);
      const forced = forceTrades(hall, body);
      if (standsStill(hall)) return done({ ok: true, queued: body.trades.length });
      await forced.done;
      return done({ ok: true, results: forced.results });
    },
  }),
  blocks: route({ schema: schemas.blocksSchema, run: playBlocks }),
  makers: route({
    schema: schemas.makersSchema,
    run: (hall, { coin, on }) => {
      const wrong = coin === undefined ? undefined : unknownCoin(hall, [coin]);
      if (wrong !== undefined) return refused(400, `coin: unknown ${wrong}`);
      for (const each of coin === undefined ? hall.world.control.coins() : [coin]) hall.world.control.setMakers(each, on);
      return landed(hall);
    },
  }),
  quote: route({
    schema: schemas.quoteSchema,
    run: (hall, { coin, bids, asks }) => {
      if (unknownCoin(hall, [coin]) !== undefined) return refused(400, `coin: unknown ${coin}`);
      hall.world.control.quote(coin, bids, asks);
      return landed(hall);
    },
  }),
  walk: route({
    schema: schemas.walkSchema,
    run: (hall, { on }) => {
      hall.makers.setWalking(on);
      return done({ ok: true, walking: on });
    },
  }),
  halt: route({
    schema: schemas.haltSchema,
    run: (hall, { on }) => {
      if (on) hall.clock.halt();
      else hall.clock.resume();
      return done({ ok: true, halted: on });
    },
  }),
  trading: route({
    schema: schemas.tradingSchema,
    run: (hall, { coin, halted }) => {
      if (coin !== undefined && unknownCoin(hall, [coin]) !== undefined) return refused(400, `coin: unknown ${coin}`);
      const { control } = hall.world;
      for (const each of coin === undefined ? control.coins() : [coin]) {
        if (halted) control.haltTrading(each);
        else control.resumeTrading(each);
      }
      return landed(hall, { halted });
    },
  }),
  'post-only': route({
    schema: schemas.postOnlySchema,
    run: (hall, { on }) => {
      hall.world.control.postOnlyPeriod(on);
      return landed(hall, { on });
    },
  }),
  delist: route({
    schema: schemas.delistSchema,
    run: (hall, { coin }) => {
      if (unknownCoin(hall, [coin]) !== undefined) return refused(400, `coin: unknown ${coin}`);
      hall.world.control.delist(coin);
      return landed(hall);
    },
  }),
  'open-interest-cap': route({
    schema: schemas.openInterestCapSchema,
    run: (hall, { coin, usd }) => {
      if (unknownCoin(hall, [coin]) !== undefined) return refused(400, `coin: unknown ${coin}`);
      hall.world.control.setOpenInterestCap(coin, usd);
      return landed(hall);
    },
  }),
  funding: route({ schema: schemas.fundingSchema, run: setFunding }),
  faults: route({ schema: schemas.faultSchema, run: (hall, order) => created(hall.faults.add(order)) }),
  disconnect: (hall) => {
    const hangUps = [...hall.hangUps];
    for (const hangUp of hangUps) hangUp();
    return done({ ok: true, disconnected: hangUps.length });
  },
};

type Trades = z.output<typeof schemas.tradesSchema>;
type TradeResult = { readonly tradeId: number; readonly time: number } | { readonly error: string };

const coinsOf = (blocks: readonly Trades[]): readonly string[] => blocks.flatMap(({ prices }) => prices.map((each) => each.coin));
const standsStill = (hall: Hall): boolean => hall.clock.kind === 'manual' || hall.clock.halted;

/** Moves prices, then forces trades, all in the next block; `results` is filled when that block ends. */
function forceTrades(hall: Hall, { trades, prices }: Trades): { readonly results: TradeResult[]; readonly done: Promise<void> } {
  movePrices(hall, prices);
  const results: TradeResult[] = [];
  const done = new Promise<void>((resolve) => {
    for (const { orderId, ...trade } of trades)
      hall.world.control.forceTradeWith(orderId === undefined ? trade : { ...trade, orderId }, (result) => {
        results.push(result.ok ? result.value : { error: result.error });
        if (results.length === trades.length) resolve();
      });
  });
  return { results, done };
}

/** Plays entries one per block. Ends behind the first entry of which a trade was refused: what follows it was recorded on top of it. */
async function playBlocks(hall: Hall, { blocks }: z.output<typeof schemas.blocksSchema>): Promise<ControlReply> {
  const wrong = unknownCoin(hall, coinsOf(blocks));
  if (wrong !== undefined) return refused(400, `coin: unknown ${wrong}`);
  const results: (readonly TradeResult[])[] = [];
  const entries = blocks.map((block, index) => ({
    queue: () => {
      results[index] = forceTrades(hall, block).results;
    },
    get failed() {
      return results[index]?.some((result) => 'error' in result) === true;
    },
  }));
  const playing = hall.script.play(entries);
  if (standsStill(hall)) return done({ ok: true, queued: blocks.length });
  const played = await playing;
  return done({ ok: true, blocks: results.slice(0, played).map((each) => ({ results: each })) });
}

/** Credits, modes, volume, agents and builder approvals. An agent given again to its owner is left as it is. */
function setUpAccounts(hall: Hall, { accounts }: z.output<typeof schemas.accountsSchema>): ControlReply | Promise<ControlReply> {
  const purses = knownPurses(hall);
  const wrong = accounts.flatMap((account) => Object.keys(account.credits)).find((purse) => !purses.includes(purse));
  if (wrong !== undefined) return refused(400, `credits: unknown dex ${wrong}`);
  const taken = accounts.find(({ address, agent }) => agent !== undefined && (hall.agents.get(agent.address) ?? address) !== address);
  if (taken !== undefined) return refused(409, `agent ${taken.agent?.address} belongs to another account`);
  const misplaced = accounts.find(({ address, master }) => master !== undefined && !maySubordinate(hall, address, master));
  if (misplaced !== undefined) return refused(409, `${misplaced.address} cannot become a sub-account of ${misplaced.master}`);
  hall.world.control.setup(accounts.map((account) => setupOf(hall, account)));
  return landed(hall, { accounts: accounts.length });
}

/** An address without an account, or a sub-account of that master already; the master is none itself. */
function maySubordinate({ world: { control } }: Hall, address: string, master: string): boolean {
  const masterOf = (user: string): unknown => masterAnswer.parse(control.truth(user))?.master;
  const standing = masterOf(address);
  return address !== master && (standing === undefined || standing === master) && (masterOf(master) ?? null) === null;
}

function setupOf(hall: Hall, { address, credits, agent, builder, mode, volume, master }: z.output<typeof schemas.accountSchema>): AccountSetup {
  const fresh = agent !== undefined && !hall.agents.has(agent.address);
  if (fresh) hall.agents.set(agent.address, address);
  return {
    address,
    credits,
    ...(mode === undefined ? {} : { abstraction: mode }),
    ...(master === undefined ? {} : { master }),
    ...(volume === undefined ? {} : { volume }),
    ...(fresh ? { agent: { address: agent.address, name: nameUntil(agent) } } : {}),
    ...(builder === undefined ? {} : { builder }),
  };
}

/** The venue reads an agent's expiry off the end of its name. */
function nameUntil({ name, validUntil }: { readonly name: string; readonly validUntil?: number | undefined }): string {
  return validUntil === undefined ? name : `${name} valid_until ${validUntil}`;
}

function setFunding(hall: Hall, { coin, hourlyRate, charge }: z.output<typeof schemas.fundingSchema>): ControlReply | Promise<ControlReply> {
  if (coin !== undefined && unknownCoin(hall, [coin]) !== undefined) return refused(400, `coin: unknown ${coin}`);
  if (hourlyRate !== undefined) {
    for (const each of coin === undefined ? hall.world.control.coins() : [coin]) hall.world.control.setFunding(each, hourlyRate);
  }
  if (charge) hall.world.control.advanceFunding();
  return landed(hall);
}

/** Where an account can hold money: main, each builder dex among the coins, and the spot balance of each token. */
function knownPurses(hall: Hall): readonly string[] {
  const { control } = hall.world;
  const prefixes = control.coins().map((coin) => (coin.includes(':') ? (coin.split(':')[0] ?? '') : ''));
  return ['', 'spot', ...new Set(prefixes), ...control.tokens().map((token) => `spot:${token}`)];
}
