import { formatDecimal } from '@lockstep/kernel';
import { z } from 'zod';
import { makeWallet } from '../../client/wallet';
import { truthOf } from '../audit';
import { addAccount, addCopy, addLeader, type DemoBrand, readAll } from '../brand';
import { type Cast, say } from '../cast';
import type { AccountTruth } from '../judge';
import { type DemoLeader, leaderAddress, lotsWorth, tradeTo } from '../leaders';
import { dexOfCoin } from '../market';
import { heldText, movedPrice, openOnly, type Positions, samePositions } from './positions';

/** A follower's venue account of a piece. */
export interface PieceAccount {
  readonly id: string;
  readonly address: string;
}

/** A copy of a piece. */
export interface PieceCopy {
  readonly copyId: string;
  readonly address: string;
}

/** A copy at one moment: its state as the API tells it, signed positions by coin as the API and as the venue's own books tell them. */
export interface Seen {
  readonly state: string;
  readonly reason: string | null;
  readonly told: Positions;
  readonly venue: Positions;
}

/** What a piece waited for did not happen. */
export class NotSeen extends Error {}

const POLL_MS = 150;
/** How long a piece waits for what must happen. Longer than any window of the engine, so that a slow machine is no violation. */
const WAIT_MS = 90_000;
const LEADER_FUNDS = '1000000';
const FOLLOWER_FUNDS = '20000';
/** Addresses of the pieces' leaders, apart from all others of the demo. */
const LEADERS_FROM = 3_000;
/** Positions are whole multiples of so many lots, so that a tenth, a half and a share of them are exact. */
const WHOLE_LOTS = 1_000n;

const copyAnswer = z.object({ state: z.string(), state_reason: z.string().nullable() });
const positions = z.object({ data: z.array(z.object({ coin: z.string(), position: z.string() })) });
const receipts = z.object({ data: z.array(z.object({ coin: z.string(), decision: z.string(), leader: z.object({ after: z.string() }) })) });
const events = z.object({
  data: z.array(z.object({ event: z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) }) })),
  position: z.string().nullable(),
  has_more: z.boolean(),
});

/** Where a piece plays: a brand of its own on the running stack, everything through the public API and the venue's control port. */
export class PieceStage {
  private rounds = 0;

  constructor(
    private readonly cast: Pick<Cast, 'control' | 'market'>,
    readonly brand: DemoBrand,
    private readonly seed: number,
    private readonly name: string,
    private readonly number: number,
  ) {}

  say(text: string): void {
    say(`  ${this.name}: ${text}`);
  }

  /** A leader with an account at the venue, listed by the brand. `at` tells the leaders of one piece apart. */
  async leader(name: string, at: number, coins: readonly string[]): Promise<DemoLeader> {
    const address = leaderAddress(this.seed, LEADERS_FROM + this.number * 10 + at);
    await this.cast.control.setUp([{ address, credits: this.fundsFor(coins, LEADER_FUNDS) }]);
    await addLeader(this.brand, name, address);
    return { name, address, held: new Map() };
  }

  async account(name: string, coins: readonly string[]): Promise<PieceAccount> {
    const wallet = makeWallet();
    await this.cast.control.setUp([{ address: wallet.address, credits: this.fundsFor(coins, FOLLOWER_FUNDS) }]);
    return { id: await addAccount(this.brand, { externalId: `${this.name}-${name}` }, wallet), address: wallet.address };
  }

  /** A copy that follows a leader, active. */
  async copy(leader: DemoLeader, account: PieceAccount, allocation: string, settings: Readonly<Record<string, unknown>>): Promise<PieceCopy> {
    const copyId = await addCopy(this.brand, { leaderAddress: leader.address, accountId: account.id, allocation, settings });
    const copy = { copyId, address: account.address };
    const limits = { allocation, maxSize: null, maxNotional: null, maxShare: null, maxLeverage: null, venueLeverage: 1 };
    this.brand.copies.push({ ...copy, leaderId: this.brand.leaderIds.get(leader.address) ?? '', limits, paid: new Map(), role: null });
    await this.untilState(copy, 'active');
    return copy;
  }

