import { type Clock, must, type Random } from '@lockstep/kernel';
import type { EgressAssumptions } from './egress-limits';
import type { Network } from './sign/phantom-agent';
import { DEFAULT_EGRESS, EGRESS_ADDRESSES_MAX, type EgressAddress } from './transport/egress-address';
import type { ReadBudget } from './watch/budget';

/** What the adapter reports; the process decides where it goes. Never a key, never a signature. */
export interface VenueLogEntry {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}
export type VenueLog = (entry: VenueLogEntry) => void;

/** The outside world, handed in. */
export interface HyperliquidDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: VenueLog;
  /** Weight for detection's reads, where somebody accounts for the whole address; absent: `detectionWeightPerMinute`. */
  readonly detectionReads?: ReadBudget;
  /** Compiled signing worker; absent: beside the compiled adapter. Tests that run from sources name the built one. */
  readonly workerFile?: string;
  /** Told when a signing thread ended unasked: it took its keys with it, and nothing leaves for their accounts until the adapter is made anew. */
  readonly onKeysLost?: (reason: string) => void;
}

/** Everything adjustable; every bound has its unit in the name. Defaults keep one egress address inside the venue's limits (facts §11). */
export interface HyperliquidConfig {
  /** Base of `/info` and `/exchange`, may carry a path. */
  readonly url: string;
  readonly wsUrl: string;
  readonly network: Network;
  /** Signing threads, 1 to 16. */
  readonly workers: number;
  /** Signatures each worker prepares while it has nothing to send (sign/presignatures.ts); 0 signs everything by RFC 6979. */
  readonly presignaturesPerWorker: number;
  readonly connectionsPerWorker: number;
  /** Rows released to a worker at a time; `keepGoing` is asked before each. */
  readonly chunk: number;
  /** Names the signer beside each signature. Only a simulated venue that recovers a sample reads it; the venue itself would refuse an unknown field. */
  readonly claimSigner: boolean;
  /** Posts waiting for an answer over all connections. The venue allows 100 per address. */
  readonly maxInFlight: number;
  /** After this an answer counts as lost: the outcome is unknown. */
  readonly answerTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** A connection that says nothing for this long is replaced. */
  readonly silenceTimeoutMs: number;
  /** The same two for the streams that show leaders: while such a connection is dead and nobody knows, their exits are not seen. */
  readonly streamPingMs: number;
  readonly streamSilenceMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** HTTP connections per worker for orders when no socket is open. */
  readonly httpConnections: number;
  readonly readConnections: number;
  readonly readTimeoutMs: number;
  /** A longer answer by HTTP is given up while it comes: a read failed, the outcome of an order is unknown. Ten times the longest the venue is known to give. */
  readonly answerBytesMax: number;
  /** Users of user streams; the venue's cap is 10 per address. */
  readonly userSeatsMax: number;
  /** How long a seat that was given up is not asked for again. */
  readonly seatAgainMs: number;
  /** Seats of those kept for addresses whose orders are followed; the others go to the hottest leaders. */
  readonly orderSeatsReserved: number;
  /** Connections that read the public trades for addresses without a seat; 0: such addresses are refused. With two, cutting one misses nothing. */
  readonly sweepConnectionsMax: number;
  /** Subscriptions to trades over all of them; the venue admits 1,000 of all kinds. */
  readonly sweepSubscriptionsMax: number;
  /** Connections that watching opens in one minute, over all its streams; the venue admits 30, and orders need theirs. */
  readonly watchOpeningsPerMinute: number;
  /** Messages that watching sends in one minute; the venue takes 2,000, orders by socket among them. */
  readonly watchMessagesPerMinute: number;
  /** Of these, those that may go out at once: what subscribing to all coins takes. */
  readonly watchMessagesBurst: number;
  /** Weight of detection's reads in one minute, of 1,200 an address has. */
  readonly detectionWeightPerMinute: number;
  /** Of this, what may be spent at once. */
  readonly detectionWeightBurst: number;
  /** Wait before what was told from public trades is checked against the state, in ms: all of it in one reading. */
  readonly checkDelayMs: number;
  /** Readings of fills for trades around which some may be missing; after the last one the state is believed. */
  readonly confirmAttemptsMax: number;
  /** Wait between two of them, in ms, longer each time. */
  readonly confirmPauseMs: number;
  /** How far fills are read back behind the last complete moment, in ms. */
  readonly confirmOverlapMs: number;
  /** Least time between two readings of one address in the round, in ms. */
  readonly roundGapMs: number;
  /** How often an address whose stream tells everything is read all the same, in ms. */
  readonly streamedCheckMs: number;
  /** Longest wait for the sweep to be complete before first states are read, in ms. */
  readonly sweepWaitMaxMs: number;
  /** Longest wait for the snapshot of a seat, in ms: then it is given up, and the address is swept. */
  readonly seatWaitMs: number;
  /** Users whose order updates are streamed too, each on a connection of its own. */
  readonly orderStreamsMax: number;
  /** Fill identities remembered per user for de-duplication. */
  readonly fillMemoryMax: number;
  /** Frames of one user held back while its state is read after a reconnect. */
  readonly heldFramesMax: number;
  /** How long a snapshot, and the live fills behind it, wait for account states, in ms; `synced` is told without those that did not come, they are read on behind. */
  readonly snapshotWaitMs: number;
  /** Attempts to read a dex's account state before `synced` is told without it. */
  readonly syncAttemptsMax: number;
  /** Marks of a dex that the stream did not tell for so long are asked for. */
  readonly markSilenceMs: number;
  /** Least time between two questions for marks, of whatever dex: 2 s is 30 a minute, weight 600, half of an address's budget, and only while the stream is silent. */
  readonly markAskGapMs: number;
  /** Coins whose best bid and ask are streamed, on one more connection: with the defaults the tenth and last one the venue admits from one address. */
  readonly quoteCoinsMax: number;
  /** Pages of fills read in one call; the venue serves at most 2,000 a page and 10,000 in all. */
  readonly fillPagesMax: number;
  /**
   * Equity of a unified account (facts §14, unverified): `spot_total` is the collateral's `total` in the spot state, which live probes found to hold perp
   * equity already; `spot_total_plus_unrealised` adds unrealised profit, as one report has it, at weight 2 more per dex.
   */
  readonly unifiedEquity: 'spot_total' | 'spot_total_plus_unrealised';
  /** What the venue's account mode `default` means (facts §14, unverified). */
  readonly defaultAccountMode: 'standard' | 'unified';
  /** Pages of funding read in one call; the venue serves at most 500 charges a page. */
  readonly fundingPagesMax: number;
  /** Where requests leave from; signers are divided over them. At least one. */
  readonly egress: readonly EgressAddress[];
  /** The venue's limits are kept to, with these assumptions; null: it has none, nothing is counted. */
  readonly rateLimits: Omit<EgressAssumptions, 'inFlightMax'> | null;
  /** Connections an address makes for orders in a minute, while limits are kept to: of the venue's 30, the rest is for streams. */
  readonly orderOpeningsPerMinute: number;
  /** Reads that wait for room, and how long one waits at most. */
  readonly readsWaitingMax: number;
  readonly readWaitMaxMs: number;
}

