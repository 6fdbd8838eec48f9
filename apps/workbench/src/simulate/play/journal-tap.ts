import { createHash } from 'node:crypto';
import { fromLots, type Instrument, size, type TenantScope } from '@lockstep/kernel';
import { CAPS, clientOrderIdText, decodeJournal, type JournalRow as Packed, reasonAt } from '@lockstep/replication';
import type { ShortfallReason } from '@lockstep/simulation';
import { scopeKey } from '@lockstep/tenancy';
import { reasonGroup } from './reasons';

/** What the journal says of an order that is about to be handed over. */
export interface JournaledOrder {
  readonly scope: string;
  readonly copyNo: number;
  readonly wave: string;
  readonly cause: 'move' | 'repair';
  readonly nonce: number;
  readonly clientOrderId: string;
  /** It takes off the copy's own risk. */
  readonly exit: boolean;
  readonly decidedAt: number;
  readonly journaledAt: number;
}

/** A leader's move that a row decided on, by the venue time of its block. */
export interface DecidedMove {
  readonly coin: string;
  readonly time: number;
  readonly copyNos: readonly number[];
}

/** Legs of a decision below it are its exits. */
const FIRST_ENTRY_LEG = 2;

interface Row {
  readonly moveId: bigint;
  readonly shard: number;
  readonly part: number;
  readonly packed: Buffer;
}

const MILLISECOND = 1;

/** Reads what the engine journaled: its orders by client order id, and why copies fell short, by copy and coin. */
export class JournalTap {
  private readonly orders = new Map<string, JournaledOrder>();
  private readonly reasons = new Map<string, Set<ShortfallReason>>();
  private readonly coins = new Map<number, Set<string>>();
  private readonly digest = createHash('sha256');

  /** `closesAlone`: a copy whose episodes do not end with its leader’s. */
  constructor(private readonly closesAlone: (copyNo: number) => boolean) {}

  /** Takes committed rows; returns the moves they decide on and their orders. Times in the rows are of the engine's clock, `offsetMs` ahead of the world's. */
  take(
    scope: TenantScope,
    rows: readonly Row[],
    journaledAt: number,
    offsetMs: number,
  ): { moves: readonly DecidedMove[]; orders: readonly JournaledOrder[] } {
    const found: JournaledOrder[] = [];
    const moves: DecidedMove[] = [];
    for (const row of rows) {
      this.digest.update(row.packed);
      const read = decodeJournal(row.packed);
      if (!read.ok) throw new Error(`a journal row cannot be read: ${read.error}`);
      this.takeReasons(read.value);
      const { orders, decisions, coin, firstFillAt } = read.value;
      if (firstFillAt > 0) moves.push({ coin, time: firstFillAt, copyNos: [...decisions.copyNo] });
      for (let at = 0; at < orders.count; at += 1) {
        const order: JournaledOrder = {
          scope: scopeKey(scope),
          copyNo: orders.copyNo[at] ?? 0,
          wave: `${row.moveId}/${row.shard}`,
          cause: read.value.firstFillAt > 0 ? 'move' : 'repair',
          nonce: orders.nonce[at] ?? 0,
          clientOrderId: clientOrderIdText(orders.clientOrderId, at * 16),
          exit: (orders.leg[at] ?? 0) < FIRST_ENTRY_LEG,
          // Rows have whole milliseconds: it was decided somewhere in this one, before it was written down.
          decidedAt: Math.min((read.value.m2 || read.value.plannedAt) - offsetMs + MILLISECOND, journaledAt),
          journaledAt,
        };
        this.orders.set(order.clientOrderId, order);
        found.push(order);
      }
    }
    return { moves, orders: found };
  }

  /** SHA-256 over the bytes of all rows taken. Ends it: nothing can be taken afterwards. */
  hex(): string {
    return this.digest.digest('hex');
  }

  order(clientOrderId: string): JournaledOrder | undefined {
    return this.orders.get(clientOrderId);
  }

  /** Why a copy fell short in a coin since its leader was flat there last. */
  reasonsOf(copyNo: number, coin: string): ReadonlySet<ShortfallReason> {
    return this.reasons.get(`${copyNo}|${coin}`) ?? new Set();
  }

  /** Coins in which something was decided about a copy. */
  coinsOf(copyNo: number): ReadonlySet<string> {
    return this.coins.get(copyNo) ?? new Set();
  }

  private takeReasons(row: Packed): void {
    const { decisions } = row;
    const { leaderBefore, leaderAfter } = row;
    const begins = leaderAfter !== 0 && Math.sign(leaderBefore) !== Math.sign(leaderAfter);
    for (let at = 0; at < decisions.count; at += 1) {
      const key = `${decisions.copyNo[at]}|${row.coin}`;
      const known =
        begins && !this.closesAlone(decisions.copyNo[at] ?? 0) ? new Set<ShortfallReason>() : (this.reasons.get(key) ?? new Set<ShortfallReason>());
      this.reasons.set(key, known);
      const copyNo = decisions.copyNo[at] ?? 0;
      const coins = this.coins.get(copyNo) ?? new Set<string>();
      this.coins.set(copyNo, coins);
      coins.add(row.coin);
      const code = reasonAt(decisions.reason[at] ?? 0);
      const group = code === null ? null : reasonGroup(code);
      if (group !== null) known.add(group);
      if ((decisions.cutMask[at] ?? 0) !== 0) known.add('cap');
    }
  }
}

/** Names of the caps, for whoever prints receipts. */
export const CAP_NAMES: readonly string[] = CAPS;

/** Signed lots as a size of 10^-8. */
export const sizeOfLots = (instrument: Instrument, lots: number): bigint => (lots === 0 ? size(0n) : fromLots(instrument, lots));
