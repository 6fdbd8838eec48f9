import { BOOK_MAX_AGE_MS } from '@lockstep/replication';

/** Bounds of the engine. Every queue, batch and wait has one; tests and the simulation may choose smaller ones. */
export interface EngineLimits {
  /**
   * Dexes whose states of leaders are followed, per network. After a reconnect each costs weight 2 per leader besides 20 for the leader's account mode: with
   * the venue's ten leaders at most 520, less than half of an address's minute.
   */
  readonly watchedDexesMax: number;
  /** Longest wait for a leader's first state after it is watched, in ms: a start or a command goes on without it then. */
  readonly syncWaitMaxMs: number;
  /** Time between two readings of a network's list of instruments, in ms. */
  readonly marketsEveryMs: number;
  /** Least time between two readings of it because of a coin it does not name, in ms. */
  readonly marketsAskGapMs: number;
  /** Longest wait for the list when a network is opened, in ms; then the one of the last opening serves until it can be read. */
  readonly marketsOpenMaxMs: number;
  /** As `marketsOpenMaxMs`, of a tenant's own world of the simulated venue. */
  readonly ownWorldOpenMaxMs: number;
  /** Moves waiting in one lane (watched account × instrument). */
  readonly laneDepthMax: number;
  /** Frames of leader fills waiting per watched account. */
  readonly inboxDepthMax: number;
  /** Orders that left and are not fully accounted for, over all waves. */
  readonly openOrdersMax: number;
  /** Waves whose outcomes are being written behind the sending. */
  readonly tailsMax: number;
  /** Transactions of the books at once. */
  readonly scopedUnitsMax: number;
  /** Journal transactions at once: places of their own, so that no wave waits behind the books of another. */
  readonly journalUnitsMax: number;
  /** Reads of the venue's truth at once, per network. */
  readonly truthReadsMax: number;
  /** Accounts whose fills are posted in one transaction. */
  readonly postAccountsMax: number;
  /** Wait between two readings of fills that are owed, in ms. */
  readonly collectIntervalMs: number;
  /** Wait between two looks at gaps, in ms. */
  readonly repairIntervalMs: number;
  /** Accounts in one instrument whose copies cross inside them before one repair, and how long it waits for that, in ms. */
  readonly crossesMax: number;
  readonly crossWaitMaxMs: number;
  /** Time in which every account is compared with the venue once, in ms; longer where that is more than `reconcileAccountsMax` a second. */
  readonly reconcileIntervalMs: number;
  /** Accounts compared with the venue in one second, in rotation. */
  readonly reconcileAccountsMax: number;
  /** Accounts of a leader whose stream came back that are compared in one second, ahead of the rotation; more where the rotation's own share is larger. */
  readonly resyncAccountsMax: number;
  /** Turns of that rotation an account may miss before it takes no new risk: its last reading is that old at most. */
  readonly truthTurnsMax: number;
  /** Reading of an account that is never too old for new risk, in ms, however short the turns are. */
  readonly truthAgeMinMs: number;
  /** Accounts whose last reading failed that are read again in one second, besides the rotation. */
  readonly truthRetriesMax: number;
  /** Time between two readings of an account's dexes that no copy of it trades in, in ms: a dex funded meanwhile is traded by then. */
  readonly collateralEveryMs: number;
  /** Collaterals that count as one dollar each in equity, caps and loss limits; instruments of another are not entered. */
  readonly dollarCollaterals: readonly string[];
  /** An agent that ends within so long is told as `expiring`, in ms. */
  readonly agentExpiringMs: number;
  /** Exits of an account whose agent is gone are tried during one second of so many, in ms: each is refused, and costs what an order costs. */
  readonly goneExitEveryMs: number;
  /** Reads of agents and builder approvals per network and minute, weight 20 each: six are a tenth of what one address of ours may read. */
  readonly approvalReadsPerMinute: number;
  /** Oldest reading of a builder's own standing that is used, in ms. */
  readonly builderStandingMaxAgeMs: number;
  /** Leverage set in one second and network for instruments leaders began to trade. */
  readonly leveragePerSecond: number;
  /** Time between two charges of funding at the venue, counted from the full hour, in ms. */
  readonly fundingPeriodMs: number;
  /** Age from which a charge of funding is booked, in ms: by then the venue tells it, and a reading of fills that ran is over. */
  readonly fundingGraceMs: number;
  /** Time over which the accounts charged are read, in ms; longer where that is more than `fundingAccountsMax` a second. */
  readonly fundingSpreadMs: number;
  /** Accounts whose funding is read in one second. */
  readonly fundingAccountsMax: number;
  /** Longest that reading and booking wait for waves on their way, in ms. */
  readonly deferMaxMs: number;
  /** How long the last answers of a wave may be silent while something waits behind it, in ms: then they are unknown, and it goes on. */
  readonly answerPatienceMs: number;
  /** Least wait before an unknown order is asked for again, in ms. */
  readonly unknownIntervalMs: number;
  /** Longest wait before it is, in ms. */
  readonly unknownIntervalMaxMs: number;
  /** How long an order may be unknown before each further question is logged as an error, in ms. */
  readonly unknownToldMs: number;
  /** Wait between two readings of commands when no wake-up came, in ms. */
  readonly commandPollMs: number;
  /** Wait between two readings of kill switches and suspensions, in ms. */
  readonly stopPollMs: number;
  /** Oldest reading of them that still allows new risk, in ms. */
  readonly stopMaxAgeMs: number;
  /** Wait between two looks at protective stops, in ms, and copies looked at each time: with more copies each is looked at less often. */
  readonly stopLookMs: number;
  readonly stopLooksMax: number;
  /** Actions about stops per network and second; each carries what is due of one account. */
  readonly stopActionsPerSecond: number;
  /** Least time between two moves of a stop's price, and between two changes of its size, in ms. */
  readonly stopMoveMinMs: number;
  readonly stopResizeMinMs: number;
  /** Wait before a stop that was refused is placed again, in ms. */
  readonly stopRetryMs: number;
  /** Time after which a stop that should stand is asked for, in ms: its follower may have cancelled it. */
  readonly stopVerifyMs: number;
  /** Questions about stops of a network at once. */
  readonly stopAsksMax: number;
  /** Wait between two looks at mirrors of leaders' orders, in ms, and time after which one that should stand is asked for. */
  readonly mirrorLookMs: number;
  readonly mirrorVerifyMs: number;
  /** Actions about mirrors per network and second, and how many of these cancels alone may take. */
  readonly mirrorActionsPerSecond: number;
  readonly mirrorCancelReserve: number;
  /** Wait before a mirror whose cancel was refused is cancelled again, in ms; twice as long each time, up to `stopRetryMs`. */
  readonly mirrorCancelRetryMs: number;
  /** For so long mirrors that enter stand while the leader's orders are not told, in ms. */
  readonly mirrorBlindMs: number;
  /** Least time between two evaluations of loss limits, in ms. */
  readonly breakerIntervalMs: number;
  /** Wait between two heartbeats and equity writes, in ms. */
  readonly heartbeatMs: number;
  /** Wait between two tellings of how the egress addresses stand, in ms. */
  readonly egressReportMs: number;
  /** Waves kept for `/waves`. */
  readonly wavesKept: number;
  /** Oldest mark that allows new risk, in ms (product §3). */
  readonly markMaxAgeMs: number;
  /** Oldest best bid and ask that are used, in ms; without them the mark stands in. */
  readonly bookMaxAgeMs: number;
  /** Wait between two looks at which coins' books matter, in ms. */
  readonly quoteFollowMs: number;
  /** Wait between two looks at which leaders are hottest, in ms. */
  readonly seatFollowMs: number;
}

