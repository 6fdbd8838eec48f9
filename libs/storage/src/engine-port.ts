import type { EpochMs, TenantScope } from '@lockstep/kernel';
import type { WithRecords, WithWaveNumbers } from './engine/records';
import type { PlatformUnit } from './platform-unit';
import type { ScopedUnit } from './scoped-unit';
import type { UnitOptions } from './storage';

type Part<T, K extends keyof T> = { readonly [Member in K]: T[Member] };

/** What the engine asks of one transaction inside a scope. */
export interface EngineScopedUnit extends WithRecords {
  readonly now: EpochMs;
  readonly scope: TenantScope;
  readonly commands: Part<ScopedUnit['commands'], 'begunSince' | 'noteBegun' | 'pending' | 'settle'>;
  readonly copies: Part<ScopedUnit['copies'], 'settings' | 'update'>;
  readonly entitlements: Part<ScopedUnit['entitlements'], 'findOne' | 'granted'>;
  readonly events: Part<ScopedUnit['events'], 'append'>;
  readonly feeSchedules: Part<ScopedUnit['feeSchedules'], 'versions'>;
  readonly fills: Part<ScopedUnit['fills'], 'insert'>;
  readonly killSwitches: Part<ScopedUnit['killSwitches'], 'inForce'>;
  readonly journal: Part<ScopedUnit['journal'], 'insertAll' | 'markWritten' | 'ofMoves' | 'unfinished'>;
  readonly leaders: Part<ScopedUnit['leaders'], 'find' | 'findOne'>;
  readonly leaderTerms: Part<ScopedUnit['leaderTerms'], 'all' | 'of'>;
  readonly ledger: Part<ScopedUnit['ledger'], 'post' | 'postedSources' | 'sumOfCopy'>;
  readonly orders: Part<ScopedUnit['orders'], 'save'>;
  readonly riskLimits: Part<ScopedUnit['riskLimits'], 'all' | 'findOne'>;
  readonly spareAgents: Part<ScopedUnit['spareAgents'], 'drop' | 'findOne' | 'former' | 'put'>;
  readonly venueAccounts: Part<ScopedUnit['venueAccounts'], 'findOne' | 'loadable' | 'update'>;
}

/** What the engine asks of one transaction on platform tables. */
export interface EnginePlatformUnit extends WithWaveNumbers {
  readonly now: EpochMs;
  readonly detection: Part<PlatformUnit['detection'], 'putSights' | 'putStanding'>;
  readonly engines: Part<PlatformUnit['engines'], 'activeFlags' | 'claimInstance' | 'dailySeed' | 'heartbeat' | 'stopped'>;
  readonly inbox: Part<
    PlatformUnit['inbox'],
    'begin' | 'giveUpMoves' | 'increasingOrders' | 'insertFills' | 'latestMoves' | 'openMoves' | 'recordMoves' | 'setMoveStatus' | 'watched'
  >;
  readonly limits: Part<PlatformUnit['limits'], 'all'>;
  readonly markets: Part<PlatformUnit['markets'], 'dropEgress' | 'instruments' | 'owned' | 'putEgress' | 'putInstruments' | 'putNetwork'> & {
    readonly networks: Part<PlatformUnit['markets']['networks'], 'find' | 'findOne'>;
  };
  readonly tenants: Part<PlatformUnit['tenants'], 'open'>;
}

/**
 * Storage as the engine sees it: what `Storage` promises of transactions, and no more of its tables than the engine touches. PostgreSQL keeps it, and in a
 * simulation memory does; one suite of contract tests covers both.
 */
export interface EngineStorage {
  scoped<T>(scope: TenantScope, work: (unit: EngineScopedUnit) => Promise<T>, options?: UnitOptions): Promise<T>;
  platform<T>(work: (unit: EnginePlatformUnit) => Promise<T>, options?: UnitOptions): Promise<T>;
}
