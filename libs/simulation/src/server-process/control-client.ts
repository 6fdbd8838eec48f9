import type { Json } from '../exchange/port';

/** A refusal of the control port: a defect of the caller, hence thrown. */
export class ControlRefusal extends Error {
  override readonly name = 'ControlRefusal';
}

export interface WorldWish {
  readonly name: string;
  readonly seed?: number;
  readonly blockMs?: number;
  readonly testnet?: boolean;
  readonly clock?: 'real' | 'manual';
  readonly genesisTime?: number;
  readonly path?: 'still' | 'generated' | 'candles';
  readonly makers?: boolean;
  readonly settings?: { readonly [name: string]: number | boolean };
}

export interface AccountWish {
  readonly address: string;
  /** Decimals by purse: a dex, `''` for the main one, `spot`, or `spot:TOKEN` for another token than USDC. */
  readonly credits?: { readonly [purse: string]: string };
  /** `validUntil` (epoch ms) ends the agent; without it the venue's own life of an agent. */
  readonly agent?: { readonly address: string; readonly name?: string; readonly validUntil?: number };
  readonly builder?: { readonly address: string; readonly maxTenthsBp: number };
  readonly mode?: 'disabled' | 'unifiedAccount' | 'portfolioMargin';
  /** Decimal dollars added to the lifetime volume. */
  readonly volume?: string;
  /** Makes a new address a sub-account of this one. */
  readonly master?: string;
}

export interface TradeWish {
  readonly address: string;
  readonly coin: string;
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly size: string;
  readonly orderId?: number;
}

/** A fault rule, as docs/venue-sim.md describes it. */
export interface FaultWish {
  readonly target?: 'exchange' | 'info' | 'stream' | 'upgrade';
  readonly effect:
    | { readonly kind: 'silence' | 'hang_up' | 'truncate' | 'duplicate' }
    | { readonly kind: 'status'; readonly status: number }
    | { readonly kind: 'refuse'; readonly text: string }
    | { readonly kind: 'delay'; readonly delayMs: number }
    | { readonly kind: 'reorder'; readonly frames?: number };
  readonly when?: 'before' | 'after';
  readonly skip?: number;
  readonly count?: number | null;
  readonly probability?: number;
  readonly seed?: number;
  readonly type?: string | null;
  readonly transport?: 'http' | 'socket' | null;
}

/** Outcome of a forced trade: where it stands in the books, or why it was refused. */
export type TradeOutcome = { readonly tradeId: number; readonly time: number } | { readonly error: string };

/** Speaks to the control port of a running venue, as docs/venue-sim.md describes it. Every call throws `ControlRefusal` on a refusal. */
export interface ControlClient {
  openWorld(wish: WorldWish): Promise<void>;
  closeWorld(name: string): Promise<void>;
  /** Runs the blocks of a world with a manual clock; answers its time. */
  advance(world: string, step: { readonly ms: number } | { readonly to: number }): Promise<number>;
  /** Lets a world run so much further ahead of the wall clock; answers its time. */
  skip(world: string, ms: number): Promise<number>;
  credit(world: string, address: string, amount: string, dex?: string, token?: string): Promise<void>;
  /** Any number of accounts, sent in chunks. */
  setUpAccounts(world: string, accounts: readonly AccountWish[]): Promise<void>;
  movePrices(world: string, prices: readonly { readonly coin: string; readonly price: string }[]): Promise<void>;
  /** Any number of trades in order, sent in chunks; one outcome per trade. */
  forceTrades(world: string, trades: readonly TradeWish[]): Promise<readonly TradeOutcome[]>;
  setMakers(world: string, on: boolean, coin?: string): Promise<void>;
  setWalking(world: string, on: boolean): Promise<void>;
  halt(world: string, on: boolean): Promise<void>;
  /** Halts or resumes trading of a coin, or of every coin: orders are refused, blocks go on. */
  setTrading(world: string, halted: boolean, coin?: string): Promise<void>;
  /** The time after an upgrade of the network: only post-only orders are taken. */
  setPostOnly(world: string, on: boolean): Promise<void>;
  /** Delists a coin: its orders are cancelled, its positions settled, its slot stays. */
  delist(world: string, coin: string): Promise<void>;
  /** Caps the open interest of a coin (decimal dollars at the mark), or takes the cap away. */
  setOpenInterestCap(world: string, coin: string, usd: string | null): Promise<void>;
  /** Charges an hour of funding now. */
  chargeFunding(world: string): Promise<void>;
  addFault(world: string, fault: FaultWish): Promise<number>;
  /** How often a rule has struck; null once it is gone. */
  struckBy(world: string, fault: number): Promise<number | null>;
  clearFaults(world: string): Promise<void>;
  disconnect(world: string): Promise<number>;
  /** One JSON value per account: of one address, or of all that have any. */
  truth(world: string, part: 'all' | 'positions' | 'fills' | 'orders', address?: string): Promise<readonly Json[]>;
  conservation(world: string): Promise<Json>;
  stats(): Promise<{ readonly [name: string]: Json }>;
  shutdown(): Promise<void>;
}

