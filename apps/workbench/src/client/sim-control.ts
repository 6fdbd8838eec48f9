import { request } from 'undici';
import { z } from 'zod';

/** A fill that the control port forces for an address, outside the book. */
export interface ForcedFill {
  readonly address: string;
  readonly coin: string;
  readonly side: 'buy' | 'sell';
  readonly price: string;
  readonly size: string;
  readonly orderId?: number;
}

export interface CoinPrice {
  readonly coin: string;
  readonly price: string;
}

export interface AccountSetup {
  readonly address: string;
  readonly credits: Readonly<Record<string, string>>;
  readonly agent?: { readonly address: string; readonly name: string };
  readonly builder?: { readonly address: string; readonly maxTenthsBp: number };
  readonly mode?: 'unifiedAccount';
  /** Makes the address a sub-account of this one. */
  readonly master?: string;
}

const ACCOUNTS_PER_CALL = 2_000;
const TRADES_PER_CALL = 5_000;
const BLOCKS_PER_CALL = 1_000;

/** A connection kept open may be closed by the other side just as it is used again; what changes something is not sent twice. */
const ONE_CONNECTION_EACH = { reset: true } as const;

const tradesAnswer = z.object({ results: z.array(z.union([z.object({ time: z.number() }), z.object({ error: z.string() })])) });
const blocksAnswer = z.object({ blocks: z.array(tradesAnswer) });

const faultsAnswer = z.array(z.object({ struck: z.number() }));

const marksAnswer = z.object({ marks: z.array(z.tuple([z.number(), z.string()])) });

/** What happens in one block: prices move, then fills are forced in order. */
export interface ForcedBlock {
  readonly trades: readonly ForcedFill[];
  readonly prices: readonly CoinPrice[];
}

/** A level of a ladder. */
export interface Level {
  readonly price: string;
  readonly size: string;
}

/** The control port of one simulated world (docs/venue-sim.md). Every call throws with the answer's text when it is refused. */
export class SimControl {
  constructor(
    private readonly base: string,
    private readonly world = 'main',
  ) {}

