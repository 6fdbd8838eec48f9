import { present, unwrap } from '@lockstep/kernel';
import { silentLogger } from '@lockstep/platform';
import { decodeJournal, type JournalRow, type Move, STATUS } from '@lockstep/replication';
import { at, dollars, entryOf, NOW, Stage, settingsOf, sizeOf } from '@lockstep/replication/testing/book-builder';
import { type OrderSubmission, OUTCOME } from '@lockstep/venues/port';
import type { WaveOutcome } from '../books/outcome-batch';
import { Places } from '../bounded';
import { type EngineContext, StopVersion } from '../context';
import { ENGINE_LIMITS, type EngineLimits } from '../limits';
import { Nonces } from '../nonces';
import { Quotes } from '../quotes';
import { NO_INTENT } from '../state/intent';
import type { CopyRecord, WatchedAccount } from '../state/registry';
import type { RecordedMove } from '../wave/recorded-move';

const SCOPE = { tenantId: 'ten_1', environment: 'test' };
const COPY_NO = 1;

/** An order that reached the venue, in words: "buy 5". */
export type Sent = string;

/** One copy of a leader, on the real way from moves to orders; the venue fills everything, storage only remembers the journal. */
export class WaveStage {
  readonly stage = new Stage();
  readonly sent: Sent[] = [];
  readonly journaled: JournalRow[] = [];
  readonly outcomes: WaveOutcome[] = [];
  readonly quotes = new Quotes();
  readonly watched: WatchedAccount;
  readonly ctx: EngineContext;
  private waves = 0;

  constructor(
    ratio = '1',
    network: Readonly<Record<string, unknown>> = {},
    readonly limits: EngineLimits = ENGINE_LIMITS,
  ) {
    this.stage.add(entryOf(COPY_NO, settingsOf(ratio), { status: STATUS.active, realEquity: dollars(1_000_000) }));
    this.watched = {
      no: 1,
      network: { name: 'sim', markets: { get: () => undefined }, quotes: this.quotes, venue: { orders: this.venue() }, ...network },
      book: this.stage.book,
    } as unknown as WatchedAccount;
    this.ctx = this.context();
  }

  /** The leader's moves to these sizes, one behind the other, as they stand in the inbox. */
  moves(from: string, ...sizes: readonly string[]): RecordedMove[] {
    return sizes.map((after, index) => {
      const part: Partial<Move> = { before: sizeOf(index === 0 ? from : present(sizes[index - 1], 'the size before')) };
      this.waves += 1;
      const recorded = { wave: this.waves, seq: this.waves, watched: this.watched, leaderEquity: null, receivedAt: NOW, recordedAt: NOW };
      return { ...recorded, move: this.stage.moveTo(after, part) };
    });
  }

  get position(): number {
    return at(this.stage.sheet.rows.position, 0);
  }

  readonly books = {
    takeWave: async (outcome: WaveOutcome) => {
      this.outcomes.push(outcome);
    },
  };

  private venue(): Pick<OrderSubmission, 'submit'> {
    return {
      submit: async (orders, sink) => {
        const { count } = orders;
        for (let row = 0; row < count; row += 1) this.sent.push(`${orders.buy[row] === 1 ? 'buy' : 'sell'} ${orders.lots[row]}`);
        const one = new Float64Array(count).fill(1);
        sink.onOutcomes({
          count,
          row: Int32Array.from({ length: count }, (_, row) => row),
          outcome: new Uint8Array(count).fill(OUTCOME.filled),
          rejectCode: new Uint8Array(count),
          filledLots: orders.lots.slice(),
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

  private context(): EngineContext {
    const account = { index: COPY_NO, touched: 0 };
    const copy = { no: COPY_NO, row: 0, account, watched: this.watched, group: { index: 0, scope: SCOPE } } as unknown as CopyRecord;
    const journal = {
      insertAll: async (rows: readonly { readonly packed: Buffer }[]) => {
        this.journaled.push(...rows.map((row) => unwrap(decodeJournal(new Uint8Array(row.packed)), 'a journal row')));
        return rows.length;
      },
    };
    return {
      clock: { now: () => NOW, monotonic: () => 0 },
      stage: () => NOW,
      log: silentLogger,
      limits: this.limits,
      instance: 7,
      shard: 0,
      registry: { accountCount: COPY_NO + 1, copies: new Map([[COPY_NO, copy]]), groupAt: () => copy.group },
      nonces: new Nonces(0),
      booked: { newestIntent: () => NO_INTENT },
      openOrders: { add: () => undefined, find: () => copy },
      storage: { scoped: (_scope: unknown, work: (unit: unknown) => Promise<unknown>) => work({ now: NOW, journal }) },
      waves: { add: () => undefined },
      journalUnits: new Places(1, 10),
      sending: { during: <T>(work: () => Promise<T>) => work() },
      pass: () => undefined,
      dailySeed: () => new Uint8Array(32),
      stops: new StopVersion(),
      broken: (why: string) => {
        throw new Error(why);
      },
    } as unknown as EngineContext;
  }
}
