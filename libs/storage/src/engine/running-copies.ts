import type { CopyId, EpochMs, FollowerId, LeaderId, VenueAccountId } from '@lockstep/kernel';
import type { LeaderAccess } from '@lockstep/roster';
import type { ScopedSql } from '../unit/sql';
import type { SqlRow } from '../unit/table';

/** A copy that is not stopped, with its settings in force and where it belongs. */
export interface RunningCopy {
  readonly no: number;
  readonly id: CopyId;
  readonly leaderId: LeaderId;
  readonly leaderStatus: string;
  readonly leaderTerms: unknown;
  readonly leaderAccess: LeaderAccess;
  /** Newest version of the leader's published terms its follower consented to; 0: none. */
  readonly consentedTo: number;
  readonly watchedNo: number;
  readonly followerId: FollowerId;
  readonly followerStatus: string;
  readonly venueAccountId: VenueAccountId;
  readonly venueAccountNo: number;
  readonly allocation: bigint;
  readonly state: string;
  readonly stateReason: string | null;
  readonly settingsVersion: number;
  /** JSON of the settings version in force; null when the version row is missing. */
  readonly settings: unknown;
  readonly createdAt: EpochMs;
  readonly startedAt: EpochMs | null;
  /** When everything must be closed, of a copy that is stopped by a deadline. */
  readonly unwindBy: EpochMs | null;
  /** Null before the engine first wrote its equity. */
  readonly equity: RunningEquity | null;
}

/** Money 10^-8, NAV 10^-12. */
export interface RunningEquity {
  readonly flows: bigint;
  readonly netPnl: bigint;
  readonly equity: bigint;
  readonly unitNav: bigint;
  readonly detail: unknown;
  readonly breaker: string;
}

const SELECT = `select c.no, c.id, c.leader_id, l.status as leader_status, l.terms, l.access, l.watched_no, c.follower_id, f.status as follower_status,
    c.venue_account_id, a.no as venue_account_no, c.allocation, c.state, c.state_reason, c.settings_version, s.settings, c.created_at, c.started_at, c.unwind_by,
    e.flows, e.net_pnl, e.equity, e.unit_nav, e.detail, e.breaker,
    coalesce((select max(k.version) from copy_consents k
      where k.tenant_id = c.tenant_id and k.environment = c.environment and k.copy_id = c.id), 0) as consented_to
  from copies c
  join leaders l on l.tenant_id = c.tenant_id and l.environment = c.environment and l.id = c.leader_id
  join followers f on f.tenant_id = c.tenant_id and f.environment = c.environment and f.id = c.follower_id
  join venue_accounts a on a.tenant_id = c.tenant_id and a.environment = c.environment and a.id = c.venue_account_id
  left join copy_settings s on s.tenant_id = c.tenant_id and s.environment = c.environment and s.copy_id = c.id and s.version = c.settings_version
  left join copy_equity e on e.tenant_id = c.tenant_id and e.environment = c.environment and e.copy_no = c.no
  where c.tenant_id = $1 and c.environment = $2`;

/** All copies of the scope that are not stopped, oldest first. */
export async function runningCopies(unit: ScopedSql): Promise<readonly RunningCopy[]> {
  const rows = await unit.query(`${SELECT} and c.state <> 'stopped' order by c.no`, unit.scopeParameters);
  return rows.map(parseCopy);
}

/** One copy by id, whatever its state; null when the scope has none. */
export async function runningCopy(unit: ScopedSql, id: string): Promise<RunningCopy | null> {
  const [row] = await unit.query(`${SELECT} and c.id = $3`, [...unit.scopeParameters, id]);
  return row === undefined ? null : parseCopy(row);
}

/** A change of a copy's state that is allowed from one state. */
export interface CopyStateChange {
  readonly from: string;
  readonly state: string;
  readonly reason: string | null;
  readonly started?: boolean;
  readonly stopped?: boolean;
  /** When everything must be closed, where the state has such a deadline. */
  readonly unwindBy?: EpochMs;
}

/**
 * Writes a copy's state; `startedAt` and `stoppedAt` are set the first time only. False, and nothing is changed, when the copy is not in the state it
 * changes from: another change was first, or this one was made already.
 */
