import { must, type TenantScope } from '@lockstep/kernel';
import type { InstrumentSheet } from '@lockstep/replication';
import type { ClientOrderId, SentOrder, SignerHandle } from '@lockstep/venues/port';
import type { AccountRecord, CopyRecord } from './registry';

/** Journal rows that stay open until every order in them is settled. */
export interface OpenWave {
  /** The journal rows' number: the move's, or the repair's own. */
  readonly journalNo: number;
  readonly isMove: boolean;
  /** Tenants with a journal row of it. */
  readonly scopes: TenantScope[];
  /** True once what became of it is in the hands of the books: what is written of its orders from then on meets their rows. */
  handed: boolean;
  /** Orders not settled, and one more until its order rows are written. */
  open: number;
}

/** Until when an entry may stand, epoch ms, and how often its leader had reduced and its copy was halted when it was placed: once more of either ends it. */
export interface RestTerms {
  readonly until: number;
  readonly leaderReductions: number;
  readonly halts: number;
}

/** An order that left, or may have left, and is not fully accounted for. */
export interface OpenOrder {
  readonly clientOrderId: ClientOrderId;
  readonly orderId: string;
  readonly createdAt: number;
  /** When it may have left at the latest, monotonic ms: when its outcome was taken for unknown, or when this process found it in the journal. */
  readonly leftBy: number;
  /**
   * It may have left later than that: it was given up before its way out told how it ended, and may have waited for a connection; or an earlier process had it, which
   * may go on for as long as it needs to notice that it leads no more.
   */
  readonly givenUp?: boolean;
  /** When its nonce was first found spent without the venue showing it, monotonic ms. */
  spentAt?: number;
  readonly copy: CopyRecord;
  readonly sheet: InstrumentSheet;
  readonly buy: boolean;
  readonly lots: number;
  /** Limit price times 10^8. */
  readonly price: number;
  readonly nonce: number;
  /** Keys that may have signed it: one, or after a restart the present and the former one of the account. */
  readonly signers: readonly SignerHandle[];
  readonly expiresAfter: number;
  readonly exit: boolean;
  readonly wave: OpenWave;
  /** Lots the venue says it filled; null while the outcome is unknown. */
  filledLots: number | null;
  /** Lots of it booked from the venue's fills. */
  bookedLots: number;
  /** Lots of it that the planning columns hold already: booked before a restart, told while it stands, or booked while its outcome is unknown. */
  ledBooked: number;
  /** What an entry that may stand at its bound was placed on; absent: it may not. */
  readonly rest?: RestTerms;
  /** A cancel of it left: from then on it is asked for at its times. */
  cancelSent?: true;
  /** The venue took one that is not asked about yet. */
  isOut?: boolean;
  /** It stands, and the venue took no cancel of it because the account's agent is gone: only a new one can end it. */
  awaitsAgent?: boolean;
  /** The venue's answer as an earlier process wrote it down. */
  readonly answer?: SentOrder['answer'];
  /** When an unknown order is asked for next, epoch ms. */
  askAt: number;
}

/**
 * Orders whose fills are not all booked, by client order id and by account. An order is settled when its outcome is known and every lot of
 * it is booked; the journal row is completed when all of its orders are. Bounded by `ordersMax`.
 */
export class OpenOrders {
  private readonly byId = new Map<ClientOrderId, OpenOrder>();
  private readonly byAccount = new Map<number, Set<OpenOrder>>();
  /** Lots booked of orders that are not open yet: an account may be read while the answers of its wave are still to come. */
  private readonly early = new Map<ClientOrderId, number>();

  /** @param onSettled called once per wave, when everything of it is accounted for. */
  constructor(
    private readonly ordersMax: number,
    private readonly onSettled: (wave: OpenWave) => void,
  ) {}

  get size(): number {
    return this.byId.size;
  }

  /** Opens an order; one that was booked whole before its answer came is settled at once. */
  add(order: OpenOrder): void {
    must(this.byId.size < this.ordersMax, `more than ${this.ordersMax} orders are open`);
    must(!this.byId.has(order.clientOrderId), `order ${order.clientOrderId} is open twice`);
    this.byId.set(order.clientOrderId, order);
    const ofAccount = this.byAccount.get(order.copy.account.index) ?? new Set<OpenOrder>();
    ofAccount.add(order);
    this.byAccount.set(order.copy.account.index, ofAccount);
    order.wave.open += 1;
    order.bookedLots += this.early.get(order.clientOrderId) ?? 0;
    this.early.delete(order.clientOrderId);
    this.settle(order);
  }

  /** No wave is on its way, so every order that may still be opened is. */
  forgetEarly(): void {
    this.early.clear();
  }

  find(clientOrderId: ClientOrderId): OpenOrder | undefined {
    return this.byId.get(clientOrderId);
  }

  ofAccount(accountIndex: number): Iterable<OpenOrder> {
    return this.byAccount.get(accountIndex) ?? [];
  }

  /** Orders whose outcome is not known. */
  unknown(): OpenOrder[] {
    return [...this.byId.values()].filter((order) => order.filledLots === null);
  }

  /** Accounts with filled lots that are not booked yet. */
  accountsToRead(): AccountRecord[] {
    const accounts: AccountRecord[] = [];
    for (const orders of this.byAccount.values()) {
      for (const order of orders) {
        if (order.filledLots === null || order.filledLots <= order.bookedLots) continue;
        accounts.push(order.copy.account);
        break;
      }
    }
    return accounts;
  }

  /** A new agent signs for an account: what waits for one is taken out of the book at once. */
  signedAnew(account: AccountRecord): void {
    for (const order of this.ofAccount(account.index)) if (order.awaitsAgent) order.askAt = 0;
  }

  /** The venue's word on how much of an order filled. */
  tellFilled(clientOrderId: ClientOrderId, lots: number): void {
    const order = this.byId.get(clientOrderId);
    if (order === undefined) return;
    order.filledLots = lots;
    this.settle(order);
  }

  /** Lots booked from a fill of the venue, also before the order's answer came. */
  tellBooked(clientOrderId: ClientOrderId, lots: number): void {
    const order = this.byId.get(clientOrderId);
    if (order === undefined) {
      if (this.early.size < this.ordersMax) this.early.set(clientOrderId, (this.early.get(clientOrderId) ?? 0) + lots);
      return;
    }
    order.bookedLots += lots;
    this.settle(order);
  }

  private settle(order: OpenOrder): void {
    if (order.filledLots === null || order.bookedLots < order.filledLots) return;
    this.byId.delete(order.clientOrderId);
    const ofAccount = this.byAccount.get(order.copy.account.index);
    ofAccount?.delete(order);
    if (ofAccount?.size === 0) this.byAccount.delete(order.copy.account.index);
    this.release(order.wave);
  }

  /** One thing less keeps the wave open. */
  release(wave: OpenWave): void {
    wave.open -= 1;
    if (wave.open === 0) this.onSettled(wave);
  }
}