const CHUNK_MAX_ROWS = 2_000;
const REQUEST_TIMEOUT_MS = 120_000;

interface ControlBody {
  readonly [name: string]: Json;
}

/** `url` is `http://host:port` of the control port, `key` what was given as `--control-key`. */
export function createControlClient(url: string, key: string | null = null): ControlClient {
  const ask = async (method: string, path: string, body?: object): Promise<string> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { 'x-control-key': key }) },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new ControlRefusal(`${method} ${path}: ${response.status} ${text.trim()}`);
    return text;
  };
  const tell = async (world: string, verb: string, body: object = {}): Promise<ControlBody> =>
    JSON.parse(await ask('POST', `/worlds/${world}/${verb}`, body));

  return {
    openWorld: async (wish) => void (await ask('POST', '/worlds', wish)),
    closeWorld: async (name) => void (await ask('DELETE', `/worlds/${name}`)),
    advance: async (world, step) => Number((await tell(world, 'advance', step)).time),
    skip: async (world, ms) => Number((await tell(world, 'skip', { ms })).time),
    credit: async (world, address, amount, dex = '', token) =>
      void (await tell(world, 'credit', { address, amount, dex, ...(token === undefined ? {} : { token }) })),
    setUpAccounts: async (world, accounts) => {
      for (const chunk of chunks(accounts)) await tell(world, 'accounts', { accounts: chunk });
    },
    movePrices: async (world, prices) => void (await tell(world, 'prices', { prices })),
    forceTrades: async (world, trades) => {
      const outcomes: TradeOutcome[] = [];
      for (const chunk of chunks(trades)) outcomes.push(...readOutcomes(await tell(world, 'trades', { trades: chunk })));
      return outcomes;
    },
    setMakers: async (world, on, coin) => void (await tell(world, 'makers', coin === undefined ? { on } : { on, coin })),
    setWalking: async (world, on) => void (await tell(world, 'walk', { on })),
    halt: async (world, on) => void (await tell(world, 'halt', { on })),
    setTrading: async (world, halted, coin) => void (await tell(world, 'trading', coin === undefined ? { halted } : { halted, coin })),
    setPostOnly: async (world, on) => void (await tell(world, 'post-only', { on })),
    delist: async (world, coin) => void (await tell(world, 'delist', { coin })),
    setOpenInterestCap: async (world, coin, usd) => void (await tell(world, 'open-interest-cap', { coin, usd })),
    chargeFunding: async (world) => void (await tell(world, 'funding', { charge: true })),
    addFault: async (world, fault) => Number((await tell(world, 'faults', fault)).id),
    struckBy: async (world, fault) => {
      const rules: readonly { readonly id: number; readonly struck: number }[] = JSON.parse(await ask('GET', `/worlds/${world}/faults`));
      return rules.find(({ id }) => id === fault)?.struck ?? null;
    },
    clearFaults: async (world) => void (await ask('DELETE', `/worlds/${world}/faults`)),
    disconnect: async (world) => Number((await tell(world, 'disconnect')).disconnected),
    truth: async (world, part, address) => {
      const path = `/worlds/${world}/truth/${part}${address === undefined ? '' : `?address=${address}`}`;
      const lines = (await ask('GET', path)).split('\n').filter((line) => line !== '');
      return lines.map((line): Json => JSON.parse(line));
    },
    conservation: async (world) => JSON.parse(await ask('GET', `/worlds/${world}/conservation`)),
    stats: async () => JSON.parse(await ask('GET', '/stats')),
    shutdown: async () => void (await ask('POST', '/shutdown')),
  };
}

function* chunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < rows.length; from += CHUNK_MAX_ROWS) yield rows.slice(from, from + CHUNK_MAX_ROWS);
}

function readOutcomes(body: ControlBody): readonly TradeOutcome[] {
  const { results } = body;
  if (!Array.isArray(results)) return [];
  return results.map((row: unknown): TradeOutcome => {
    const { tradeId, time, error } = row as { readonly tradeId?: number; readonly time?: number; readonly error?: string };
    return tradeId === undefined || time === undefined ? { error: error ?? 'no answer' } : { tradeId, time };
  });
}
