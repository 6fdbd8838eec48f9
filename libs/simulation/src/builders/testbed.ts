import type { WorldConfig } from '../exchange/config';
import type { Address, ExchangeAnswer, InfoAnswer, Json, StreamFrame, World } from '../exchange/port';
import { createWorld } from '../exchange/world';

/** A round start time: 2026-01-01 00:00 UTC plus one second, away from the hour. */
export const GENESIS_MS = 1_767_225_601_000;

/** The address of a numbered account: `0x00…07`. */
export const addressOf = (number: number): Address => `0x${number.toString(16).padStart(40, '0')}`;

export interface OrderWords {
  readonly a?: number;
  readonly b?: boolean;
  readonly p: string;
  readonly s: string;
  readonly r?: boolean;
  readonly tif?: 'Alo' | 'Ioc' | 'Gtc' | 'FrontendMarket';
  readonly trigger?: { readonly isMarket: boolean; readonly triggerPx: string; readonly tpsl: 'tp' | 'sl' };
  readonly c?: string;
}

/** A wire order: buys BTC (asset 0) as GTC unless told otherwise. */
export const wireOrder = ({ a = 0, b = true, p, s, r = false, tif = 'Gtc', trigger, c }: OrderWords): Json => ({
  a,
  b,
  p,
  s,
  r,
  t: trigger === undefined ? { limit: { tif } } : { trigger: { ...trigger } },
  ...(c === undefined ? {} : { c }),
});

export const orderAction = (...orders: readonly OrderWords[]): Json => ({ type: 'order', orders: orders.map(wireOrder), grouping: 'na' });

/** Nonces count from the start of the world, for as long as that is well inside the venue's window. */
const NONCE_AGE_MOST_MS = 40_000_000;

/** A world driven by hand: one call, one block. Its first block credits the numbered accounts on the main dex. */
export class Testbed {
  readonly world: World;
  private nonce: number;

  constructor(config: Partial<WorldConfig> = {}, credits: { readonly [account: number]: string } = {}) {
    this.world = createWorld({ name: 'test', seed: 7, genesisTime: GENESIS_MS, makers: false, ...config });
    this.nonce = this.world.now();
    for (const [account, amount] of Object.entries(credits)) this.world.control.credit(addressOf(Number(account)), '', amount);
    this.block();
  }

  /** Executes the next block. */
  block(blocks = 1): void {
    for (let count = 0; count < blocks; count += 1) this.world.advanceTo(this.world.now() + 100);
  }

  /** Queues an action and answers how to read its verdict once the block is done. */
  queue(signer: Address, action: Json, nonce = this.nextNonce(), expiresAfter: number | null = null): () => ExchangeAnswer {
    let verdict: ExchangeAnswer | null = null;
    this.world.submitWith({ signer, action, nonce, vaultAddress: null, expiresAfter }, (answer) => {
      verdict = answer;
    });
    return () => {
      if (verdict === null) throw new Error('the block of this action was not executed yet');
      return verdict;
    };
  }

  /** Runs one action in a block of its own. */
  act(signer: Address, action: Json, nonce = this.nextNonce(), expiresAfter: number | null = null): ExchangeAnswer {
    const verdict = this.queue(signer, action, nonce, expiresAfter);
    this.block();
    return verdict();
  }

  /** Runs one action in a block of its own, for a sub-account or vault. */
  actFor(signer: Address, vaultAddress: Address, action: Json): ExchangeAnswer {
    let verdict: ExchangeAnswer | null = null;
    this.world.submitWith({ signer, action, nonce: this.nextNonce(), vaultAddress, expiresAfter: null }, (answer) => {
      verdict = answer;
    });
    this.block();
    if (verdict === null) throw new Error('the block of this action was not executed yet');
    return verdict;
  }

  /** Runs one action that the main wallet of a numbered account signs: envelope and inner nonce are put in. */
  wallet(account: number, action: { readonly type: string; readonly [key: string]: Json }): ExchangeAnswer {
    const nonce = this.nextNonce();
    const timed = ['usdSend', 'spotSend', 'withdraw3'].includes(action.type) ? { time: nonce } : { nonce };
    const hyperliquidChain = this.world.testnet ? 'Testnet' : 'Mainnet';
    return this.act(addressOf(account), { ...action, signatureChainId: '0x66eee', hyperliquidChain, ...timed }, nonce);
  }

  /** Runs orders of a numbered account in one action; answers the list of statuses, or the refusal of the whole request. */
  order(account: number, ...orders: readonly OrderWords[]): Json {
    return statusesOf(this.act(addressOf(account), orderAction(...orders)));
  }

  info(type: string, words: { readonly [key: string]: Json } = {}): Json {
    const answer: InfoAnswer = this.world.info({ type, ...words });
    return answer.body;
  }

  /** Subscribes and collects every frame, initial ones first. */
  listen(subscription: Json): StreamFrame[] {
    const frames: StreamFrame[] = [];
    const opened = this.world.subscribe(subscription, (frame) => frames.push(frame));
    if (!opened.ok) throw new Error(opened.error);
    frames.push(...opened.value.initial);
    return frames;
  }

  private nextNonce(): number {
    const recent = this.world.now() - NONCE_AGE_MOST_MS;
    this.nonce = Math.max(this.nonce, recent) + 1;
    return this.nonce;
  }
}

/** The statuses of an `order` or `cancel` answer; the text of a refused request. */
export function statusesOf(answer: ExchangeAnswer): Json {
  if (answer.status === 'err') return answer.response;
  return dig(answer.response, 'data', 'statuses');
}

/** Walks into JSON by keys and indexes; null where the way ends. */
export function dig(value: Json | undefined, ...path: readonly (string | number)[]): Json {
  let here: Json | undefined = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return null;
    const entry = Object.entries(here).find(([key]) => key === String(step));
    here = entry?.[1];
  }
  return here ?? null;
}
