import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ZodValidationPipe } from 'nestjs-zod';
import { AccessGuard } from '../auth/access.guard';
import { ApiKeyStrategy } from '../auth/api-key.strategy';
import { Authenticator } from '../auth/authenticator';
import { FailureLimit } from '../auth/failure-limit';
import { KeyUse } from '../auth/key-use';
import { LoadShed } from '../auth/load-shed';
import { NarrowedKeys } from '../auth/narrowed-keys';
import { RequestCounts } from '../auth/request-counts';
import { RequestLog } from '../auth/request-log';
import { RequestSignatures } from '../auth/request-signatures';
import { SharedCount } from '../auth/shared-count';
import { TierLimit } from '../auth/tier-limit';
import { Brands } from '../brand/brands';
import { FaultGuard } from '../faults/fault.guard';
import { FaultTargets } from '../faults/fault-targets';
import { Faults } from '../faults/faults';
import { Cursors } from '../http/cursors';
import { Mutations } from '../http/mutations';
import { ProblemFilter } from '../http/problem.filter';
import { Reads } from '../http/reads';
import { VersionGuard } from '../http/versions';
import { OperatorAuditLogController } from '../operator/audit-log.controller';
import { OperatorBrandingController } from '../operator/branding.controller';
import { DeepHealthLook } from '../operator/deep-health';
import { OperatorDomainsController } from '../operator/domains.controller';
import { OperatorHealthController } from '../operator/health.controller';
import { OperatorKillSwitchesController } from '../operator/kill-switches.controller';
import { OperatorLimitsController } from '../operator/limits.controller';
import { MetricsController } from '../operator/metrics.controller';
import { OperatorOffboardingController } from '../operator/offboarding.controller';
import { OperatorController } from '../operator/operator.controller';
import { OperatorKeysController } from '../operator/operator-keys.controller';
import { OperatorMutations } from '../operator/operator-mutations';
import { OperatorTiersController } from '../operator/tiers.controller';
import { ApiKeysController } from '../routes/api-keys/api-keys.controller';
import { AuditLogController } from '../routes/audit-log/audit-log.controller';
import { BrandController } from '../routes/branding/brand.controller';
import { BrandingController } from '../routes/branding/branding.controller';
import { BulkCopiesController } from '../routes/copies/bulk-copies.controller';
import { CopiesController } from '../routes/copies/copies.controller';
import { PreviewController } from '../routes/copies/preview.controller';
import { DetectionController } from '../routes/detection/detection.controller';
import { EgressController } from '../routes/egress/egress.controller';
import { EventsController } from '../routes/events/events.controller';
import { ExportsController } from '../routes/exports/exports.controller';
import { FeesController } from '../routes/fees/fees.controller';
import { BulkFollowersController } from '../routes/followers/bulk-followers.controller';
import { FollowersController } from '../routes/followers/followers.controller';
import { HealthController } from '../routes/health/health.controller';
import { KeyLeaksController } from '../routes/key-leaks/key-leaks.controller';
import { KillSwitchesController } from '../routes/kill-switches/kill-switches.controller';
import { LeadersController } from '../routes/leaders/leaders.controller';
import { LimitsController } from '../routes/limits/limits.controller';
import { ProblemsController } from '../routes/problems/problems.controller';
import { ProposalsController } from '../routes/proposals/proposals.controller';
import { ConsentsController } from '../routes/rights/consents.controller';
import { EntitlementsController } from '../routes/rights/entitlements.controller';
import { LeaderTermsController } from '../routes/rights/leader-terms.controller';
import { SandboxClockController } from '../routes/sandbox/clock.controller';
import { SandboxFaultsController } from '../routes/sandbox/faults.controller';
import { SandboxController } from '../routes/sandbox/sandbox.controller';
import { SandboxTaskQueue } from '../routes/sandbox/sandbox-tasks';
import { SandboxScenariosController } from '../routes/sandbox/scenarios.controller';
import { SettlementsController } from '../routes/settlements/settlements.controller';
import { TenantController } from '../routes/tenant/tenant.controller';
import { ReceiptsController } from '../routes/trading/receipts.controller';
import { TradingController } from '../routes/trading/trading.controller';
import { UsageController } from '../routes/usage/usage.controller';
import { VenueAccountsController } from '../routes/venue-accounts/venue-accounts.controller';
import { StreamDoor } from '../stream/door';
import { StreamGateway } from '../stream/stream.gateway';
import { StreamTickets } from '../stream/tickets';
import { StreamTicketsController } from '../stream/tickets.controller';
import { CONTEXT, type GatewayContext } from './context';

/**
 * What both listeners share: who may come in, how answers and refusals look. Each request passes the guards in this order: key, limits and scopes, then
 * `further`, then the version of the API. No interceptor: the first would lead every request through observables.
 */
const edge = (context: GatewayContext, further: readonly Provider[] = []): Provider[] => [
  { provide: CONTEXT, useValue: context },
  Brands,
  Authenticator,
  SharedCount,
  FailureLimit,
  RequestSignatures,
  TierLimit,
  KeyUse,
  LoadShed,
  NarrowedKeys,
  ApiKeyStrategy,
  { provide: APP_GUARD, useClass: AccessGuard },
  ...further,
  { provide: APP_GUARD, useClass: VersionGuard },
  { provide: APP_PIPE, useClass: ZodValidationPipe },
  { provide: APP_FILTER, useClass: ProblemFilter },
];

@Module({})
class PublicApi {}

@Module({})
class OperatorApi {}

/** The public API: /v1, the stream, health. */
export const publicModule = (context: GatewayContext): DynamicModule => ({
  module: PublicApi,
  controllers: [
    TenantController,
    BrandingController,
    BrandController,
    ApiKeysController,
    KeyLeaksController,
    LeadersController,
    DetectionController,
    FollowersController,
    BulkFollowersController,
    VenueAccountsController,
    PreviewController,
    CopiesController,
    BulkCopiesController,
    EntitlementsController,
    LeaderTermsController,
    ConsentsController,
    KillSwitchesController,
    LimitsController,
    ProposalsController,
    ReceiptsController,
    TradingController,
    EgressController,
    EventsController,
    FeesController,
    SettlementsController,
    ExportsController,
    SandboxController,
    SandboxClockController,
    SandboxScenariosController,
    SandboxFaultsController,
    UsageController,
    AuditLogController,
    ProblemsController,
    StreamTicketsController,
    HealthController,
  ],
  providers: [
    Faults,
    FaultTargets,
    ...edge(context, [{ provide: APP_GUARD, useClass: FaultGuard }]),
    RequestCounts,
    RequestLog,
    Mutations,
    Reads,
    Cursors,
    SandboxTaskQueue,
    StreamTickets,
    StreamDoor,
    StreamGateway,
  ],
});

/** The operator's side, on its own listener: tenants, networks, metrics. */
export const operatorModule = (context: GatewayContext): DynamicModule => ({
  module: OperatorApi,
  controllers: [
    OperatorController,
    OperatorBrandingController,
    OperatorDomainsController,
    OperatorOffboardingController,
    OperatorKeysController,
    OperatorTiersController,
    OperatorKillSwitchesController,
    OperatorLimitsController,
    OperatorAuditLogController,
    OperatorHealthController,
    MetricsController,
    HealthController,
  ],
  providers: [...edge(context), OperatorMutations, Cursors, DeepHealthLook],
});