  /** Makes an API key of the simulated Provider API. */
  async providerKey(requestsPerMinute: number): Promise<string> {
    const answer = await request(`${this.base}/provider/keys`, {
      ...ONE_CONNECTION_EACH,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ requestsPerMinute }),
    });
    return z.object({ key: z.string() }).parse(await answer.body.json()).key;
  }

  async credit(address: string, amount: string, dex = ''): Promise<void> {
    await this.post('credit', { address, dex, amount });
  }

  /** Credits and approves many accounts in few calls. */
  async setUp(accounts: readonly AccountSetup[]): Promise<void> {
    for (let from = 0; from < accounts.length; from += ACCOUNTS_PER_CALL) {
      await this.post('accounts', { accounts: accounts.slice(from, from + ACCOUNTS_PER_CALL) });
    }
  }

  async movePrices(prices: readonly CoinPrice[]): Promise<void> {
    if (prices.length > 0) await this.post('prices', { prices });
  }

  /** Forces fills in order, after moving prices in the same block; resolves after that block. Throws at the first refused one, naming it. */
  async trade(trades: readonly ForcedFill[], prices: readonly CoinPrice[] = []): Promise<void> {
    for (let from = 0; from < trades.length; from += TRADES_PER_CALL) {
      const part = trades.slice(from, from + TRADES_PER_CALL);
      const { results } = tradesAnswer.parse(await this.post('trades', { trades: part, prices: from === 0 ? prices : [] }));
      throwRefused(part, results);
    }
  }

  /** Plays blocks one after another in one call; resolves after the last. Throws at the first refused fill, naming it; nothing behind its block was played. */
  async play(blocks: readonly ForcedBlock[]): Promise<void> {
    for (let from = 0; from < blocks.length; from += BLOCKS_PER_CALL) {
      const part = blocks.slice(from, from + BLOCKS_PER_CALL);
      const answer = blocksAnswer.parse(await this.post('blocks', { blocks: part }));
      answer.blocks.forEach(({ results }, index) => {
        throwRefused(part[index]?.trades ?? [], results);
      });
    }
  }

  /** Replaces the ladder of a coin, best levels first. */
  async quote(coin: string, bids: readonly Level[], asks: readonly Level[]): Promise<void> {
    await this.post('quote', { coin, bids, asks });
  }

  async walk(on: boolean): Promise<void> {
    await this.post('walk', { on });
  }

  async makers(coin: string, on: boolean): Promise<void> {
    await this.post('makers', { coin, on });
  }

  /** Which signatures the process recovers from now on: `all`, `sample:N` or `off`. */
  async verify(mode: string): Promise<void> {
    await this.send(`${this.base}/verify`, { mode });
  }

  async fault(order: Readonly<Record<string, unknown>>): Promise<void> {
    await this.post('faults', order);
  }

  /** How often each fault that was set since the last clearing has struck, in the order they were set. */
  async faultStrikes(): Promise<readonly number[]> {
    const answer = await request(`${this.base}/worlds/${this.world}/faults`, ONE_CONNECTION_EACH);
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`faults answered ${answer.statusCode}: ${text}`);
    return faultsAnswer.parse(JSON.parse(text)).map(({ struck }) => struck);
  }

  /** Hangs up every socket of the world. */
  async disconnect(): Promise<void> {
    await this.post('disconnect', {});
  }

  /** Stops the blocks of the world, or lets them go on. */
  async halt(on: boolean): Promise<void> {
    await this.post('halt', { on });
  }

  /** Orders of every coin are refused, or taken again; blocks go on. */
  async haltTrading(halted: boolean): Promise<void> {
    await this.post('trading', { halted });
  }

  /** The time after an upgrade of the network: only post-only orders are taken. */
  async postOnly(on: boolean): Promise<void> {
    await this.post('post-only', { on });
  }

  /** Removes every fault. */
  async clearFaults(): Promise<void> {
    const answer = await request(`${this.base}/worlds/${this.world}/faults`, { method: 'DELETE' });
    await answer.body.dump();
    if (answer.statusCode >= 300) throw new Error(`clearing faults answered ${answer.statusCode}`);
  }

  async chargeFunding(hourlyRate: string): Promise<void> {
    await this.post('funding', { hourlyRate, charge: true });
  }

  /** One record per account, whole: the venue's own books. */
  async truth(part: 'all' | 'positions' | 'fills' | 'orders' = 'all', address?: string): Promise<readonly unknown[]> {
    const query = new URLSearchParams({ part, ...(address === undefined ? {} : { address }) });
    const answer = await request(`${this.base}/worlds/${this.world}/truth?${query}`, ONE_CONNECTION_EACH);
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`truth answered ${answer.statusCode}: ${text}`);
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));
  }

  /** Every mark a coin had, oldest first: when it was set, and the price. */
  async marks(coin: string): Promise<readonly (readonly [number, string])[]> {
    const answer = await request(`${this.base}/worlds/${this.world}/marks?${new URLSearchParams({ coin })}`, ONE_CONNECTION_EACH);
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`marks answered ${answer.statusCode}: ${text}`);
    return marksAnswer.parse(JSON.parse(text)).marks;
  }

  private post(verb: string, body: unknown): Promise<unknown> {
    return this.send(`${this.base}/worlds/${this.world}/${verb}`, body);
  }

  private async send(target: string, body: unknown): Promise<unknown> {
    const answer = await request(target, {
      ...ONE_CONNECTION_EACH,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${target} answered ${answer.statusCode}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
}

function throwRefused(trades: readonly ForcedFill[], results: z.output<typeof tradesAnswer>['results']): void {
  results.forEach((result, index) => {
    if ('error' in result) throw new Error(`the simulator refused ${JSON.stringify(trades[index])}: ${result.error}`);
  });
}
