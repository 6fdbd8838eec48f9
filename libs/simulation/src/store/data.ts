import type { EpochMs, TenantScope } from '@lockstep/kernel';
import { GENESIS_HASH } from '@lockstep/ledger';
import type {
  CommandRow,
  CopyConsentRow,
  CopyEquityRow,
  CopyRow,
  CopySettingsRow,
  DailySeedRow,
  EngineInstanceRow,
  EntitlementRow,
  EventRow,
  FeeScheduleRow,
  FillRow,
  FollowerRow,
  InstrumentRow,
  InternalCross,
  JournalRow,
  LeaderFillRow,
  LeaderRow,
  LeaderTermsRow,
  LedgerTransactionRow,
  MoveRow,
  OrderRow,
  PassedLimitRow,
  PlatformFlagRow,
  PlatformLimitsRow,
  PositionState,
  ProposalRow,
  RiskLimitsRow,
  SpareAgentRow,
  StandingOrderRow,
  TenantRow,
  VenueAccountRow,
  VenueNet,
  VenueNetworkRow,
  WatchedAccountRow,
} from '@lockstep/storage';
import { indexOf, Table } from './table';

/** Everything of one scope. */
export class ScopeData {
  readonly leaders = new Table<LeaderRow>('leaders');
  readonly followers = new Table<FollowerRow>('followers');
  readonly venueAccounts = new Table<VenueAccountRow>('venue_accounts');
  readonly accountsByNo = indexOf(this.venueAccounts, ({ no }) => no);
  readonly spareAgents = new Table<SpareAgentRow>('spare_agents');
  readonly copies = new Table<CopyRow>('copies');
  readonly riskLimits = new Table<RiskLimitsRow>('risk_limits');
  readonly entitlements = new Table<EntitlementRow>('entitlements');
  readonly leaderTerms = new Table<LeaderTermsRow>('leader_terms');
  readonly consents = new Table<CopyConsentRow>('copy_consents');
  readonly copiesByNo = indexOf(this.copies, ({ no }) => no);
  readonly copiesByAccount = indexOf(this.copies, ({ venueAccountId }): string => venueAccountId);
  readonly settings = new Table<CopySettingsRow>('copy_settings');
  readonly equities = new Table<CopyEquityRow>('copy_equity');
  readonly positions = new Table<PositionState>('copy_positions');
  readonly nets = new Table<VenueNet>('venue_positions');
  readonly closes = new Table<{ readonly copyNo: number; readonly coin: string; readonly closedAtMs: EpochMs; readonly quantity: bigint }>(
    'follower_closes',
  );
  readonly crosses = new Table<InternalCross>('internal_crosses');
  readonly closesByCoin = indexOf(this.closes, ({ copyNo, coin }) => coinKey(copyNo, coin));
  readonly fundingTimes = new Table<{ readonly venueAccountNo: number; readonly readToMs: EpochMs }>('funding_readings');
  readonly feeSchedules = new Table<FeeScheduleRow>('fee_schedules');
  readonly journal = new Table<JournalRow>('wave_journal');
  readonly standing = new Table<StandingOrderRow>('standing_orders');
  readonly proposals = new Table<ProposalRow>('proposals');
  readonly passedLimits = new Table<PassedLimitRow>('passed_limits');
  readonly journalByMove = indexOf(this.journal, ({ moveId }) => moveId);
  readonly orders = new Table<OrderRow>('orders');
  readonly ordersByCopy = indexOf(this.orders, ({ copyNo }) => copyNo);
  readonly fills = new Table<FillRow>('fills');
  readonly fillsByCoin = indexOf(this.fills, ({ copyNo, coin }) => coinKey(copyNo, coin));
  /** Fill ids by order. */
  readonly fillsOfOrder = new Map<string, string[]>();
  readonly commands = new Table<CommandRow>('commands');
  readonly pendingCommands = indexOf(this.commands, ({ status }) => (status === 'pending' ? status : null));
  readonly transactions = new Table<LedgerTransactionRow>('ledger_transactions');
  readonly transactionsByCopy = indexOf(this.transactions, ({ transaction }): string | null => transaction.copyId);
  readonly events: EventRow[] = [];
  topCommand = 0n;
  topHash = GENESIS_HASH;

  constructor(readonly scope: TenantScope) {}
}

/** What fills and closes of a copy in one coin are found by. */
export const coinKey = (copyNo: bigint | number, coin: string): string => `${copyNo}|${coin}`;

/** Tables without a scope, and every scope by its key. */
export class PlatformData {
  readonly scopes = new Map<string, ScopeData>();
  readonly tenants = new Table<TenantRow>('tenants');
  readonly limits = new Table<PlatformLimitsRow>('platform_limits');
  readonly tiers = new Table<{ readonly name: string }>('tiers');
  readonly networks = new Table<VenueNetworkRow>('venue_networks');
  readonly instruments = new Table<InstrumentRow>('instruments');
  readonly watched = new Table<WatchedAccountRow>('watched_accounts');
  readonly leaderFills = new Table<LeaderFillRow>('leader_fills');
  readonly moves = new Table<MoveRow>('moves');
  readonly movesById = indexOf(this.moves, ({ id }) => id);
  readonly instances = new Table<EngineInstanceRow>('engine_instances');
  readonly seeds = new Table<DailySeedRow>('daily_seeds');
  readonly flags = new Table<PlatformFlagRow>('platform_flags');
  /** Numbers the database gives; as its sequences, they never go back. */
  private readonly counters = new Map<string, bigint>();

  /** The newest term of an engine; 0 before the first. */
  term(): number {
    return Math.max(0, ...[...this.instances.all()].map(({ term }) => term));
  }

  next(name: 'leader' | 'account' | 'copy' | 'watched' | 'move'): bigint {
    const no = (this.counters.get(name) ?? 0n) + 1n;
    this.counters.set(name, no);
    return no;
  }

  scope(scope: TenantScope): ScopeData {
    const key = `${scope.tenantId}|${scope.environment}`;
    const known = this.scopes.get(key);
    if (known !== undefined) return known;
    const fresh = new ScopeData(scope);
    this.scopes.set(key, fresh);
    return fresh;
  }
}