  /** Whole lots worth about so many dollars now, rounded down so that tenths and halves of them are exact. */
  async lots(coin: string, usd: bigint): Promise<bigint> {
    return this.lotsInSteps(coin, usd, WHOLE_LOTS);
  }

  /** Whole lots worth about so many dollars now, rounded down to a multiple of `step`. */
  async lotsInSteps(coin: string, usd: bigint, step: bigint): Promise<bigint> {
    const price = (await this.cast.market.mids())[coin] ?? '1';
    const lots = lotsWorth(usd, price, this.cast.market.szDecimals(coin));
    return lots - (lots % step);
  }

  size(coin: string, lots: bigint): string {
    return formatDecimal(lots, this.cast.market.szDecimals(coin));
  }

  /** The leader trades until it holds `lots`. */
  async trade(leader: DemoLeader, coin: string, lots: bigint): Promise<void> {
    this.rounds += 1;
    await tradeTo(leader, coin, lots, this.cast.market, this.cast.control, this.rounds);
  }

  async movePrice(coin: string, percent: bigint): Promise<void> {
    const mid = (await this.cast.market.mids())[coin] ?? '1';
    await this.cast.control.movePrices([{ coin, price: movedPrice(mid, percent) }]);
  }

  async post(copy: PieceCopy, wish: string, body: unknown = {}): Promise<void> {
    await this.brand.api.must('POST', `/v1/copies/${copy.copyId}/${wish}`, body);
  }

  truth({ address }: { readonly address: string }): Promise<AccountTruth> {
    return truthOf(this.cast.control, address);
  }

  async see(copy: PieceCopy): Promise<Seen> {
    const { state, state_reason: reason } = copyAnswer.parse(await this.brand.api.must('GET', `/v1/copies/${copy.copyId}`));
    const { data } = positions.parse(await this.brand.api.must('GET', `/v1/positions?copy_id=${copy.copyId}`));
    const venue = (await this.truth(copy)).positions;
    return { state, reason, told: openOnly(data.map(({ coin, position }) => [coin, position])), venue: openOnly(venue) };
  }

  async untilState(copy: PieceCopy, state: string): Promise<Seen> {
    return this.until(`a copy becomes ${state}`, async () => {
      const seen = await this.see(copy);
      return seen.state === state ? seen : null;
    });
  }

  /** Waits until the copy holds exactly these positions, in the API and, alone on its account, at the venue. */
  async untilHolds(copy: PieceCopy, held: Positions): Promise<Seen> {
    return this.until(`a copy holds ${heldText(held)}`, async () => {
      const seen = await this.see(copy);
      return samePositions(seen.told, held) && samePositions(seen.venue, held) ? seen : null;
    });
  }

  /** The decision on record for the copy about the move that took the leader to `lots`. */
  async decision(copy: PieceCopy, coin: string, lots: bigint): Promise<string> {
    const after = this.size(coin, lots);
    return this.until(`a decision about ${coin} at ${after}`, async () => {
      const { data } = receipts.parse(await this.brand.api.must('GET', `/v1/copies/${copy.copyId}/receipts?limit=50`));
      return data.find((row) => row.coin === coin && row.leader.after === after)?.decision ?? null;
    });
  }

  /** Events of a type about a copy (or whatever its data names), oldest first. */
  async events(type: string, mentions: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const found: Readonly<Record<string, unknown>>[] = [];
    for (let after: string | null = null; ; ) {
      const page = events.parse(await this.brand.api.must('GET', `/v1/events?limit=1000${after === null ? '' : `&after=${after}`}`));
      for (const { event } of page.data) if (event.type === type && Object.values(event.data).includes(mentions)) found.push(event.data);
      after = page.position;
      if (!page.has_more) return found;
    }
  }

  list<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>[]> {
    return readAll(this.brand.api, path, schema);
  }

  /** Polls until the probe finds something; throws `NotSeen` with what was waited for. */
  async until<T>(what: string, probe: () => Promise<T | null>): Promise<T> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const found = await probe();
      if (found !== null) return found;
      if (Date.now() > deadline) throw new NotSeen(`${what}: not within ${WAIT_MS / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private fundsFor(coins: readonly string[], amount: string): Readonly<Record<string, string>> {
    return Object.fromEntries(['', ...coins.map(dexOfCoin)].map((dex) => [dex, amount]));
  }
}
