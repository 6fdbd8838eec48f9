import type { TenantScope } from '@lockstep/kernel';
import type { EngineStorage, MoveRow, PlatformUnit, ScopedUnit } from '@lockstep/storage';
import type { CalmRows } from './calm-rows';

type Part<T, K extends keyof T> = { readonly [Member in K]: T[Member] };

/** What whoever plays tenants and operator writes in one scope, as the gateway does. */
export interface TenantUnit {
  readonly now: number;
  readonly leaders: Part<ScopedUnit['leaders'], 'findOne' | 'insert' | 'update'>;
  readonly followers: Part<ScopedUnit['followers'], 'insert'>;
  readonly venueAccounts: Part<ScopedUnit['venueAccounts'], 'insert'>;
  readonly spareAgents: Part<ScopedUnit['spareAgents'], 'put'>;
  readonly copies: Part<ScopedUnit['copies'], 'addSettings' | 'findOne' | 'insert' | 'runningOn' | 'update'>;
  readonly positions: { ofCopies(copyNo: bigint): Promise<readonly { readonly position: bigint; readonly target: bigint }[]> };
  readonly commands: Part<ScopedUnit['commands'], 'append'>;
  readonly killSwitches: Part<ScopedUnit['killSwitches'], 'turn'>;
  readonly feeSchedules: Part<ScopedUnit['feeSchedules'], 'insert'>;
  readonly riskLimits: Part<ScopedUnit['riskLimits'], 'hold' | 'put'>;
  readonly proposals: Part<ScopedUnit['proposals'], 'find' | 'findOne'>;
  readonly entitlements: Part<ScopedUnit['entitlements'], 'findOne' | 'insert' | 'update'>;
  readonly leaderTerms: Part<ScopedUnit['leaderTerms'], 'insert' | 'of'>;
  readonly copyConsents: Part<ScopedUnit['copyConsents'], 'insert'>;
}

/** What the operator writes on platform tables. */
export interface OperatorUnit {
  readonly now: number;
  readonly tenants: Part<PlatformUnit['tenants'], 'findOne' | 'insert' | 'putTier' | 'update'>;
  readonly inbox: Part<PlatformUnit['inbox'], 'watch'>;
  readonly engines: Part<PlatformUnit['engines'], 'setFlag'>;
  readonly limits: Part<PlatformUnit['limits'], 'hold' | 'put'>;
}

/** The platform's side of a simulated store. */
export interface PlatformStore {
  scoped<T>(scope: TenantScope, work: (unit: TenantUnit) => Promise<T>): Promise<T>;
  platform<T>(work: (unit: OperatorUnit) => Promise<T>): Promise<T>;
}

/** A store of a simulated run: memory, or PostgreSQL. */
export interface SimStore {
  readonly engine: EngineStorage;
  readonly platform: PlatformStore;
  /** Everything that is kept of a scope, for the audit. */
  rows(scope: TenantScope): Promise<CalmRows>;
  /** The leaders' moves of these ids; those that are not there are left out. */
  moves(ids: readonly bigint[]): Promise<readonly MoveRow[]>;
  close(): Promise<void>;
}