/** What must be named; the rest has defaults. */
export type HyperliquidSettings = Pick<HyperliquidConfig, 'url' | 'wsUrl' | 'network'> & Partial<HyperliquidConfig>;

const DEFAULTS: Omit<HyperliquidConfig, 'url' | 'wsUrl' | 'network'> = {
  workers: 2,
  presignaturesPerWorker: 8_192,
  connectionsPerWorker: 2,
  chunk: 250,
  claimSigner: false,
  maxInFlight: 100,
  answerTimeoutMs: 10_000,
  connectTimeoutMs: 5_000,
  pingIntervalMs: 20_000,
  silenceTimeoutMs: 45_000,
  streamPingMs: 5_000,
  streamSilenceMs: 15_000,
  reconnectMinMs: 250,
  reconnectMaxMs: 15_000,
  httpConnections: 8,
  readConnections: 8,
  readTimeoutMs: 5_000,
  answerBytesMax: 16 * 1024 * 1024,
  userSeatsMax: 10,
  seatAgainMs: 300_000,
  orderSeatsReserved: 2,
  sweepConnectionsMax: 2,
  sweepSubscriptionsMax: 640,
  watchOpeningsPerMinute: 18,
  watchMessagesPerMinute: 1_200,
  watchMessagesBurst: 800,
  detectionWeightPerMinute: 500,
  detectionWeightBurst: 100,
  checkDelayMs: 400,
  confirmAttemptsMax: 5,
  confirmPauseMs: 100,
  confirmOverlapMs: 2_000,
  roundGapMs: 30_000,
  streamedCheckMs: 60_000,
  sweepWaitMaxMs: 10_000,
  seatWaitMs: 10_000,
  orderStreamsMax: 4,
  fillMemoryMax: 8_192,
  heldFramesMax: 1_024,
  snapshotWaitMs: 2_000,
  syncAttemptsMax: 3,
  markSilenceMs: 3_250,
  markAskGapMs: 2_000,
  quoteCoinsMax: 100,
  fillPagesMax: 8,
  fundingPagesMax: 8,
  egress: [DEFAULT_EGRESS],
  rateLimits: null,
  orderOpeningsPerMinute: 12,
  readsWaitingMax: 20_000,
  readWaitMaxMs: 120_000,
  unifiedEquity: 'spot_total',
  defaultAccountMode: 'standard',
};

