import type { Clock, EpochMs, Ids, Random, TenantScope, Timers } from '@lockstep/kernel';
import type { Logger } from '@lockstep/platform';
import type { EngineStorage } from '@lockstep/storage';
import type { Doubts } from './accounts/doubts';
import type { Places } from './bounded';
import type { StopWishes } from './commands/stop-wishes';
import type { PassCrashPoint } from './crash-points';
import type { KnownStops } from './known-stops';
import type { EngineLimits } from './limits';
import type { Nonces } from './nonces';
import type { OpenProposals } from './proposals/open-proposals';
import type { Sending } from './sending';
import type { CopyLedger } from './state/copy-ledger';
import type { FeeTerms } from './state/fee-terms';
import type { FirstFills } from './state/first-fills';
import type { LimitChain } from './state/limit-chain';
import type { OpenOrders } from './state/open-orders';
import type { OwnTrades } from './state/own-trades';
import type { CopyRecord, Registry } from './state/registry';
import type { Rights } from './state/rights';
import type { StandingStops } from './stops/standing-stops';
import type { TenantDays } from './tenant-days';
import type { TestClocks } from './test-clocks';
import type { WaveLog } from './wave-log';

/**
 * What every part of the engine works with. There is one per process. The parts hold no state of their own besides what stands here, so that
 * a second engine in one process (simulation) is a second context.
 */
export interface EngineContext {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Epoch milliseconds with fractions. */
  readonly stage: () => number;
  readonly ids: Ids;
  readonly random: Random;
  readonly log: Logger;
  readonly storage: EngineStorage;
  readonly limits: EngineLimits;
  /** Part of every client order id; different for every engine of a deployment. */
  readonly instance: number;
  readonly shard: number;
  readonly registry: Registry;
  /** The platform's list of scopes: every tenant that is not closed, in both environments. */
  readonly scopes: () => readonly TenantScope[];
  readonly addScope: (scope: TenantScope) => void;
  readonly nonces: Nonces;
  readonly booked: CopyLedger;
  readonly openOrders: OpenOrders;
  readonly ownTrades: OwnTrades;
  readonly standingStops: StandingStops;
  readonly firstFills: FirstFills;
  /** Increases that followers are asked about. */
  readonly proposals: OpenProposals;
  readonly feeTerms: FeeTerms;
  /** Closes journal rows of settled waves now instead of soon. */
  readonly flushCompletion: () => Promise<void>;
  /** Copies whose breaker acts and is not written down yet: until it is, the journal rows of its exits are all a restart knows of it. */
  readonly unwrittenBreakers: Set<CopyRecord>;
  /** Accounts whose agent or builder approval the venue's refusals put in doubt. */
  readonly doubts: Doubts;
  readonly waves: WaveLog;
  /** Places for scoped transactions. */
  readonly scopedUnits: Places;
  /** Places for journal transactions. */
  readonly journalUnits: Places;
  /** Places for reads of the venue's truth. */
  readonly truthReads: Places;
  /** Waves on their way: background work waits for them. */
  readonly sending: Sending;
  readonly pass: PassCrashPoint;
  readonly days: TenantDays;
  /** Test clocks of tenants' own worlds. */
  readonly clocks: TestClocks;
  /** Limits of the layers above the copies. */
  readonly chain: LimitChain;
  /** Entitlements and published terms. */
  readonly rights: Rights;
  /** Today's committed permutation seed, 32 bytes. */
  readonly dailySeed: () => Uint8Array;
  /** Everything that stops risk changes this number: a sending wave looks again at what it has not signed. */
  readonly stops: StopVersion;
  /** Commands that end new risk and are not carried out yet. */
  readonly wishes: StopWishes;
  /** Kill switches and suspensions, as far as they are known. */
  readonly knownStops: KnownStops;
  /** Tells readers of a tenant's stream that events were appended. */
  readonly wakeEvents: (scope: TenantScope) => void;
  /** Ends the process: memory can no longer be trusted, the journal can. */
  readonly broken: (why: string) => void;
}

/** A counter of changes that stop risk, and of moments at which something that lets it be taken ends by itself. */
export class StopVersion {
  private version = 0;
  private end: EpochMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly now: () => EpochMs = () => Number.NEGATIVE_INFINITY,
    /** The next such moment after one. */
    private readonly nextEnd: (after: EpochMs) => EpochMs = () => Number.POSITIVE_INFINITY,
  ) {}

  get current(): number {
    const now = this.now();
    if (now >= this.end) {
      this.version += 1;
      this.end = this.nextEnd(now);
    }
    return this.version;
  }

  /** Something ends at a moment, whatever is told until then; one that is past is told by {@link changed}. */
  endsAt(at: EpochMs): void {
    if (at > this.now()) this.end = Math.min(this.end, at);
  }

  changed(): void {
    this.version += 1;
  }
}

/** A wall clock that went this far from the stage clock makes it start anew from the wall clock. */
const REANCHOR_MS = 20;

/** Epoch milliseconds with fractions, for stage marks: wall time at the start, carried on by the monotonic clock. */
export function stageClock(clock: Clock): () => number {
  let offset = clock.now() - clock.monotonic();
  return () => {
    const now = offset + clock.monotonic();
    if (Math.abs(now - clock.now()) < REANCHOR_MS) return now;
    offset = clock.now() - clock.monotonic();
    return clock.now();
  };
}
