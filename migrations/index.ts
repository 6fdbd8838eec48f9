import { Roles } from './0001-roles';
import { Platform } from './0002-platform';
import { Tenancy } from './0003-tenancy';
import { Roster } from './0004-roster';
import { Trading } from './0005-trading';
import { Partitions } from './0006-partitions';
import { Ledger } from './0007-ledger';
import { Money } from './0008-money';
import { EngineState } from './0021-engine-state';
import { FeeApproval } from './0022-fee-approval';
import { SettlementRequest } from './0023-settlement-request';
import { GatewayState } from './0024-gateway-state';
import { Recovery } from './0026-recovery';
import { FundingReadings } from './0027-funding-readings';
import { KillSwitches } from './0028-kill-switches';
import { ContractGuard } from './0032-contract-guard';
import { OperatorIdempotency } from './0033-operator-idempotency';
import { EgressStandings } from './0040-egress-standings';
import { Detection } from './0041-detection';
import { AccountTypes } from './0042-account-types';
import { SpareAgents } from './0043-spare-agents';
import { CopyModes } from './0044-copy-modes';
import { StandingOrders } from './0045-standing-orders';
import { InternalCrosses } from './0050-internal-crosses';
import { RiskLimits } from './0060-risk-limits';
import { UnwindBy } from './0070-unwind-by';
import { MirroredOrders } from './0080-mirrored-orders';
import { Proposals } from './0090-proposals';
import { LiquidationDistance } from './0095-liquidation-distance';
import { EngineTerms } from './0098-engine-terms';
import { PassedLimits } from './0100-passed-limits';
import { BegunCommands } from './0110-begun-commands';
import { Rights } from './0120-rights';
import { TiersAndUsage } from './0130-tiers-and-usage';
import { KeyAddresses } from './0140-key-addresses';
import { RequestSigning } from './0141-request-signing';
import { OperatorRoles } from './0142-operator-roles';
import { NarrowedKeys } from './0143-narrowed-keys';
import { AuditChain } from './0150-audit-chain';
import { ApiVersions } from './0151-api-versions';
import { Sandboxes } from './0160-sandboxes';
import { Brands } from './0170-brands';
import { SchemaStanding } from './0190-schema-standing';
import { SandboxFaults } from './0200-sandbox-faults';
import { PersonalData } from './0210-personal-data';
import { Offboarding } from './0211-offboarding';
import { ErasedEvents } from './0212-erased-events';
import { NothingAfterErasure } from './0213-nothing-after-erasure';
import { UsedSignatures } from './0214-used-signatures';
import { OwedMoney } from './0215-owed-money';
import { KeyPeppers } from './0216-key-peppers';

/** Every migration, in order. A new one is added at the end with the next number; a published one is never changed. */
export const MIGRATIONS = [
  Roles,
  Platform,
  Tenancy,
  Roster,
  Trading,
  Partitions,
  Ledger,
  Money,
  EngineState,
  FeeApproval,
  SettlementRequest,
  GatewayState,
  Recovery,
  FundingReadings,
  KillSwitches,
  ContractGuard,
  OperatorIdempotency,
  EgressStandings,
  Detection,
  AccountTypes,
  SpareAgents,
  CopyModes,
  StandingOrders,
  InternalCrosses,
  RiskLimits,
  UnwindBy,
  MirroredOrders,
  Proposals,
  LiquidationDistance,
  EngineTerms,
  PassedLimits,
  BegunCommands,
  Rights,
  TiersAndUsage,
  KeyAddresses,
  RequestSigning,
  OperatorRoles,
  NarrowedKeys,
  AuditChain,
  ApiVersions,
  Sandboxes,
  Brands,
  SchemaStanding,
  SandboxFaults,
  PersonalData,
  Offboarding,
  ErasedEvents,
  NothingAfterErasure,
  UsedSignatures,
  OwedMoney,
  KeyPeppers,
];
export { GROUP_ROLES, groupRole, PROCESS_ROLES, type ProcessRole } from './tenant-table';
