export * from './backoffice';
export * from './engine';
export type { EnginePlatformUnit, EngineScopedUnit, EngineStorage } from './engine-port';
export { type AppendedEvents, appendEvents, EVENTS_READ_MAX_ROWS } from './events/event-log';
export { CommitUnknownError, constraintOf, DatabaseAwayError, isConflict, isDatabaseAway, isTermOver, sqlState, TermOverError } from './failures';
export * from './gateway';
export { type PostReport, sha256Hex } from './ledger/ledger';
export { type GivenUrls, type ProcessRole, type RoleUrl, type RoleUrls, resolveRoleUrls } from './logins';
export { type MigrationReport, migrate, revert } from './migrate';
export type { BrandHost, KeptLogo } from './platform/brands';
export type { LeaderFillKey, RecordedMoves } from './platform/inbox';
export { CANCELLABLE, type KnownOffboarding } from './platform/offboardings';
export { PlatformAudit } from './platform/platform-audit';
export { databaseTime, type SchemaDifference, schemaDifference } from './platform/schema-standing';
export { PlatformUnit } from './platform-unit';
export type { SetLimits } from './roster/risk-limits';
export { everyScope, sealCounts } from './roster/seal-counts';
export type { SealCount, SealedAgentKey, SealPlace } from './roster/seals';
export * from './rows/brands';
export * from './rows/money';
export * from './rows/passed-limits';
export * from './rows/personal';
export * from './rows/platform';
export * from './rows/proposals';
export * from './rows/rights';
export * from './rows/risk-limits';
export * from './rows/roster';
export * from './rows/sandboxes';
export * from './rows/scoped';
export * from './rows/standing-orders';
export * from './rows/tenancy';
export * from './rows/trading';
export { faceOf } from './sandbox/sandboxes';
export { ScopedUnit } from './scoped-unit';
export { openStorage, type Storage, type StorageOptions, type UnitOptions } from './storage';
export {
  AUDIT_BREAKS,
  AUDIT_GENESIS,
  type AuditBreak,
  type AuditHead,
  type AuditLink,
  type AuditProof,
  type AuditSource,
  chainOfScope,
  digestOfLink,
  PLATFORM_CHAIN,
  proveAuditChain,
} from './tenancy/audit-chain';
export type { NewCommand } from './tenancy/commands';
export {
  IDEMPOTENCY_TTL_MS,
  type IdempotencyRefusal,
  type IdempotentAnswer,
  type IdempotentRequest,
  removeExpiredKeys,
  removeExpiredOperatorKeys,
  runIdempotent,
  runOperatorIdempotent,
  type StoredAnswer,
} from './tenancy/idempotency';
export type { StopsInForce, TurnedBy } from './tenancy/kill-switches';
export { removeExpiredSignatures, type UsedSignature, useSignature } from './tenancy/used-signatures';
export type { JournalKey } from './trading/journal';
export type { FillFilter, OrderFilter } from './trading/orders';
export type { ProposalFilter } from './trading/proposals';
export { type FillKey, fillIdOf, INTERNAL_ORDER, type OrderParts, orderIdOf, orderPartsOf } from './trading/record-ids';
export type { JobClaim, NewJob } from './unit/job-queue';
export { PAGE_LIMIT_MAX_ROWS, type Page, type PageRequest, type TimeCursor } from './unit/keyset';
export type { Within } from './unit/within';