export async function writeCopyState(unit: ScopedSql, copyNo: number, change: CopyStateChange): Promise<boolean> {
  const changed = await unit.execute(
    `update copies set state = $4, state_reason = $5, updated_at = $6,
       started_at = case when $7 then coalesce(started_at, $6) else started_at end,
       stopped_at = case when $8 then coalesce(stopped_at, $6) else stopped_at end,
       unwind_by = coalesce($10, unwind_by)
     where tenant_id = $1 and environment = $2 and no = $3 and state = $9`,
    [
      ...unit.scopeParameters,
      copyNo,
      change.state,
      change.reason,
      new Date(unit.now),
      change.started === true,
      change.stopped === true,
      change.from,
      change.unwindBy === undefined ? null : new Date(change.unwindBy),
    ],
  );
  return changed === 1;
}

/** A copy's equity as the engine last valued it. */
export interface EquityState extends RunningEquity {
  readonly copyNo: number;
  readonly unrealised: bigint;
  readonly referenceNav: bigint;
}

/** Writes the equity of many copies in one statement. */
export async function saveEquity(unit: ScopedSql, states: readonly EquityState[]): Promise<void> {
  if (states.length === 0) return;
  const column = (of: (state: EquityState) => unknown): unknown[] => states.map(of);
  await unit.query(
    `insert into copy_equity (tenant_id, environment, copy_no, flows, net_pnl, unrealised, equity, unit_nav, reference_nav, breaker, detail, updated_at)
     select $1, $2, e.no, e.flows, e.net_pnl, e.unrealised, e.equity, e.unit_nav, e.reference_nav, e.breaker, e.detail::json, $3
     from unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[])
       as e (no, flows, net_pnl, unrealised, equity, unit_nav, reference_nav, breaker, detail)
     on conflict (tenant_id, environment, copy_no) do update set flows = excluded.flows, net_pnl = excluded.net_pnl,
       unrealised = excluded.unrealised, equity = excluded.equity, unit_nav = excluded.unit_nav, reference_nav = excluded.reference_nav,
       breaker = excluded.breaker, detail = excluded.detail, updated_at = excluded.updated_at`,
    [
      ...unit.scopeParameters,
      new Date(unit.now),
      column((state) => state.copyNo),
      column((state) => state.flows.toString()),
      column((state) => state.netPnl.toString()),
      column((state) => state.unrealised.toString()),
      column((state) => state.equity.toString()),
      column((state) => state.unitNav.toString()),
      column((state) => state.referenceNav.toString()),
      column((state) => state.breaker),
      column((state) => JSON.stringify(state.detail ?? null)),
    ],
  );
}

function parseCopy(row: SqlRow): RunningCopy {
  const time = (column: string): EpochMs | null => {
    const value = row[column];
    return value instanceof Date ? value.getTime() : null;
  };
  return {
    no: Number(row.no),
    id: String(row.id) as CopyId,
    leaderId: String(row.leader_id) as LeaderId,
    leaderStatus: String(row.leader_status),
    leaderTerms: row.terms,
    leaderAccess: row.access === 'granted' ? 'granted' : 'everyone',
    consentedTo: Number(row.consented_to),
    watchedNo: Number(row.watched_no),
    followerId: String(row.follower_id) as FollowerId,
    followerStatus: String(row.follower_status),
    venueAccountId: String(row.venue_account_id) as VenueAccountId,
    venueAccountNo: Number(row.venue_account_no),
    allocation: BigInt(String(row.allocation)),
    state: String(row.state),
    stateReason: row.state_reason === null ? null : String(row.state_reason),
    settingsVersion: Number(row.settings_version),
    settings: row.settings,
    createdAt: time('created_at') ?? 0,
    startedAt: time('started_at'),
    unwindBy: time('unwind_by'),
    equity: row.net_pnl === null ? null : parseEquity(row),
  };
}

const parseEquity = (row: SqlRow): RunningEquity => ({
  flows: BigInt(String(row.flows)),
  netPnl: BigInt(String(row.net_pnl)),
  equity: BigInt(String(row.equity)),
  unitNav: BigInt(String(row.unit_nav)),
  detail: row.detail,
  breaker: String(row.breaker),
});
