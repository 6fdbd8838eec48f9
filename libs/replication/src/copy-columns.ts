import type { ColumnMaker } from './column-maker';

/** Bits of `status`. Every bit but `active` stops new risk; none but `handingOver` stops an exit. What ends by time stands in columns of its own. */
export const STATUS = {
  active: 1,
  killSwitch: 2,
  breaker: 4,
  paused: 8,
  suspended: 16,
  /** Position or equity at the venue is not known well enough. */
  staleTruth: 128,
  /** The target is zero until flat: stop, breaker, close-all. */
  closing: 256,
  policyBlocked: 512,
  /** The tenant paused the leader. A bit of its own, because tenants and followers are suspended and released beside it. */
  leaderPaused: 1024,
  /** The leader's own state is not known. A bit of its own, because accounts are read beside it. */
  leaderUnseen: 2048,
  /** A loss limit, or its share that halts, was met: released when the loss is smaller again. */
  lossHalt: 4096,
  /** The copy ends with what its leader closes. */
  windingDown: 8192,
  /** The copy's positions become the follower's own: nothing is traded for it, exits neither. The one bit that stops those. */
  handingOver: 16384,
  /** A limit that trims or closes is passed by what the copy holds: released when it is met again. */
  limitHalt: 32768,
} as const;

/** Bits by which somebody, or a limit, ends new risk; the others say what is missing to take it, or not known. */
export const HALTS =
  STATUS.killSwitch |
  STATUS.breaker |
  STATUS.paused |
  STATUS.suspended |
  STATUS.closing |
  STATUS.leaderPaused |
  STATUS.lossHalt |
  STATUS.windingDown |
  STATUS.handingOver |
  STATUS.limitHalt;

/** Whether nothing is traded for a copy with these bits, exits neither. What is being closed is closed, whoever asked for it to be handed over. */
export const isHandingOver = (status: number): boolean => (status & (STATUS.handingOver | STATUS.closing)) === STATUS.handingOver;

/** How κ is found, as a column code. */
export const MODE = { fixedRatio: 0, proportionalReinvest: 1, proportionalNominal: 2, fixedAmount: 3, riskNormalised: 4 } as const;
/** Which of the leader's changes move a target, as a column code. */
export const FOLLOW = { all: 0, increasesOnly: 1, decreasesOnly: 2 } as const;
/** On which orders the execution markup is charged. */
export const MARKUP = { none: 0, all: 1, increasesOnly: 2 } as const;
/** "No limit" in a limit column. */
export const NO_LIMIT = -1;

/**
 * The copies of one watched account as columns; row = copy. Every number is a safe integer; a free row has copyNo 0 and status 0.
 * Money is 10^-8, rates 10^-12, sizes 10^-8 base units, times epoch ms; {@link NO_LIMIT} in a limit column means none.
 */