export const ENGINE_LIMITS: EngineLimits = {
  watchedDexesMax: 16,
  syncWaitMaxMs: 20_000,
  marketsEveryMs: 300_000,
  marketsAskGapMs: 60_000,
  marketsOpenMaxMs: 15_000,
  ownWorldOpenMaxMs: 1_000,
  laneDepthMax: 10_000,
  inboxDepthMax: 10_000,
  openOrdersMax: 400_000,
  tailsMax: 256,
  scopedUnitsMax: 5,
  journalUnitsMax: 4,
  truthReadsMax: 32,
  postAccountsMax: 500,
  collectIntervalMs: 150,
  repairIntervalMs: 500,
  crossesMax: 64,
  crossWaitMaxMs: 250,
  reconcileIntervalMs: 30_000,
  reconcileAccountsMax: 50,
  resyncAccountsMax: 10,
  truthTurnsMax: 4,
  truthAgeMinMs: 30_000,
  truthRetriesMax: 5,
  collateralEveryMs: 600_000,
  dollarCollaterals: ['USDC', 'USDT0', 'USDH', 'USDE'],
  agentExpiringMs: 14 * 86_400_000,
  goneExitEveryMs: 30_000,
  approvalReadsPerMinute: 6,
  builderStandingMaxAgeMs: 3_600_000,
  leveragePerSecond: 5,
  fundingPeriodMs: 3_600_000,
  fundingGraceMs: 10_000,
  fundingSpreadMs: 900_000,
  fundingAccountsMax: 20,
  deferMaxMs: 2_000,
  answerPatienceMs: 1_500,
  unknownIntervalMs: 500,
  unknownIntervalMaxMs: 30_000,
  unknownToldMs: 60_000,
  commandPollMs: 1_000,
  stopPollMs: 75,
  stopMaxAgeMs: 5_000,
  stopLookMs: 250,
  stopLooksMax: 500,
  stopActionsPerSecond: 5,
  stopMoveMinMs: 60_000,
  stopResizeMinMs: 2_000,
  stopRetryMs: 30_000,
  stopVerifyMs: 300_000,
  stopAsksMax: 4,
  mirrorLookMs: 200,
  mirrorVerifyMs: 15_000,
  mirrorActionsPerSecond: 20,
  mirrorCancelReserve: 10,
  mirrorCancelRetryMs: 1_000,
  mirrorBlindMs: 10_000,
  breakerIntervalMs: 200,
  heartbeatMs: 5_000,
  egressReportMs: 2_000,
  wavesKept: 2_000,
  markMaxAgeMs: 5_000,
  bookMaxAgeMs: BOOK_MAX_AGE_MS,
  quoteFollowMs: 1_000,
  seatFollowMs: 15_000,
};
