import { type Approved, type Instrument, parsePrice, parseSize, unwrap } from '@lockstep/kernel';
import { type OrderColumns, OUTCOME, REJECT_CODES, TIF, type Venue, type VenueFill, type WatchEvent } from '@lockstep/venues/port';
import { addressOf, GENESIS_MS } from '../../builders/testbed';
import { SeededRandom } from '../../clock/random';
import { type VirtualProcess, VirtualTime } from '../../clock/virtual-time';
import type { World } from '../../exchange/port';
import { createWorld } from '../../exchange/world';
import { Link, type LinkFaults, type Message, type Passage, SMOOTH } from '../link';
import type { Traffic } from '../traffic';
import { WorldClock } from '../world-clock';
import { openWorldVenue, WORLD_VENUE_TERMS } from '../world-venue';

export const BTC: Instrument = {
  venue: 'hyperliquid',
  dex: '',
  coin: 'BTC',
  assetId: 0,
  szDecimals: 5,
  maxLeverage: 40,
  onlyIsolated: false,
  delisted: false,
  collateral: 'USDC',
};
export const OWNER = addressOf(1);
export const AGENT = addressOf(101);
export const HANDLE = 3;
const BLOCK_MS = 200;

/** Faults that are told one by one: the next message of a kind fares as its first waiting passage says. */
export class ScriptedFaults implements LinkFaults {
  down = false;
  silent = false;
  private readonly waiting = new Map<string, Partial<Passage>[]>();

  next(kind: Message['kind'] | 'fills', passage: Partial<Passage>): void {
    this.waiting.set(kind, [...(this.waiting.get(kind) ?? []), passage]);
  }

  passage(message: Message): Passage {
    const kind = message.kind === 'event' ? message.about : message.kind;
    return { ...SMOOTH, ...this.waiting.get(kind)?.shift() };
  }

  streamsDown(): boolean {
    return this.down;
  }

  streamsSilent(): boolean {
    return this.silent;
  }
}

interface OrderWish {
  readonly nonce: number;
  readonly lots?: number;
  readonly price?: string;
  readonly buy?: boolean;
  readonly tif?: keyof typeof TIF;
  readonly signer?: number;
}

/** Orders as columns, named by their nonces. No risk gate stands before a venue's own tests. */
export function ordersOf(...wishes: readonly OrderWish[]): Approved<OrderColumns> {
  const count = wishes.length;
  const clientOrderId = new Uint8Array(count * 16);
  wishes.forEach(({ nonce }, row) => {
    new DataView(clientOrderId.buffer).setBigUint64(row * 16 + 8, BigInt(nonce));
  });
  const columns: OrderColumns = {
    count,
    instrument: BTC,
    builders: [],
    signer: Int32Array.from(wishes, ({ signer = HANDLE }) => signer),
    buy: Uint8Array.from(wishes, ({ buy = true }) => (buy ? 1 : 0)),
    price: Float64Array.from(wishes, ({ price = '101000' }) => Number(unwrap(parsePrice(price), price))),
    lots: Float64Array.from(wishes, ({ lots = 100 }) => lots),
    reduceOnly: new Uint8Array(count),
    tif: Uint8Array.from(wishes, ({ tif = 'ioc' }) => TIF[tif]),
    clientOrderId,
    nonce: Float64Array.from(wishes, ({ nonce }) => nonce),
    expiresAfter: new Float64Array(count),
    builder: new Int8Array(count).fill(-1),
    builderFee: new Uint16Array(count),
  };
  return columns as Approved<OrderColumns>;
}

/** A world in which an account may sign by its agent and somebody quotes BTC at 99,900 to 100,100, and one process connected to it. */
export class VenueStage {
  readonly time = new VirtualTime(GENESIS_MS);
  readonly world: World;
  readonly process: VirtualProcess;
  readonly faults = new ScriptedFaults();
  readonly venue: Venue;
  /** Everything an auditor is told, as `handed`, `answered filled`, `user synced` and so on. */
  readonly traffic: string[] = [];
  readonly events: WatchEvent[] = [];