const POSITIVE = [
  'connectionsPerWorker',
  'chunk',
  'maxInFlight',
  'answerTimeoutMs',
  'connectTimeoutMs',
  'pingIntervalMs',
  'silenceTimeoutMs',
  'streamPingMs',
  'streamSilenceMs',
  'reconnectMinMs',
  'reconnectMaxMs',
  'httpConnections',
  'readConnections',
  'readTimeoutMs',
  'answerBytesMax',
  'userSeatsMax',
  'seatAgainMs',
  'sweepSubscriptionsMax',
  'watchOpeningsPerMinute',
  'watchMessagesPerMinute',
  'watchMessagesBurst',
  'detectionWeightPerMinute',
  'detectionWeightBurst',
  'checkDelayMs',
  'confirmAttemptsMax',
  'confirmPauseMs',
  'confirmOverlapMs',
  'roundGapMs',
  'streamedCheckMs',
  'sweepWaitMaxMs',
  'seatWaitMs',
  'fillMemoryMax',
  'heldFramesMax',
  'snapshotWaitMs',
  'syncAttemptsMax',
  'markSilenceMs',
  'markAskGapMs',
  'quoteCoinsMax',
  'fillPagesMax',
  'fundingPagesMax',
  'orderOpeningsPerMinute',
  'readsWaitingMax',
  'readWaitMaxMs',
] as const;

/** Fills in the defaults; throws naming a setting that is out of its range. */
export function hyperliquidConfig(settings: HyperliquidSettings): HyperliquidConfig {
  const config = { ...DEFAULTS, ...settings };
  must(/^https?:\/\//.test(config.url), 'url is an http address');
  must(/^wss?:\/\//.test(config.wsUrl), 'wsUrl is a ws address');
  must(Number.isInteger(config.workers) && config.workers >= 1 && config.workers <= 16, 'workers is 1 to 16');
  for (const name of POSITIVE) must(Number.isInteger(config[name]) && config[name] > 0, `${name} is a whole number above zero`);
  must(Number.isInteger(config.presignaturesPerWorker) && config.presignaturesPerWorker >= 0, 'presignaturesPerWorker is a whole number');
  must(Number.isInteger(config.orderStreamsMax) && config.orderStreamsMax >= 0, 'orderStreamsMax is a whole number');
  must(Number.isInteger(config.orderSeatsReserved) && config.orderSeatsReserved >= 0, 'orderSeatsReserved is a whole number');
  must(Number.isInteger(config.sweepConnectionsMax) && config.sweepConnectionsMax >= 0, 'sweepConnectionsMax is a whole number');
  must(config.watchMessagesBurst < config.watchMessagesPerMinute, 'watchMessagesBurst is below watchMessagesPerMinute');
  must(config.detectionWeightBurst < config.detectionWeightPerMinute, 'detectionWeightBurst is below detectionWeightPerMinute');
  must(config.egress.length >= 1 && config.egress.length <= EGRESS_ADDRESSES_MAX, `egress names 1 to ${EGRESS_ADDRESSES_MAX} addresses`);
  must(config.silenceTimeoutMs > config.pingIntervalMs, 'silenceTimeoutMs is above pingIntervalMs');
  must(config.streamSilenceMs > config.streamPingMs, 'streamSilenceMs is above streamPingMs');
  must(config.fillMemoryMax >= 2_000, 'fillMemoryMax holds at least one snapshot of 2000 fills');
  return { ...config, url: config.url.replace(/\/$/, '') };
}
