import type { EpochMs } from '@lockstep/kernel';
import type { AnswerSeen, OrderHanded } from '../observations';

/** What names an order, in the journal and at the venue. */
export type OrderOrigin = Pick<OrderHanded, 'cloid' | 'process' | 'scope' | 'copyId' | 'wave' | 'signer' | 'nonce'>;

/** An order without an answer is asked about for so long at most. */
const UNKNOWN_MOST_MS = 60_000;

/** Which order of the leader a mirror stands for, and which mirror it takes the place of. */
export interface MirrorOrigin {
  readonly leaderOrder: string;
  readonly replaces: string | null;
  /** When its row was given to the database. */
  readonly writtenAt: EpochMs;
}

/** Whether an order takes off its copy's own risk; on an account with several copies that need not be the account's. */
export const isExit = ({ exit, reduceOnly }: OrderHanded): boolean => exit ?? reduceOnly;

/** One order from its journal row to its end, as it truly was. */
export class OrderTrack {
  handed: OrderHanded | null = null;
  /** Journaled as taking risk off only. */
  exit = false;
  /** An entry that has to be approved. */
  approved = false;
  /** One that leaves something to approve where it fills whole. */
  leavesAsked = false;
  /** Its journal row stood before it left. */
  journaled = false;
  /** What may still fill, 10^-8 base units. */
  remaining = 0n;
  filled = 0n;
  /** Of it, what the engine was told as fills. */
  toldFilled = 0n;
  /** The world saw it. */
  arrived = false;
  /** It stood at the venue: what fills before that fills as it arrives. */
  rested = false;
  rejected = false;
  /** The venue said that its account has not the margin of it. */
  refusedForMargin = false;
  /** It can fill no more, and since when. */
  ended = false;
  endedAt: EpochMs = Number.NEGATIVE_INFINITY;
  withheld = false;
  voided = false;
  answer: AnswerSeen | null = null;
  /** Of a protective stop, where it is triggered; null: it is none. */
  trigger: bigint | null = null;
  /** Of a mirror of a leader's order, what the engine wrote down; null: it is none. */
  mirror: MirrorOrigin | null = null;
  /** When an action to put another mirror in its place left, or was answered, last. */
  changedAt: EpochMs = Number.NEGATIVE_INFINITY;
  /** The leader reduced while it stood, or was on its way. */
  reducedAt: EpochMs | null = null;
  answeredAt: EpochMs = Number.NEGATIVE_INFINITY;
  /** The answer came so late that nobody need have waited for it: the venue is asked instead. */
  answeredLate = false;
  /** The answer said that it stands, or may: something of one that may stand was left. */
  stoodWhenAnswered = false;

  readonly cloid: string;
  readonly process: string;
  readonly scope: string;
  readonly copyId: string;
  readonly wave: string;

  constructor(from: OrderOrigin) {
    this.cloid = from.cloid;
    this.process = from.process;
    this.scope = from.scope;
    this.copyId = from.copyId;
    this.wave = from.wave;
  }

  /** Whether it may fill at `at` or later: not once it ended, its nonce is spent, or it expired on its way. */
  mayFill(at: EpochMs, clockSlackMs: number): boolean {
    if (this.ended || this.withheld || this.voided || this.handed === null || this.remaining <= 0n) return false;
    const { expiresAfter } = this.handed;
    return this.arrived || expiresAfter === 0 || at <= expiresAfter + clockSlackMs;
  }

  /** Whether the engine was told what became of it. */
  get isAnswered(): boolean {
    return this.answer !== null && this.answer !== 'unknown';
  }

  /**
   * Whether no answer tells what it fills: there is none, it may not have been heard, or it says that the order, or a rest of it, stands. The engine learns of it by
   * the fills it books, and so it does of a mirror or a stop whatever is answered: one that filled at once is asked about as one that stood.
   */
  get fillsUnanswered(): boolean {
    return !this.isAnswered || this.answeredLate || this.stoodWhenAnswered || this.mirror !== null || this.trigger !== null;
  }

  /** What the engine was answered as filled before it was told the fills. */
  answeredUntold(): bigint {
    return this.isAnswered && !this.answeredLate ? this.filled - this.toldFilled : 0n;
  }

  /** Whether an engine may not know yet what became of it. After `UNKNOWN_MOST_MS` it is taken for asked. */
  isUnknown(at: EpochMs): boolean {
    if (this.handed === null || this.withheld || at - this.handed.sentAt > UNKNOWN_MOST_MS) return false;
    return this.answer === null || this.answer === 'unknown';
  }

  /** What filled while the engine has neither an answer nor the fill: to it the order is still on its way. */
  untold(): bigint {
    return this.isAnswered ? 0n : this.filled - this.toldFilled;
  }
}
