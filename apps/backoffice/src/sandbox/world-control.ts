import { err, ok, type Result } from '@lockstep/kernel';
import { z } from 'zod';

/** Why the simulated venue did not do what was asked. `unavailable` may pass. */
export type ControlError = 'unavailable' | 'no_world' | 'refused';
export interface ControlFailure {
  readonly error: ControlError;
  readonly detail: string;
}
export type Controlled<T> = Promise<Result<T, ControlFailure>>;

/** What a world's clock shows. */
const standing = z.object({ time: z.number(), frozen: z.boolean() });
export type WorldTime = z.output<typeof standing>;

const marketSchema = z.tuple([
  z.object({ universe: z.array(z.object({ name: z.string(), szDecimals: z.number(), isDelisted: z.boolean().default(false) })) }),
  z.array(z.object({ markPx: z.string() })),
]);
const positionsSchema = z.object({ assetPositions: z.array(z.object({ position: z.object({ coin: z.string(), szi: z.string() }) })) });
const outcomesSchema = z.object({
  results: z.array(z.union([z.object({ tradeId: z.number(), time: z.number() }), z.object({ error: z.string() })])),
});

export type TradeOutcome = z.output<typeof outcomesSchema>['results'][number];

/** A trade at a price, as the venue is told. */
export interface WorldTrade {
  readonly address: string;
  readonly coin: string;
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly size: string;
}
export interface WorldLevel {
  readonly price: string;
  readonly size: string;
}
/** An instrument of a world: its mark, and how many decimals a size and a price may have. */
export interface WorldMarket {
  readonly mark: string;
  readonly sizeDecimals: number;
  readonly priceDecimals: number;
}

export interface WorldWish {
  readonly name: string;
  readonly seed: number;
  readonly genesisTime: number;
}

/** What the back office asks of the simulated venue: its control port, and its public reads. Nothing is ever asked twice by itself. */
export interface WorldControl {
  /** The address of a world for those who trade there. */
  urlOf(world: string): string;
  open(wish: WorldWish): Controlled<null>;
  close(world: string): Controlled<null>;
  /** What a world's clock shows; `no_world`: the venue has none of this name. */
  look(world: string): Controlled<WorldTime>;
  /** Stops or starts its clock, or runs its blocks up to a moment an hour ahead at most. */
  setClock(world: string, change: { readonly frozen?: boolean; readonly to?: number }): Controlled<WorldTime>;
  credit(world: string, address: string, amount: string, dex: string): Controlled<null>;
  trade(world: string, trades: readonly WorldTrade[]): Controlled<readonly TradeOutcome[]>;
  movePrice(world: string, coin: string, price: string): Controlled<null>;
  quote(world: string, coin: string, bids: readonly WorldLevel[], asks: readonly WorldLevel[]): Controlled<null>;
  setMakers(world: string, coin: string, on: boolean): Controlled<null>;
  /** Per hour as a plain decimal; null: computed again. */
  setFunding(world: string, coin: string, hourlyRate: string | null): Controlled<null>;
  setTrading(world: string, coin: string, halted: boolean): Controlled<null>;
  /** Null: no such instrument. */
  market(world: string, coin: string): Controlled<WorldMarket | null>;
  /** Signed decimal; `0` where nothing is held. */
  position(world: string, address: string, coin: string): Controlled<string>;
}

export interface WorldControlOrder {
  readonly controlUrl: string;
  readonly controlKey: string | null;
  readonly venueUrl: string;
  readonly timeoutMs: number;
  readonly ask: typeof fetch;
}

/** Prices have at most this many decimals less those of sizes. */
const PRICE_DECIMALS = 6;
const MAIN = 'main';

export function worldControl({ controlUrl, controlKey, venueUrl, timeoutMs, ask }: WorldControlOrder): WorldControl {
  const send = async (method: string, url: string, body?: object): Controlled<unknown> => {
    try {
      const answer = await ask(url, {
        method,
        headers: { 'content-type': 'application/json', ...(controlKey === null ? {} : { 'x-control-key': controlKey }) },
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (answer.ok) return ok(JSON.parse(text));
      if (answer.status === 404) return err({ error: 'no_world', detail: text });
      return err({ error: answer.status >= 500 ? 'unavailable' : 'refused', detail: text });
    } catch (failure) {
      return err({ error: 'unavailable', detail: failure instanceof Error ? failure.message : String(failure) });
    }
  };
  const parsed = async <S extends z.ZodType>(answer: Controlled<unknown>, schema: S): Controlled<z.output<S>> => {
    const given = await answer;
    if (!given.ok) return given;
    const read = schema.safeParse(given.value);
    return read.success ? ok(read.data) : err({ error: 'refused', detail: z.prettifyError(read.error) });
  };
  const told = async (answer: Controlled<unknown>): Controlled<null> => {
    const given = await answer;
    return given.ok ? ok(null) : given;
  };
  const tell = (world: string, verb: string, body: object): Controlled<unknown> => send('POST', `${controlUrl}/worlds/${world}/${verb}`, body);
  const urlOf = (world: string): string => (world === MAIN ? venueUrl : `${venueUrl}/w/${world}`);
  const info = (world: string, request: object): Controlled<unknown> => send('POST', `${urlOf(world)}/info`, request);
  const dexOf = (coin: string): object => (coin.includes(':') ? { dex: coin.split(':')[0] } : {});
  return {
    urlOf,
    open: ({ name, seed, genesisTime }) => told(send('POST', `${controlUrl}/worlds`, { name, seed, genesisTime, requestTimes: 'wall' })),
    close: (world) => told(send('DELETE', `${controlUrl}/worlds/${world}`)),
    look: (world) => parsed(send('GET', `${controlUrl}/worlds/${world}`), standing),
    setClock: (world, change) => parsed(tell(world, 'clock', change), standing),
    credit: (world, address, amount, dex) => told(tell(world, 'credit', { address, amount, dex })),
    trade: async (world, trades) => {
      const answer = await parsed(tell(world, 'trades', { trades }), outcomesSchema);
      return answer.ok ? ok(answer.value.results) : answer;
    },
    movePrice: (world, coin, price) => told(tell(world, 'prices', { prices: [{ coin, price }] })),
    quote: (world, coin, bids, asks) => told(tell(world, 'quote', { coin, bids, asks })),
    setMakers: (world, coin, on) => told(tell(world, 'makers', { coin, on })),
    setFunding: (world, coin, hourlyRate) => told(tell(world, 'funding', { coin, hourlyRate })),
    setTrading: (world, coin, halted) => told(tell(world, 'trading', { coin, halted })),
    market: async (world, coin) => {
      const answer = await parsed(info(world, { type: 'metaAndAssetCtxs', ...dexOf(coin) }), marketSchema);
      if (!answer.ok) return answer;
      const [meta, contexts] = answer.value;
      const at = meta.universe.findIndex(({ name, isDelisted }) => name === coin && !isDelisted);
      const [asset, context] = [meta.universe[at], contexts[at]];
      if (asset === undefined || context === undefined) return ok(null);
      return ok({ mark: context.markPx, sizeDecimals: asset.szDecimals, priceDecimals: PRICE_DECIMALS - asset.szDecimals });
    },
    position: async (world, address, coin) => {
      const answer = await parsed(info(world, { type: 'clearinghouseState', user: address, ...dexOf(coin) }), positionsSchema);
      if (!answer.ok) return answer;
      return ok(answer.value.assetPositions.find(({ position }) => position.coin === coin)?.position.szi ?? '0');
    },
  };
}
