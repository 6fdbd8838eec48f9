import { type EngineRecords, sqlRecords } from './engine/records';
import { AppendOnlyEvents } from './events/event-log';
import { Ledger } from './ledger/ledger';
import { Exports, FeeSchedules, Settlements } from './money/money';
import { Brandings, Domains } from './platform/brands';
import { Detection } from './platform/detection';
import { Inbox } from './platform/inbox';
import { Offboardings } from './platform/offboardings';
import { PlatformAudit } from './platform/platform-audit';
import { Contracts, KeyIndex, Markets } from './platform/tenants';
import { FollowerErasures, FollowerKeys, FollowerRefs, TenantKeys } from './roster/personal';
import { CopyConsents, Entitlements, LeaderTerms } from './roster/rights';
import { PlatformLimits, RiskLimits } from './roster/risk-limits';
import { Copies, CopyEquities, Followers, Leaders, SpareAgents, VenueAccounts } from './roster/roster';
import { Seals } from './roster/seals';
import { SandboxFaults } from './sandbox/faults';
import { Sandboxes, SandboxTasks } from './sandbox/sandboxes';
import { Commands } from './tenancy/commands';
import { KillSwitches } from './tenancy/kill-switches';
import { ApiKeys, AuditLog, Jobs } from './tenancy/tenancy';
import { Journal } from './trading/journal';
import { Fills, Orders } from './trading/orders';
import { Positions } from './trading/positions';
import { Proposals } from './trading/proposals';
import { ScopedSql } from './unit/sql';

/** A transaction inside one tenant's scope, with the repositories of its tables. */
export class ScopedUnit extends ScopedSql {
  private engineRecords: EngineRecords | null = null;

  /** Platform tables that are written together with a tenant's row: the key's way to its scope, the account a leader refers to, the networks. */
  get keyIndex(): KeyIndex {
    return this.only(KeyIndex);
  }

  get inbox(): Inbox {
    return this.only(Inbox);
  }

  get detection(): Detection {
    return this.only(Detection);
  }

  get markets(): Markets {
    return this.only(Markets);
  }

  get offboardings(): Offboardings {
    return this.only(Offboardings);
  }

  get contracts(): Contracts {
    return this.only(Contracts);
  }

  get brandings(): Brandings {
    return this.only(Brandings);
  }

  get domains(): Domains {
    return this.only(Domains);
  }

  /** What the operator does to a tenant's own rows stands in both logs. */
  get platformAudit(): PlatformAudit {
    return this.only(PlatformAudit);
  }

  get apiKeys(): ApiKeys {
    return this.only(ApiKeys);
  }

  get audit(): AuditLog {
    return this.only(AuditLog);
  }

  get jobs(): Jobs {
    return this.only(Jobs);
  }

  get killSwitches(): KillSwitches {
    return this.only(KillSwitches);
  }

  get commands(): Commands {
    return this.only(Commands);
  }

  get leaders(): Leaders {
    return this.only(Leaders);
  }

  get followers(): Followers {
    return this.only(Followers);
  }

  /** What is known of the person behind a follower, and the keys it is sealed with. */
  get tenantKeys(): TenantKeys {
    return this.only(TenantKeys);
  }

  get followerKeys(): FollowerKeys {
    return this.only(FollowerKeys);
  }

  get followerRefs(): FollowerRefs {
    return this.only(FollowerRefs);
  }

  get followerErasures(): FollowerErasures {
    return this.only(FollowerErasures);
  }

  get venueAccounts(): VenueAccounts {
    return this.only(VenueAccounts);
  }

  get spareAgents(): SpareAgents {
    return this.only(SpareAgents);
  }

  /** Agent keys as sealed boxes, for whoever seals them anew. */
  get seals(): Seals {
    return this.only(Seals);
  }

  get copies(): Copies {
    return this.only(Copies);
  }

  get entitlements(): Entitlements {
    return this.only(Entitlements);
  }

  get leaderTerms(): LeaderTerms {
    return this.only(LeaderTerms);
  }

  get copyConsents(): CopyConsents {
    return this.only(CopyConsents);
  }

  get riskLimits(): RiskLimits {
    return this.only(RiskLimits);
  }

  /** The operator's limits, which bind this tenant too. */
  get platformLimits(): PlatformLimits {
    return this.only(PlatformLimits);
  }

  get copyEquities(): CopyEquities {
    return this.only(CopyEquities);
  }

  get positions(): Positions {
    return this.only(Positions);
  }

  get proposals(): Proposals {
    return this.only(Proposals);
  }

  get journal(): Journal {
    return this.only(Journal);
  }

  get orders(): Orders {
    return this.only(Orders);
  }

  get fills(): Fills {
    return this.only(Fills);
  }

  get events(): AppendOnlyEvents {
    return this.only(AppendOnlyEvents);
  }

  get ledger(): Ledger {
    return this.only(Ledger);
  }

  get feeSchedules(): FeeSchedules {
    return this.only(FeeSchedules);
  }

  get settlements(): Settlements {
    return this.only(Settlements);
  }

  get exports(): Exports {
    return this.only(Exports);
  }

  get sandboxes(): Sandboxes {
    return this.only(Sandboxes);
  }

  get sandboxTasks(): SandboxTasks {
    return this.only(SandboxTasks);
  }

  get sandboxFaults(): SandboxFaults {
    return this.only(SandboxFaults);
  }

  get records(): EngineRecords {
    this.engineRecords ??= sqlRecords(this);
    return this.engineRecords;
  }
}
