import { makeId, present, type TenantScope, unwrap } from '@lockstep/kernel';
import { silentLogger, systemTimers } from '@lockstep/platform';
import { type CopyEntry, clientOrderIdText, decodeJournal, type JournalRow, type Move } from '@lockstep/replication';
import { at, entryOf, NOW, Stage, settingsOf, sizeOf } from '@lockstep/replication/testing/book-builder';
import type { CommandRow, StopsInForce } from '@lockstep/storage';
import { Departures, EgressScheduler, forecast } from '@lockstep/venues/egress';
import { type EgressView, type LeavingOrders, type OrderSubmission, OUTCOME } from '@lockstep/venues/port';
import type { WaveOutcome } from '../books/outcome-batch';
import { Places } from '../bounded';
import { StopWishes } from '../commands/stop-wishes';
import { type EngineContext, StopVersion } from '../context';
import { KnownStops } from '../known-stops';
import { ENGINE_LIMITS } from '../limits';
import { Nonces } from '../nonces';
import { OpenProposals } from '../proposals/open-proposals';
import { Quotes } from '../quotes';
import { CopyLedger } from '../state/copy-ledger';
import { OpenOrders } from '../state/open-orders';
import type { CopyRecord, Registry, WatchedAccount } from '../state/registry';
import { Rights } from '../state/rights';
import { TestClocks } from '../test-clocks';
import type { RecordedMove } from '../wave/recorded-move';

/** Whose the copies are. */
export const SCOPE = { tenantId: makeId('tenant', 1, new Uint8Array(10)), environment: 'test' } as unknown as TenantScope;

/** An order that reached the venue, in words: "buy 5". */
export type Sent = string;

export interface WaveTerms {
  readonly copies?: number;
  /** 0: no limit. */
  readonly sendsPerMinute?: number;
  /** Lots the venue says filled beyond what was ordered. */
  readonly overfill?: number;
  /** What the copies have in common beside their leader. */
  readonly entry?: Partial<CopyEntry>;
}

/** Copies of a leader at his own size, on the real way from moves to orders; the venue fills everything, storage only remembers the journal. */
export class WaveStage {
  readonly stage = new Stage();
  readonly sent: Sent[] = [];
  readonly journaled: JournalRow[] = [];
  readonly outcomes: WaveOutcome[] = [];
  readonly quotes = new Quotes();
  /** Called with each order before it is answered. */
  onSent: (clientOrderId: string) => void = () => undefined;
  readonly watched: WatchedAccount;
  readonly ctx: EngineContext;
  /** Commands of the tenant that stand in the database and were not read. */
  unread: readonly Pick<CommandRow, 'no' | 'kind' | 'targetId'>[] = [];
  /** What stops the tenant in the database. */
  stopsInForce: StopsInForce = { names: [], suspended: false };
  /** Monotonic ms. */
  elapsed = 0;
  /** Nothing was read yet. */
  readonly knownStops = new KnownStops(() => this.elapsed);
  /** Called as a unit of work commits. */
  onCommit: () => void = () => undefined;
  /** How often the venue's list of instruments was asked for. */
  listsAsked = 0;
  private waves = 0;

  constructor({ copies = 1, sendsPerMinute = 0, overfill = 0, entry = {} }: WaveTerms = {}) {
    for (let copyNo = 1; copyNo <= copies; copyNo += 1) this.stage.add(entryOf(copyNo, settingsOf('1'), entry));
    this.watched = {
      no: 1,
      network: {
        name: 'sim',
        markets: { get: () => undefined },
        quotes: this.quotes,
        listings: {
          readSince: async () => {
            this.listsAsked += 1;
          },
        },
        venue: {
          orders: this.venue(overfill),
          capabilities: { workingOrders: true, clientOrderId: true, nonceNoop: true },
          ...(sendsPerMinute > 0 && { egress: limitedTo(sendsPerMinute) }),
        },
      },
      book: this.stage.book,
    } as unknown as WatchedAccount;
    this.ctx = this.context(copies);
  }

  /** The leader's moves to these sizes, one behind the other, as they stand in the inbox. */
  moves(from: string, ...sizes: readonly string[]): RecordedMove[] {
    return sizes.map((after, index) => {
      const part: Partial<Move> = { before: sizeOf(index === 0 ? from : present(sizes[index - 1], 'the size before')) };
      this.waves += 1;
      const recorded = {
        wave: this.waves,
        seq: this.waves,
        watched: this.watched,
        leaderEquity: null,
        leaderVolatility: null,
        receivedAt: NOW,
        recordedAt: NOW,
      };
      return { ...recorded, move: this.stage.moveTo(after, part) };
    });
  }

  get position(): number {
    return at(this.stage.sheet.rows.position, 0);
  }

  readonly books = {
    expect: () => undefined,
    takeWave: async (outcome: WaveOutcome) => {
      this.outcomes.push(outcome);
    },
  };

