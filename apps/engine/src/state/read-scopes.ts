import type { TenantScope } from '@lockstep/kernel';
import {
  type EngineStorage,
  type EntitlementRow,
  type FeeScheduleRow,
  fundingReadTimes,
  highestJournaledNonce,
  highestStandingNonce,
  type JournalRow,
  type LeaderTermsRow,
  loadOwnPositions,
  loadPositionStates,
  newestFillTimes,
  newestInsideTimes,
  type OwnPosition,
  openProposals,
  type PassedLimitRow,
  type PositionState,
  type ProposalRow,
  passedLimits,
  type RiskLimitsRow,
  type RunningCopy,
  runningCopies,
  type SpareAgentRow,
  type StandingOrderRow,
  standingOrders,
  type VenueAccountRow,
} from '@lockstep/storage';
import { withAllocationsInForce } from './booked-allocation';

const JOURNAL_ROWS_MAX = 100_000;

/** Everything of one scope, read in one transaction. */
export interface ScopeRows {
  readonly scope: TenantScope;
  readonly accounts: readonly VenueAccountRow[];
  /** Agents that signed before the present ones, by account. */
  readonly formerAgents: ReadonlyMap<string, SpareAgentRow>;
  readonly copies: readonly RunningCopy[];
  readonly positions: readonly PositionState[];
  /** What followers hold beside their copies. */
  readonly own: readonly OwnPosition[];
  readonly limits: readonly RiskLimitsRow[];
  /** Entitlements that are not revoked, and every version of published terms. */
  readonly entitlements: readonly EntitlementRow[];
  readonly terms: readonly LeaderTermsRow[];
  readonly schedules: readonly FeeScheduleRow[];
  readonly journals: readonly JournalRow[];
  /** Orders that stand at the venue, or may. */
  readonly standing: readonly StandingOrderRow[];
  /** Increases that followers may still approve. */
  readonly proposals: readonly ProposalRow[];
  /** Limits that are told as passed and not as met again. */
  readonly passedLimits: readonly PassedLimitRow[];
  /** Leaders that are not closed: a paused one's exits are followed. */
  readonly leaders: readonly { readonly id: string; readonly watchedNo: number }[];
  readonly fillTimes: ReadonlyMap<number, number>;
  readonly insideTimes: ReadonlyMap<number, number>;
  readonly fundingTimes: ReadonlyMap<number, number>;
  readonly maxNonce: number;
}

/** What an engine starts from. */
export async function readScopes(storage: EngineStorage, shard: number, scopes: readonly TenantScope[]): Promise<ScopeRows[]> {
  const rows: ScopeRows[] = [];
  for (const scope of scopes) rows.push(await readScope(storage, shard, scope));
  return rows;
}

async function readScope(storage: EngineStorage, shard: number, scope: TenantScope): Promise<ScopeRows> {
  return storage.scoped(
    scope,
    async (unit) => ({
      scope,
      accounts: await unit.venueAccounts.loadable(),
      formerAgents: await unit.spareAgents.former(),
      copies: await withAllocationsInForce(unit, await runningCopies(unit)),
      positions: await loadPositionStates(unit),
      own: await loadOwnPositions(unit),
      limits: await unit.riskLimits.all(),
      entitlements: await unit.entitlements.granted(),
      terms: await unit.leaderTerms.all(),
      schedules: await unit.feeSchedules.versions(),
      journals: await unit.journal.unfinished(shard, JOURNAL_ROWS_MAX),
      leaders: (await unit.leaders.find({}))
        .filter(({ status }) => status !== 'closed')
        .map((leader) => ({ id: leader.id, watchedNo: Number(leader.watchedNo) })),
      fillTimes: await newestFillTimes(unit),
      insideTimes: await newestInsideTimes(unit),
      fundingTimes: await fundingReadTimes(unit),
      standing: await standingOrders(unit),
      proposals: await openProposals(unit),
      passedLimits: await passedLimits(unit),
      maxNonce: Math.max(await highestJournaledNonce(unit), await highestStandingNonce(unit)),
    }),
    { isolation: 'repeatable read', readOnly: true, wholeScope: true },
  );
}
