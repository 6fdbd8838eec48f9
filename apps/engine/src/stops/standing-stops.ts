import type { CopyId, EpochMs, Id, Instrument, LeaderId, Price, Size, TenantScope } from '@lockstep/kernel';
import { must, toLots } from '@lockstep/kernel';
import type { LeaderTrigger, OwedMirror } from '@lockstep/replication';
import type { ClientOrderId, SignerHandle } from '@lockstep/venues/port';
import type { AccountRecord, CopyRecord } from '../state/registry';

/** How an order that stood came to its end. */
export interface StopEnd {
  readonly status: 'filled' | 'partly_filled' | 'cancelled' | 'rejected';
  /** Why, as a code: ours, or the venue's own word. */
  readonly why: string;
}

/** What a mirror stands for. What is owed of it a process counts as it plans the leader's fills: after a start nothing is. */
export interface MirrorOf extends OwedMirror {
  /** Lots of the leader's order. */
  readonly basis: number;
  readonly reduceOnly: boolean;
  readonly trigger: LeaderTrigger | null;
}

/** A protective stop, or a mirror of an order of the leader, that stands at the venue, or may; or that ended and is not accounted for yet. */
export interface StandingStop {
  readonly clientOrderId: ClientOrderId;
  readonly orderId: Id<'order'>;
  readonly createdAt: EpochMs;
  readonly account: AccountRecord;
  readonly scope: TenantScope;
  readonly copyNo: number;
  readonly copyId: CopyId;
  readonly leaderId: LeaderId;
  readonly settingsVersion: number;
  readonly instrument: Instrument;
  readonly buy: boolean;
  readonly size: Size;
  /** Worst price it may execute at. */
  readonly price: Price;
  /** Mark at which it is triggered; null: a limit order. */
  readonly trigger: Price | null;
  /** Null: a protective stop. */
  readonly mirror: MirrorOf | null;
  readonly nonce: number;
  /** Keys that may have signed it. */
  readonly signers: readonly SignerHandle[];
  /** The stop it was put in the place of; null: of none. */
  readonly replaces: ClientOrderId | null;
  /** As written down: `sent` and `ending` have an action on its way whose outcome is not known. */
  state: 'sent' | 'standing' | 'ending';
  /** An earlier process placed it, which may still run: when the action leaves is not known. */
  readonly sentBefore?: boolean;
  endNonce: number | null;
  /** The action that ends it is of an earlier process, which may still run: it may land at any time until its nonce is spent. */
  endsBefore?: boolean;
  /** When the action that is on its way may have left at the latest, monotonic ms. */
  leftBy: number;
  /** When its nonce was first found spent without the venue showing it, monotonic ms. */
  spentAt: number | null;
  /** When the venue is asked about it next, epoch ms. */
  askAt: EpochMs;
  /** True from when what it could close was closed until the venue said what became of it: a venue cancels what would only reduce where there is nothing left. */
  doubted: boolean;
  /** How often the venue refused to cancel it, and when that is tried next, epoch ms. */
  cancelsRefused: number;
  cancelAt: EpochMs;
  /** Set once the venue told that it ended. */
  end: StopEnd | null;
  /** Lots the venue says it filled; null until it ended. */
  filledLots: number | null;
  /** Lots of it that are booked, and that the venue said were filled while it stood. */
  bookedLots: number;
  toldLots: number;
}

/**
 * Orders that stand, protective stops and mirrors, by client order id, copy and account. Bounded by `stopsMax`. An entry leaves only once its end and every fill of it are accounted for, so that
 * what is not here is not at the venue either.
 */
export class StandingStops {
  private readonly byId = new Map<ClientOrderId, StandingStop>();
  private readonly byAccount = new Map<number, Set<StandingStop>>();
  private readonly mirrorSet = new Set<StandingStop>();
  /** Told when a fill of a stop is booked, before anything is planned on what is left. */
  onTriggered: (copy: CopyRecord) => void = () => undefined;
  /** Told when a mirror is added, filled or gone: what it comes to in its copy's columns changed. */
  onMirrored: (stop: StandingStop) => void = () => undefined;

  constructor(private readonly stopsMax: number) {}

  get size(): number {
    return this.byId.size;
  }

  get isFull(): boolean {
    return this.byId.size >= this.stopsMax;
  }

  add(stop: StandingStop): void {
    must(!this.byId.has(stop.clientOrderId), `stop ${stop.clientOrderId} stands twice`);
    this.byId.set(stop.clientOrderId, stop);
    const ofAccount = this.byAccount.get(stop.account.index) ?? new Set<StandingStop>();
    this.byAccount.set(stop.account.index, ofAccount.add(stop));
    if (stop.mirror !== null) this.mirrored(stop, true);
  }