  private constructor(chunk: number) {
    this.world = createWorld({
      name: 'venue',
      seed: 3,
      genesisTime: this.time.now(),
      makers: false,
      settings: { blockMs: BLOCK_MS, agentRemovalMs: 0 },
    });
    const clock = new WorldClock(this.time, this.world, BLOCK_MS);
    this.process = this.time.process();
    const link = new Link(this.time, this.process, new SeededRandom(1), { leastMs: 2, mostMs: 2 }, this.faults);
    this.venue = openWorldVenue(clock, link, this.process, this.auditor(), { ...WORLD_VENUE_TERMS, chunk });
    clock.start();
  }

  static async open(chunk = 32): Promise<VenueStage> {
    const stage = new VenueStage(chunk);
    const level = (price: string) => ({ price: unwrap(parsePrice(price), price), size: unwrap(parseSize('5'), '5') });
    stage.world.control.setup([{ address: OWNER, credits: { '': '100000' }, agent: { address: AGENT, name: 'lockstep' } }]);
    stage.world.control.movePrice('BTC', unwrap(parsePrice('100000'), 'price'));
    stage.world.control.quote('BTC', [level('99900')], [level('100100')]);
    await stage.run(1_000);
    await stage.venue.orders.loadSigners([{ handle: HANDLE, agentAddress: AGENT, privateKey: new Uint8Array(32).fill(1) }]);
    return stage;
  }

  /** Lets so much time go by. */
  run(ms: number): Promise<void> {
    return this.time.runUntil(this.time.exact() + ms);
  }

  /** Lets time go by until something has its answer. */
  async answer<T>(work: Promise<T>): Promise<T> {
    await this.time.runWhile(work, 10_000);
    return work;
  }

  /** Submits orders; returns how each ended, as `nonce filled 100`, `nonce rejected expired`, `nonce unknown`, in the order of their answers. */
  async submit(...wishes: readonly OrderWish[]): Promise<string[]> {
    const ends: string[] = [];
    await this.answer(
      this.venue.orders.submit(ordersOf(...wishes), {
        onOutcomes: ({ count, row, outcome, rejectCode, filledLots }) => {
          for (let at = 0; at < count; at += 1) {
            const detail =
              outcome[at] === OUTCOME.filled ? ` ${filledLots[at]}` : outcome[at] === OUTCOME.rejected ? ` ${REJECT_CODES[rejectCode[at] ?? 0]}` : '';
            ends.push(`${wishes[row[at] ?? 0]?.nonce} ${nameOf(outcome[at] ?? 0)}${detail}`);
          }
        },
      }),
    );
    return ends;
  }

  /** Fills of the owner's account as they truly are, in lots. */
  async trueFills(): Promise<readonly number[]> {
    const read = await this.answer(this.venue.truth.fills(OWNER, 0));
    return read.ok ? read.value.map(lotsOf) : [];
  }

  /** Watches the owner's account. */
  watch(): void {
    this.venue.watchUsers([''], (event) => void this.events.push(event)).watch(OWNER);
  }

  /** Trades for the owner without the engine: a fill at the mark. */
  async ownTrade(size: string): Promise<void> {
    this.world.control.forceTradeWith(
      { address: OWNER, coin: 'BTC', side: 'buy', price: unwrap(parsePrice('100000'), 'price'), size: unwrap(parseSize(size), size) },
      () => undefined,
    );
    await this.run(BLOCK_MS * 4);
  }

  private auditor(): Traffic {
    const note = (text: string): void => void this.traffic.push(text);
    return {
      handed: ({ nonce }) => note(`handed ${nonce}`),
      answered: (_, answer) => note(`answered ${answer}`),
      quotes: () => undefined,
      marks: (updates) => note(`marks ${updates.length}`),
      user: ({ kind }) => note(`user ${kind}`),
      account: ({ address }) => note(`account ${address}`),
      fills: (_, fills) => note(`fills ${fills.length}`),
      funding: () => note('funding'),
    };
  }
}

/** Size of a fill in lots of 10^-5. */
export const lotsOf = ({ size }: VenueFill): number => Number(size / 1_000n);

const nameOf = (outcome: number): string => Object.entries(OUTCOME).find(([, code]) => code === outcome)?.[0] ?? 'none';