  private venue(overfill: number): Pick<OrderSubmission, 'submit'> {
    return {
      submit: async (orders, sink) => {
        const { count } = orders;
        for (let row = 0; row < count; row += 1) this.sent.push(`${orders.buy[row] === 1 ? 'buy' : 'sell'} ${orders.lots[row]}`);
        for (let row = 0; row < count; row += 1) this.onSent(clientOrderIdText(orders.clientOrderId, row * 16));
        const one = new Float64Array(count).fill(1);
        sink.onOutcomes({
          count,
          row: Int32Array.from({ length: count }, (_, row) => row),
          outcome: new Uint8Array(count).fill(OUTCOME.filled),
          rejectCode: new Uint8Array(count),
          filledLots: orders.lots.map((lots) => lots + overfill),
          averagePrice: orders.price.slice(),
          orderId: one,
          signedAt: one,
          sentAt: one,
          answeredAt: one,
        });
        return { accepted: count, rejected: 0, unknown: 0, firstSentAt: 1, lastSentAt: 1, lastAnsweredAt: 1 };
      },
    };
  }

  private context(count: number): EngineContext {
    const group = { index: 0, scope: SCOPE };
    const copyOf = (no: number) =>
      ({ no, id: `cpy_${no}`, row: no - 1, account: { index: no, touched: 0 }, watched: this.watched, group }) as unknown as CopyRecord;
    const copies = new Map(Array.from({ length: count }, (_, index) => [index + 1, copyOf(index + 1)]));
    const journal = {
      insertAll: async (rows: readonly { readonly packed: Buffer }[]) => {
        this.journaled.push(...rows.map((row) => unwrap(decodeJournal(new Uint8Array(row.packed)), 'a journal row')));
        return rows.length;
      },
    };
    const commands = { pending: async () => this.unread };
    const killSwitches = { inForce: async () => this.stopsInForce };
    const registry = { accountCount: count + 1, copies, groupAt: () => group, sharedAccountsOf: () => [] } as unknown as Registry;
    const stops = new StopVersion();
    const rights = new Rights();
    return {
      clocks: new TestClocks(),
      rights,
      clock: { now: () => NOW, monotonic: () => this.elapsed },
      stage: () => NOW,
      log: silentLogger,
      limits: ENGINE_LIMITS,
      instance: 7,
      shard: 0,
      registry,
      nonces: new Nonces(0),
      booked: new CopyLedger(),
      proposals: new OpenProposals(),
      openOrders: new OpenOrders(ENGINE_LIMITS.openOrdersMax, () => undefined),
      storage: {
        scoped: async (_scope: unknown, work: (unit: unknown) => Promise<unknown>) => {
          const done = await work({ now: NOW, journal, commands, killSwitches });
          this.onCommit();
          return done;
        },
      },
      wishes: new StopWishes(
        registry,
        () => stops.changed(),
        rights,
        () => NOW,
      ),
      knownStops: this.knownStops,
      waves: { add: () => undefined },
      journalUnits: new Places(1, 10),
      sending: { during: <T>(work: () => Promise<T>) => work() },
      pass: () => undefined,
      dailySeed: () => new Uint8Array(32),
      stops,
      broken: (why: string) => {
        throw new Error(why);
      },
      timers: systemTimers,
    } as unknown as EngineContext;
  }
}

/** One egress address that takes so many orders a minute; nothing that is announced ever leaves it. */
function limitedTo(sendsPerMinute: number): Pick<EgressView, 'numberOf' | 'departures' | 'forecast' | 'announce'> {
  const limits = {
    meters: [{ name: 'orders', perWindow: sendsPerMinute, kept: {}, most: {} }],
    windowMs: 60_000,
    inFlightMax: 1_000,
    lateMs: 1_000,
    backoffMinMs: 1_000,
    backoffMaxMs: 1_000,
    answerMs: 100,
  };
  const scheduler = new EgressScheduler({
    ips: 1,
    limits,
    accounts: { free: 1_000, spacingMs: 10_000, cancelsBeyond: 0 },
    actionCost: { meters: [1], inFlight: true },
  });
  const mixOf = ({ count, exit }: LeavingOrders) => {
    const reduction = exit.subarray(0, count).reduce((sum, each) => sum + each, 0);
    return { reduction, entry: count - reduction };
  };
  return {
    numberOf: () => 1,
    departures: () => new Departures(scheduler, () => 0, 0, NOW),
    forecast: (orders) => ({ endsAt: NOW + forecast(scheduler, [mixOf(orders)], 0).endsInMs, limitedBy: null }),
    announce: (orders) => {
      const { reduction, entry } = mixOf(orders);
      const flow = scheduler.open();
      scheduler.ask(0, flow, 'reduction', { tokens: [], count: reduction });
      scheduler.ask(0, flow, 'entry', { tokens: [], count: entry });
      return () => undefined;
    },
  };
}