  remove(stop: StandingStop): void {
    this.byId.delete(stop.clientOrderId);
    const ofAccount = this.byAccount.get(stop.account.index);
    ofAccount?.delete(stop);
    if (ofAccount?.size === 0) this.byAccount.delete(stop.account.index);
    if (stop.mirror !== null) this.mirrored(stop, false);
  }

  private mirrored(stop: StandingStop, here: boolean): void {
    if (here) this.mirrorSet.add(stop);
    else this.mirrorSet.delete(stop);
    this.onMirrored(stop);
  }

  /** Every mirror that stands, or may. */
  mirrors(): Iterable<StandingStop> {
    return this.mirrorSet;
  }

  /** Those of a copy in an instrument. Asked for several times a second for every copy. */
  mirrorsOf(copy: CopyRecord, coin: string): readonly StandingStop[] {
    const found: StandingStop[] = [];
    for (const stop of this.byAccount.get(copy.account.index) ?? [])
      if (stop.copyNo === copy.no && stop.mirror !== null && stop.instrument.coin === coin) found.push(stop);
    return found;
  }

  find(clientOrderId: ClientOrderId): StandingStop | undefined {
    return this.byId.get(clientOrderId);
  }

  all(): Iterable<StandingStop> {
    return this.byId.values();
  }

  ofAccount(account: AccountRecord): readonly StandingStop[] {
    return [...(this.byAccount.get(account.index) ?? [])];
  }

  ofCopy(copy: CopyRecord): readonly StandingStop[] {
    const found: StandingStop[] = [];
    for (const stop of this.byAccount.get(copy.account.index) ?? []) if (stop.copyNo === copy.no) found.push(stop);
    return found;
  }

  /** A fill brought an account's net to flat, or beyond: what stood to close it with orders of this side is asked for at once. A new position would have no stop. */
  closedBeneath(account: AccountRecord, coin: string, buy: boolean): void {
    for (const stop of this.byAccount.get(account.index) ?? []) {
      if (stop.buy !== buy || stop.instrument.coin !== coin || stop.mirror?.reduceOnly === false) continue;
      stop.doubted = true;
      stop.askAt = 0;
    }
  }

  /** A new agent signs for an account: what the venue refused to cancel may have been refused for the one before, and waits no more. */
  signedAnew(account: AccountRecord): void {
    for (const stop of this.byAccount.get(account.index) ?? []) {
      stop.cancelsRefused = 0;
      stop.cancelAt = 0;
    }
  }

  /** Whether a copy has a stop that must be gone before it ends. An account without a key can cancel none; its stop can only reduce. */
  holdsBack(copy: CopyRecord): boolean {
    return copy.account.signs && this.ofCopy(copy).length > 0;
  }

  /** Whether a protective stop of a copy was filled and is not accounted for yet. */
  hasTriggered(copy: CopyRecord): boolean {
    return this.ofCopy(copy).some(({ mirror, bookedLots }) => mirror === null && bookedLots > 0);
  }

  /** Lots booked from a fill of the venue. */
  tellBooked(clientOrderId: ClientOrderId, lots: number): void {
    const stop = this.byId.get(clientOrderId);
    if (stop === undefined) return;
    stop.bookedLots += lots;
    stop.toldLots = Math.max(stop.toldLots, stop.bookedLots);
    stop.askAt = 0;
    if (stop.mirror !== null) this.onMirrored(stop);
  }
}

/** Lots of a standing order that may still be filled, or are and not booked yet. */
export function workingLots({ instrument, size: whole, end, filledLots, bookedLots }: StandingStop): number {
  const most = end === null ? toLots(instrument, whole) : (filledLots ?? 0);
  return Math.max(0, most - bookedLots);
}

/** Whether the market has come to a standing order: it may have traded, and nobody tells. */
export function isMet({ account, instrument, buy, price: limit, trigger, mirror }: StandingStop): boolean {
  const mark = account.network.markets.get(instrument.coin)?.mark ?? 0n;
  if (mark <= 0n) return false;
  // A limit order fills where the market comes to it; a trigger is met where the mark is.
  if (trigger === null) return buy ? mark <= limit : mark >= limit;
  const rises = buy !== (mirror?.trigger?.purpose === 'take_profit');
  return rises ? mark >= trigger : mark <= trigger;
}

/** Whether a standing order, for all that is known here, traded something that is not booked, or may have. A protective stop ends its copy with its first fill. */
export function mayHaveTraded(stop: StandingStop): boolean {
  const { mirror, end, filledLots, toldLots, bookedLots } = stop;
  if (end !== null) return (filledLots ?? 0) > bookedLots;
  return toldLots > (mirror === null ? 0 : bookedLots) || isMet(stop);
}
