import type { Environment, TenantScope } from '@lockstep/kernel';
import type { InternalCross } from '../../engine/internal-crosses';
import type { EngineStorage } from '../../engine-port';
import type { PlatformUnit } from '../../platform-unit';
import type { LedgerTransactionRow } from '../../rows/money';
import type { EventRow, FillRow, JournalRow, OrderRow } from '../../rows/trading';
import type { ScopedUnit } from '../../scoped-unit';
import type { TestClock } from '../test-storage';

type Part<T, K extends keyof T> = { readonly [Member in K]: T[Member] };

/** What the gateway writes in a scope: the wishes and the roster an engine reads. */
export interface GatewayUnit {
  readonly now: number;
  readonly leaders: Part<ScopedUnit['leaders'], 'insert' | 'update'>;
  readonly followers: Part<ScopedUnit['followers'], 'insert'>;
  readonly venueAccounts: Part<ScopedUnit['venueAccounts'], 'insert'>;
  readonly copies: Part<ScopedUnit['copies'], 'addSettings' | 'insert' | 'runningOn' | 'update'>;
  readonly commands: Part<ScopedUnit['commands'], 'append'>;
  readonly killSwitches: Part<ScopedUnit['killSwitches'], 'turn'>;
  readonly feeSchedules: Part<ScopedUnit['feeSchedules'], 'insert'>;
  readonly riskLimits: Part<ScopedUnit['riskLimits'], 'hold' | 'put'>;
  readonly entitlements: Part<ScopedUnit['entitlements'], 'insert' | 'update'>;
  readonly leaderTerms: Part<ScopedUnit['leaderTerms'], 'insert'>;
  readonly copyConsents: Part<ScopedUnit['copyConsents'], 'insert'>;
}

/** What the operator writes on platform tables. */
export interface OperatorUnit {
  readonly inbox: Part<PlatformUnit['inbox'], 'watch'>;
  readonly engines: Part<PlatformUnit['engines'], 'setFlag'>;
  readonly tenants: Part<PlatformUnit['tenants'], 'findOne' | 'insert' | 'update'>;
  readonly limits: Part<PlatformUnit['limits'], 'hold' | 'put'>;
}

/** What is kept of a scope, in no order that is promised but events and ledger by their numbers. */
export interface KeptRows {
  readonly journal: readonly JournalRow[];
  readonly orders: readonly OrderRow[];
  readonly fills: readonly FillRow[];
  readonly events: readonly EventRow[];
  readonly transactions: readonly LedgerTransactionRow[];
  readonly crosses: readonly InternalCross[];
}

/** A storage under test, beside the doors by which others write to it and read it. */
export interface ContractStore {
  readonly engine: EngineStorage;
  gateway<T>(scope: TenantScope, work: (unit: GatewayUnit) => Promise<T>): Promise<T>;
  operator<T>(work: (unit: OperatorUnit) => Promise<T>): Promise<T>;
  /** A new tenant with its tier, and its scope. */
  tenant(name: string, environment?: Environment): Promise<TenantScope>;
  kept(scope: TenantScope): Promise<KeptRows>;
  close(): Promise<void>;
}

/** Opens an empty storage that takes its time from `clock`. */
export type OpenContractStore = (clock: TestClock) => Promise<ContractStore>;