export const layoutCopyColumns = (make: ColumnMaker) => ({
  copyNo: make.f64('copyNo'),
  scope: make.i32('scope'),
  venueAccount: make.i32('venueAccount'),
  /** The engine's index of the follower; −1: a copy whose follower has no limits. */
  follower: make.i32('follower'),
  /** Handle of the loaded signing key; −1 when there is none. */
  signer: make.i32('signer'),
  /** Bits of {@link STATUS}. */
  status: make.u16('status'),
  /**
   * How often one of {@link HALTS} was set, what binds its entries was changed, or money was taken out of it: whether that was lifted since or not, what stood before
   * it may not stand behind it.
   */
  halts: make.i32('halts'),
  /** +1 follows the leader's side, −1 inverts it. */
  direction: make.i8('direction'),

  /** {@link MODE} and its ratio, multiplier or (`fixedAmount`) amount of money. */
  mode: make.u8('mode'),
  modeRate: make.f64('modeRate'),
  /** `fixedAmount`: leader orders copied per episode at most, or {@link NO_LIMIT}. */
  maxAdds: make.f64('maxAdds'),
  /** `riskNormalised`: volatility aimed at, and the corridor of its ratio to the leader's. */
  targetVolatility: make.f64('targetVolatility'),
  scaleLeast: make.f64('scaleLeast'),
  scaleMost: make.f64('scaleMost'),
  /** 1: the leader's working orders are mirrored. */
  mirrors: make.u8('mirrors'),
  /** {@link FOLLOW}. */
  follow: make.u8('follow'),
  /** Leader's basis equity for `fixed_nominal`, in 10^-6 quote units rounded up: that of the copy's first increase; 0: not taken yet. */
  basisEquity: make.f64('basisEquity'),

  allocation: make.f64('allocation'),
  /** What is to leave the allocation and has not yet, ≥ 0: losses are measured with it, nothing is entered with it. */
  leaving: make.f64('leaving'),
  /** Cumulative realised PnL − fees + funding. */
  netPnl: make.f64('netPnl'),
  /** max(0, allocation + netPnl + unrealised), as of the last revaluation: what loss limits are measured on. */
  equity: make.f64('equity'),
  /** What the copy lost beyond its allocation, ≥ 0: `equity` is 0 then. */
  shortfall: make.f64('shortfall'),
  /** Funding that was read as paid and is not booked yet, ≥ 0: loss limits halt on it, nothing else knows it. */
  chargedUnbooked: make.f64('chargedUnbooked'),
  /** The copy's share of the real equity of its venue account: U is the smaller of it and `equity` (`usableEquity`). */
  realEquity: make.f64('realEquity'),
  /** Unit NAV (10^-12) at the last flow, and the copy equity right after it. */
  navFactor: make.f64('navFactor'),
  navEquity: make.f64('navEquity'),
  /** Highest unit NAV so far; the one at the beginning of the tenant's day, and when the next day begins (0: not known yet); profit from which losses in money count. */
  navPeak: make.f64('navPeak'),
  navDay: make.f64('navDay'),
  dayEndsAt: make.f64('dayEndsAt'),
  pnlAnchor: make.f64('pnlAnchor'),
  /** Losses that break the copy, as shares and in money, or {@link NO_LIMIT}. */
  breakerFromStart: make.f64('breakerFromStart'),
  breakerTrailing: make.f64('breakerTrailing'),
  breakerDaily: make.f64('breakerDaily'),
  breakerMoney: make.f64('breakerMoney'),
  /** Shares of each limit at which the milder steps are taken, or {@link NO_LIMIT}; breaches at new marks in a row that close. */
  alertAt: make.f64('alertAt'),
  haltAt: make.f64('haltAt'),
  closeAfter: make.u8('closeAfter'),
  /** Breaches in a row so far, the step in force and the limit it is for: risk's `STEP` and `LOSS_LIMITS`. */
  breachedMarks: make.u8('breachedMarks'),
  breakerStep: make.u8('breakerStep'),
  breakerLimit: make.u8('breakerLimit'),

  /** Actions (roster's `STATE_ACTIONS`) for limits that what is held may pass, which of them are passed (bits by `STATE_LIMITS`), and new marks in a row that said so. */
  onNotional: make.u8('onNotional'),
  onShare: make.u8('onShare'),
  onLeverage: make.u8('onLeverage'),
  onGross: make.u8('onGross'),
  onDistance: make.u8('onDistance'),
  passedLimits: make.u8('passedLimits'),
  passedMarks: make.u8('passedMarks'),

  settingsVersion: make.i32('settingsVersion'),
  maxPositionSize: make.f64('maxPositionSize'),
  maxPositionNotional: make.f64('maxPositionNotional'),
  maxPositionShare: make.f64('maxPositionShare'),
  maxLeverage: make.f64('maxLeverage'),
  /** Σ notional of all positions of the copy. */
  maxGross: make.f64('maxGross'),
  /** Least distance of any liquidation price from the mark, as a share; 0: margin alone is judged. */
  minDistance: make.f64('minDistance'),
  /** Limits it shares: gross exposure and share of equity per underlying over all copies of its follower, notional of all copies of its leader. */
  followerGross: make.f64('followerGross'),
  underlyingShare: make.f64('underlyingShare'),
  leaderCapacity: make.f64('leaderCapacity'),
  /** The same three where they are told and nothing is cut. */
  alertGross: make.f64('alertGross'),
  alertShare: make.f64('alertShare'),
  alertCapacity: make.f64('alertCapacity'),
  /** Leverage set at the venue; each instrument's own maximum bounds it. */
  venueLeverage: make.f64('venueLeverage'),
  entryBound: make.f64('entryBound'),
  exitBound: make.f64('exitBound'),
  /** 1: entries stand at their bound where they do not fill. */
  restOnBreach: make.u8('restOnBreach'),
  /** How entries of a large wave are spread: share of the depth above which, share one round takes, longest time (0: never) and jitter of rounds. */
  spreadAbove: make.f64('spreadAbove'),
  spreadShare: make.f64('spreadShare'),
  spreadWithinMs: make.f64('spreadWithinMs'),
  spreadJitter: make.f64('spreadJitter'),
  /** Leader fills before this moment are from before the copy began, and no open of theirs is followed; 0: none is. */
  beganAt: make.f64('beganAt'),
  maxAgeMs: make.f64('maxAgeMs'),
  catchUpMs: make.f64('catchUpMs'),
  /** How long after the leader's fill an increase may wait for the follower's approval; 0: increases need none. */
  approveWithinMs: make.f64('approveWithinMs'),

  /** Venue time up to which the agent key is valid; 0: it is not. */
  agentValidUntil: make.f64('agentValidUntil'),
  /** Moments from which on its follower is not entitled to copy the leader, and has not consented to terms that bind: new risk is taken before both alone. */
  entitledUntil: make.f64('entitledUntil'),
  consentDueAt: make.f64('consentDueAt'),
  /** Index into the book's builder addresses; −1 none. */
  builder: make.i8('builder'),
  /** Tenths of a basis point. */
  builderFee: make.u16('builderFee'),
  markupFlow: make.u8('markupFlow'),
  builderApproved: make.u8('builderApproved'),
  /** 1: without approval entries are denied; 0: they are sent without markup. */
  builderRequired: make.u8('builderRequired'),

  /** Written by a revaluation: Σ worst-case notional and initial margin over all instruments, and whether every mark needed was fresh. */
  exposure: make.f64('exposure'),
  margin: make.f64('margin'),
  marksFresh: make.u8('marksFresh'),
});

export type CopyColumns = ReturnType<typeof layoutCopyColumns>;
