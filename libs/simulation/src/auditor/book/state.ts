import type { EpochMs } from '@lockstep/kernel';
import { pow10, UNIT, UNIT_SCALE } from '@lockstep/kernel';
import type { CrossMade } from '../observations';
import type { AuditorOptions } from '../options';
import type { Violation, ViolationKind } from '../violation';
import { Blindness } from './blindness';
import type { AccountCharges } from './charges';
import type { CopyTrack } from './copies';
import { entryOf } from './entry-of';
import { Formers } from './formers';
import { type HaltInForce, Halts } from './halts';
import { HoldingIndex } from './holding-index';
import { LeaderTrack } from './leaders';
import { DeliveredMarks } from './marks';
import type { OrderTrack } from './orders';
import { Rights } from './rights';
import type { SharedStanding } from './shared-standing';

/** The price the minimum is judged at may be so far off the newest mark, in percent of the most that waits. */
export const WAITING_PERCENT = 110n;

/** What may be traded, as told. Sizes of lots 10^-8 base units. */
export interface InstrumentSeen {
  readonly coin: string;
  readonly lot: bigint;
  readonly maxLeverage: number;
  readonly minNotional: bigint;
  readonly isolated: boolean;
}

/** A part of a fill of the world on its way to the engine: what it does to one copy. */
export interface FillPart {
  readonly copy: CopyTrack;
  readonly signed: bigint;
  readonly price: bigint;
  readonly fee: bigint;
  /** Of the holding, when it filled. */
  readonly era: number;
}

/** A fill of the world in a follower's account, with what of it is whose. */
export interface WorldFill {
  readonly account: string;
  readonly coin: string;
  readonly tradeId: string;
  readonly cloid: string | null;
  readonly size: bigint;
  readonly price: bigint;
  readonly fee: bigint;
  readonly closedPnl: bigint;
  readonly parts: readonly FillPart[];
  told: boolean;
}

/** Everything the auditor knows, kept by `book/` and read by `checks/`. */
export class AuditState {
  readonly instruments = new Map<string, InstrumentSeen>();
  readonly marks = new DeliveredMarks();
  /** Middles of books, rounded down, as each process was told them. */
  readonly mids = new DeliveredMarks();
  /** Coins the venue took off its list. */
  readonly delisted = new Set<string>();
  readonly leaders = new Map<string, LeaderTrack>();
  readonly copies = new Map<string, CopyTrack>();
  readonly copiesByLeader = new Map<string, CopyTrack[]>();
  readonly copiesByAccount = new Map<string, CopyTrack[]>();
  readonly holders = new HoldingIndex();
  readonly orders = new Map<string, OrderTrack>();
  /** Orders of each signer's nonce, oldest first: one action may be of several stops or mirrors. */
  readonly byNonce = new Map<string, OrderTrack[]>();
  /** Signer and nonce of what the venue took without an order: no order with it can land, one that is planned later neither. */
  readonly spentNonces = new Set<string>();
  /** The account each signer signs for, by its first order. */
  readonly signerAccounts = new Map<string, string>();
  readonly fills = new Map<string, WorldFill>();
  /** Crosses inside accounts, by {@link fillKey}. */
  readonly crosses = new Map<string, CrossMade>();
  /** What the venue charged each account. */
  readonly charges = new Map<string, AccountCharges>();
  readonly halts = new Halts();
  readonly rights = new Rights();
  readonly blindness = new Blindness();
  readonly startedAt = new Map<string, EpochMs>();
  readonly formers = new Formers();
  lastStartAt = Number.NEGATIVE_INFINITY;
  /** Since when nothing between engines and the world fails; infinity: something does. */
  quietSince = Number.NEGATIVE_INFINITY;
  /** The newest mark of a coin any process was told. */
  readonly lastMarks = new Map<string, bigint>();
  /** Net positions of followers' accounts, by account and coin. */
  readonly nets = new Map<string, bigint>();

  /** Accounts nobody can sign for at the venue: nothing of theirs can be closed by an engine. */
  readonly unsigned = new Set<string>();
  /** When an account got its newest signer: the one before it may have been gone since any time. */
  readonly signedAgainAt = new Map<string, EpochMs>();
  /** The signer of the newest order of an account that was not known to be gone then: an engine may not have taken to one that was given. */
  readonly signing = new Map<string, string>();
  /** Signers that count no more: what they sign is refused. */
  readonly goneSigners = new Set<string>();

  /** Limits that copies share and that stand beyond doubt, passed or met again, by their keys. */
  readonly shared = new Map<string, SharedStanding>();
  /** The process whose marks they were judged by last; null: none, or it died. */
  sharedBy: string | null = null;

  constructor(
    readonly options: AuditorOptions,
    private readonly tell: (violation: Violation) => void,
  ) {}

  leader(address: string): LeaderTrack {
    return entryOf(this.leaders, address, () => new LeaderTrack(this.options.equityWindowMs));
  }

  /**
   * What ends a copy's new risk at a moment, the oldest of what was asked for and of rights it lacks; null: nothing. A right that ends by its time ends when the
   * clock of whoever asks says so.
   */
  haltOf({ copy }: CopyTrack, at: EpochMs): HaltInForce | null {
    const asked = this.halts.oldest(copy);
    const right = this.rights.missing(copy, at);
    if (right === null) return asked;
    const since = right.byTime ? right.since + this.options.clockSlackMs : right.since;
    if (since > at || (asked !== null && asked.since <= since)) return asked;
    return { cause: right.cause, thing: `copy ${copy.copyId}`, since };
  }

  report(kind: ViolationKind, at: EpochMs, copyId: string | null, cloid: string | null, text: string): void {
    this.tell({ kind, at, copyId, cloid, text });
  }

  /** Whether the process began so short a while ago that its figures may not be those the auditor has, or another leads whose doings it does not know. */
  settling(process: string, at: EpochMs): boolean {
    if (this.formers.isOver(process)) return true;
    return at - (this.startedAt.get(process) ?? Number.NEGATIVE_INFINITY) < this.options.settleMs;
  }

  /** Whether any process began so short a while ago. */
  settlingAny(at: EpochMs): boolean {
    return at - this.lastStartAt < this.options.settleMs;
  }

  /** The most that can wait for the venue's minimum in a coin, 10^-8 base units; null where its price is not known. */
  waitingMost(coin: string): bigint | null {
    const mark = this.lastMarks.get(coin);
    const instrument = this.instruments.get(coin);
    if (mark === undefined || instrument === undefined) return null;
    return (instrument.minNotional * UNIT * WAITING_PERCENT) / (mark * 100n) + instrument.lot;
  }

  /** The price a process was told last, in whole units; null: none. */
  priceOf(process: string, coin: string): number | null {
    const trail = this.marks.of(process, coin);
    return trail === null ? null : trail.latest;
  }
}

/** One lot of a coin with so many decimals. */
export const lotOf = (szDecimals: number): bigint => pow10(UNIT_SCALE - szDecimals);
export const fillKey = (account: string, coin: string, tradeId: string): string => `${account} ${coin} ${tradeId}`;
