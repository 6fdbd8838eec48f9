import { sqlRecords } from './engine/records';
import { AppendOnlyEvents } from './events/event-log';
import { Ledger } from './ledger/ledger';
import { Exports, FeeSchedules, Settlements } from './money/money';
import { Brandings, Domains } from './platform/brands';
import { Detection } from './platform/detection';
import { Inbox } from './platform/inbox';
import { PlatformAudit } from './platform/platform-audit';
import { Contracts, KeyIndex, Markets } from './platform/tenants';
import { CopyConsents, Entitlements, LeaderTerms } from './roster/rights';
import { PlatformLimits, RiskLimits } from './roster/risk-limits';
import { Copies, CopyEquities, Followers, Leaders, SpareAgents, VenueAccounts } from './roster/roster';
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
  /** Platform tables that are written together with a tenant's row: the key's way to its scope, the account a leader refers to, the networks. */
  readonly keyIndex = new KeyIndex(this);
  readonly inbox = new Inbox(this);
  readonly detection = new Detection(this);
  readonly markets = new Markets(this);
  readonly contracts = new Contracts(this);
  readonly brandings = new Brandings(this);
  readonly domains = new Domains(this);
  /** What the operator does to a tenant's own rows stands in both logs. */
  readonly platformAudit = new PlatformAudit(this);
  readonly apiKeys = new ApiKeys(this);
  readonly audit = new AuditLog(this);
  readonly jobs = new Jobs(this);
  readonly killSwitches = new KillSwitches(this);
  readonly commands = new Commands(this);
  readonly leaders = new Leaders(this);
  readonly followers = new Followers(this);
  readonly venueAccounts = new VenueAccounts(this);
  readonly spareAgents = new SpareAgents(this);
  readonly copies = new Copies(this);
  readonly entitlements = new Entitlements(this);
  readonly leaderTerms = new LeaderTerms(this);
  readonly copyConsents = new CopyConsents(this);
  readonly riskLimits = new RiskLimits(this);
  /** The operator's limits, which bind this tenant too. */
  readonly platformLimits = new PlatformLimits(this);
  readonly copyEquities = new CopyEquities(this);
  readonly positions = new Positions(this);
  readonly proposals = new Proposals(this);
  readonly journal = new Journal(this);
  readonly orders = new Orders(this);
  readonly fills = new Fills(this);
  readonly events = new AppendOnlyEvents(this);
  readonly ledger = new Ledger(this);
  readonly feeSchedules = new FeeSchedules(this);
  readonly settlements = new Settlements(this);
  readonly exports = new Exports(this);
  readonly sandboxes = new Sandboxes(this);
  readonly sandboxTasks = new SandboxTasks(this);
  readonly records = sqlRecords(this);
}
